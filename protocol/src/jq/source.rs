//! Reads the text of a filter and refuses what could run without end: recursion, unbounded builtins, depth.

use jaq_core::load::lex::{Lexer, StrPart, Tok, Token};
use jaq_core::load::parse::{BinaryOp, Def, Parser, Pattern, Term};
use jaq_core::load::{Arena, File, Loader, parse};
use jaq_core::path::{Part, Path};
use jaq_core::{Compiler, Filter, compile};

use super::CompileError;
use super::budget::Metered;
use super::natives::natives;
use super::refused;

/// The longest text of a filter, in bytes.
pub(super) const SOURCE_BYTES_MAX: usize = 16 << 10;
/// The most tokens of a filter. Its parser recurses once a token at most, and its frames are large.
const TOKENS_MAX: usize = 4_000;
/// The deepest nesting of a filter, through its definitions, its pipes, and the length of its lists.
const NESTING_MAX: usize = 500;
/// The nesting inside a filter that is not the user's.
const PRELUDE_NESTING: usize = 20;

const PRELUDE: &str = include_str!("prelude.jq");

/// Compiles a filter. It recurses as deep as the text nests, and needs a stack that is made for it.
pub(super) fn compile(source: &str) -> Result<Filter<Metered>, CompileError> {
    let error = |part: Option<&str>, message: String| CompileError::at(source, part, message);
    let tokens = Lexer::new(source).lex().map_err(|errors| {
        let found = errors.first().map(|(_, rest)| *rest);
        let expected = errors.first().map_or("a filter", |(expected, _)| expected.as_str());
        error(found, format!("expected {expected}"))
    })?;
    if count(&tokens) > TOKENS_MAX {
        return Err(error(None, format!("the filter has more than {TOKENS_MAX} tokens")));
    }
    if let Some(Token(word @ ("import" | "include" | "module"), _)) = tokens.first() {
        return Err(error(Some(word), unavailable(word).unwrap_or_default()));
    }
    let term = Parser::new(&tokens).parse(|parser| parser.term()).map_err(|errors| match errors.first() {
        Some((expected, found)) => {
            error(Some(Token::opt_as_str(*found, source)), format!("expected {}", expected.as_str()))
        }
        None => error(None, "not a filter".to_owned()),
    })?;
    Check { source, scope: Vec::new() }.term(&term)?;
    drop(term);
    let arena = Arena::default();
    let prelude = parse(PRELUDE, |parser| parser.defs()).unwrap_or_default();
    let modules = Loader::new(prelude)
        .load(&arena, File { code: source, path: () })
        .map_err(|_| error(None, "not a filter".to_owned()))?;
    let compiler = Compiler::default().with_funs(natives());
    compiler.compile(modules).map_err(|errors| match errors.iter().flat_map(|(_, errors)| errors).next() {
        Some((name, undefined)) => error(Some(name), undefined_text(name, undefined)),
        None => error(None, "not a filter".to_owned()),
    })
}

fn count(tokens: &[Token<&str>]) -> usize {
    let inner = |token: &Token<&str>| match &token.1 {
        Tok::Block(tokens) => count(tokens),
        Tok::Str(parts) => parts
            .iter()
            .map(|part| match part {
                StrPart::Term(token) => count(std::slice::from_ref(token)),
                _ => 1,
            })
            .sum(),
        _ => 0,
    };
    tokens.iter().map(|token| 1 + inner(token)).sum()
}

fn unavailable(name: &str) -> Option<String> {
    refused::reason(name).map(|reason| format!("`{name}` is not available: {reason}"))
}

fn undefined_text(name: &str, undefined: &compile::Undefined) -> String {
    let arity = match undefined {
        compile::Undefined::Filter(arity) => format!("/{arity}"),
        _ => String::new(),
    };
    unavailable(name).unwrap_or_else(|| format!("the {} `{name}{arity}` is not defined", undefined.as_str()))
}

/// A filter that a name can mean, innermost last.
struct Named<'t> {
    name: &'t str,
    arity: usize,
    meaning: Meaning,
}

enum Meaning {
    /// We are inside its definition.
    Open,
    /// Defined, with so deep a body.
    Defined(usize),
    /// The parameter of a definition; what it stands for is counted where it is passed.
    Parameter,
}

/// Walks a filter; every method gives the nesting of what it walked.
struct Check<'s, 't> {
    source: &'s str,
    scope: Vec<Named<'t>>,
}

type Nesting = Result<usize, CompileError>;

impl<'t> Check<'_, 't> {
    fn term(&mut self, term: &'t Term<&'t str>) -> Nesting {
        let inner = match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) | Term::Arr(None) => 0,
            Term::Str(format, parts) => {
                if let Some(format) = format {
                    self.call(format, &[])?;
                }
                self.list(parts.iter().map(|part| match part {
                    StrPart::Term(term) => Some(term),
                    _ => None,
                }))?
            }
            Term::Arr(Some(term)) | Term::Neg(term) | Term::Label(_, term) => self.term(term)?,
            Term::Obj(members) => {
                let names = self.list(members.iter().map(|(name, _)| Some(name)))?;
                names.max(self.list(members.iter().map(|(_, value)| value.as_ref()))?)
            }
            Term::BinOp(left, op, right) => {
                let pattern = match op {
                    BinaryOp::Pipe(Some(pattern)) => self.pattern(pattern)?,
                    _ => 0,
                };
                pattern.max(self.term(left)?).max(self.term(right)?)
            }
            Term::Fold(_, term, pattern, arguments) => {
                let arguments = self.list(arguments.iter().map(Some))?;
                arguments.max(self.term(term)?).max(self.pattern(pattern)?)
            }
            Term::TryCatch(term, catch) => {
                let term = self.term(term)?;
                catch.as_ref().map_or(Ok(0), |catch| self.term(catch))?.max(term)
            }
            Term::IfThenElse(branches, otherwise) => {
                let conditions = self.list(branches.iter().map(|(condition, _)| Some(condition)))?;
                let results = self.list(branches.iter().map(|(_, result)| Some(result)))?;
                let otherwise = otherwise.as_ref().map_or(Ok(0), |term| self.term(term))? + branches.len();
                conditions.max(results).max(otherwise)
            }
            Term::Def(definitions, term) => self.definitions(definitions, term)?,
            Term::Call(name, arguments) => self.call(name, arguments)?,
            Term::Path(term, path) => self.term(term)?.max(self.path(path)?),
        };
        self.bounded(inner + 1)
    }

    /// Terms that are evaluated inside each other, the later ones deeper.
    fn list(&mut self, terms: impl Iterator<Item = Option<&'t Term<&'t str>>>) -> Nesting {
        let mut deepest = 0;
        for (position, term) in terms.enumerate() {
            let nesting = term.map_or(Ok(0), |term| self.term(term))?;
            deepest = self.bounded(deepest.max(nesting + position + 1))?;
        }
        Ok(deepest)
    }

    fn path(&mut self, path: &'t Path<Term<&'t str>>) -> Nesting {
        let indices = path.0.iter().flat_map(|(part, _)| match part {
            Part::Index(index) => [Some(index), None],
            Part::Range(start, end) => [start.as_ref(), end.as_ref()],
        });
        self.list(indices)
    }

    fn pattern(&mut self, pattern: &'t Pattern<&'t str>) -> Nesting {
        let inner = match pattern {
            Pattern::Var(_) => 0,
            Pattern::Arr(patterns) => {
                let mut deepest = patterns.len();
                for pattern in patterns {
                    deepest = deepest.max(self.pattern(pattern)?);
                }
                deepest
            }
            Pattern::Obj(patterns) => {
                let mut deepest = self.list(patterns.iter().map(|(name, _)| Some(name)))?;
                for (_, pattern) in patterns {
                    deepest = deepest.max(self.pattern(pattern)?);
                }
                deepest
            }
        };
        self.bounded(inner + 1)
    }

    fn definitions(&mut self, definitions: &'t [Def<&'t str>], term: &'t Term<&'t str>) -> Nesting {
        let outside = self.scope.len();
        for definition in definitions {
            let parameters = definition.args.iter().filter(|name| !name.starts_with('$'));
            let arity = definition.args.len();
            let inside = self.scope.len();
            self.scope.extend(parameters.map(|name| Named { name, arity: 0, meaning: Meaning::Parameter }));
            self.scope.push(Named { name: definition.name, arity, meaning: Meaning::Open });
            let nesting = self.term(&definition.body)?;
            self.scope.truncate(inside);
            self.scope.push(Named { name: definition.name, arity, meaning: Meaning::Defined(nesting) });
        }
        let nesting = self.term(term);
        self.scope.truncate(outside);
        nesting
    }

    fn call(&mut self, name: &'t str, arguments: &'t [Term<&'t str>]) -> Nesting {
        let found =
            self.scope.iter().rev().find(|named| named.name == name && named.arity == arguments.len());
        let body = match found.map(|named| &named.meaning) {
            Some(Meaning::Open) => {
                let message = format!("`{name}` calls itself: recursive definitions are not available");
                return Err(CompileError::at(self.source, Some(name), message));
            }
            Some(Meaning::Defined(nesting)) => *nesting,
            Some(Meaning::Parameter) => 1,
            None => PRELUDE_NESTING,
        };
        Ok(body + self.list(arguments.iter().map(Some))?)
    }

    fn bounded(&self, nesting: usize) -> Nesting {
        if nesting > NESTING_MAX {
            let message = format!("the filter nests deeper than {NESTING_MAX}");
            return Err(CompileError::at(self.source, None, message));
        }
        Ok(nesting)
    }
}
