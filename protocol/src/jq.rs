//! A part of an answer: a jq filter that a route names, compiled when its configuration is loaded.
//!
//! A projection is a function of the answer's bytes and nothing else: no environment, clock, input or randomness.
//! It ends: definitions may not call themselves, builtins whose output the answer does not bound are refused when
//! the configuration is loaded, and work, memory, depth and output have limits that count bytes, never time. So the
//! same answer gives the same bytes, or the same error, on every machine. Numbers that nobody calculates with keep
//! their text: `1.10` and `123456789012345678901` come out as they went in.
//!
//! What there is: the language itself without modules, and the builtins of `jq/prelude.jq` and `jq/natives.rs`. What
//! there is not, beside everything named above: regular expressions, dates, mathematics beyond arithmetic and
//! rounding, formats other than `@text` and `@json`, and the repetition of strings.

use std::fmt;
use std::sync::Arc;
use std::thread;

use jaq_core::{Ctx, Filter, Vars};

use crate::json::JsonError;

mod budget;
mod natives;
mod refused;
mod source;
#[cfg(test)]
mod tests;
mod value;

use budget::{Metered, Stop, Terms};
use value::Value;
use value::text::{self, WriteError};

/// The stack for reading a filter: its parser recurses, at most once a token. The worst that the tests know needs a
/// third of it in a debug build.
const COMPILE_STACK_BYTES: usize = 128 << 20;
/// The longest text of an error that a filter raised itself.
const MESSAGE_CHARS_MAX: usize = 200;

/// A compiled filter. Clones share it; `Debug` and [`Self::source`] give the text it was made of.
#[derive(Clone)]
pub struct Projection(Arc<Compiled>);

struct Compiled {
    source: Box<str>,
    filter: Filter<Metered>,
}

/// Why a filter was refused, with the place in it where that is known (`1:7: …`).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct CompileError(String);

/// Why a projection has no result. The texts hold nothing of the answer, unless the filter puts it into `error`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProjectError {
    /// The answer is not JSON, or not unambiguous JSON.
    #[error("the answer is not JSON: {0}")]
    NotJson(#[from] JsonError),
    /// The filter raised an error.
    #[error("the filter failed: {0}")]
    Failed(String),
    /// The filter gave no value.
    #[error("the filter gave no value")]
    NoValue,
    /// The filter gave more than one value.
    #[error("the filter gave more than one value")]
    SeveralValues,
    /// The value holds NaN or an infinity, for which JSON has no text.
    #[error("the filter gave a number that is not finite")]
    NotFinite,
    /// The value is longer than the bound of the caller.
    #[error("the filter gave more bytes than allowed")]
    TooLarge,
    /// The filter did too much work on this answer, or a value grew too large or too deep in the middle of it.
    #[error("the filter is too much work for this answer")]
    TooMuchWork,
    /// No thread could be had, or the engine has a bug.
    #[error("the jq engine broke")]
    Broken,
}

impl Projection {
    /// Compiles a filter.
    ///
    /// # Errors
    /// What is wrong with it or refused in it, and why.
    pub fn compile(source: &str) -> Result<Self, CompileError> {
        if source.len() > source::SOURCE_BYTES_MAX {
            let message = format!("the filter is longer than {} bytes", source::SOURCE_BYTES_MAX);
            return Err(CompileError(message));
        }
        let filter = on_own_thread(COMPILE_STACK_BYTES, || source::compile(source));
        let filter = filter.unwrap_or_else(|_| Err(CompileError("the jq engine broke".to_owned())))?;
        Ok(Self(Arc::new(Compiled { source: source.into(), filter })))
    }

    /// The text of the filter.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Runs the filter over a JSON text and gives its one value, compactly, in at most `output_bytes_max` bytes.
    ///
    /// One synchronous call that may take seconds for a hostile answer: call it where blocking is allowed. It starts
    /// a thread for itself, so that neither a deep value nor a bug can take the caller's stack along.
    ///
    /// # Errors
    /// As [`ProjectError`] lists them; the same for the same text, every time (but for [`ProjectError::Broken`]).
    pub fn project(&self, json: &[u8], output_bytes_max: usize) -> Result<Vec<u8>, ProjectError> {
        self.project_within(json, output_bytes_max, budget::WORK_BYTES_MAX)
    }

    /// [`Self::project`] with another budget, so that tests need not burn the whole one.
    fn project_within(
        &self,
        json: &[u8],
        output_bytes_max: usize,
        work_bytes_max: u64,
    ) -> Result<Vec<u8>, ProjectError> {
        let ran = on_own_thread(budget::STACK_BYTES, || {
            budget::open(work_bytes_max);
            self.run(json, output_bytes_max)
        });
        ran.unwrap_or_else(Err)
    }

    fn run(&self, json: &[u8], output_bytes_max: usize) -> Result<Vec<u8>, ProjectError> {
        let input = text::parse(json)?;
        let filter = &self.0.filter;
        let context = Ctx::<Metered>::new(Terms(&filter.lut), Vars::new([]));
        let mut values = filter.id.run((context, input)).map(|value| match value {
            Ok(value) => Ok(value),
            Err(exception) => {
                Err(exception.get_err().map_or(ProjectError::Broken, |error| failed(error.into_val())))
            }
        });
        let value = values.next().ok_or(ProjectError::NoValue)??;
        if values.next().transpose()?.is_some() {
            return Err(ProjectError::SeveralValues);
        }
        text::write(&value, output_bytes_max).map_err(|error| match error {
            WriteError::NotFinite => ProjectError::NotFinite,
            WriteError::TooLarge => ProjectError::TooLarge,
        })
    }
}

impl fmt::Debug for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Projection").field(&self.source()).finish()
    }
}

impl CompileError {
    /// An error at a part of the source: a slice of it, even an empty one at its end.
    fn at(source: &str, part: Option<&str>, message: String) -> Self {
        let offset = part.and_then(|part| part.as_ptr().addr().checked_sub(source.as_ptr().addr()));
        let before = offset.and_then(|offset| source.get(..offset));
        Self(match before {
            Some(before) => {
                let line = before.matches('\n').count() + 1;
                let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
                format!("{line}:{column}: {message}")
            }
            None => message,
        })
    }
}

/// The error that a filter raised: its text, or what kind of value it is.
fn failed(error: Value) -> ProjectError {
    let text = error.as_text().unwrap_or_else(|| error.kind());
    ProjectError::Failed(text.chars().take(MESSAGE_CHARS_MAX).collect())
}

/// Runs something on a thread with a stack of its own. A panic in there is an error out here.
fn on_own_thread<T: Send>(stack_bytes: usize, work: impl FnOnce() -> T + Send) -> Result<T, ProjectError> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("jq".to_owned()).stack_size(stack_bytes);
        let thread = thread.spawn_scoped(scope, work).map_err(|_| ProjectError::Broken)?;
        thread.join().map_err(|reason| match reason.downcast_ref::<Stop>() {
            Some(Stop::TooMuchWork | Stop::TooLarge) => ProjectError::TooMuchWork,
            None => ProjectError::Broken,
        })
    })
}
