//! Places in JSON answers: a path, or one that stands for many, since `[*]` is every element of an array.

use std::fmt;

use crate::verdict::{Path, json::Step};

/// A place, printed and read as `$.data.items[*].id`, `$["a b"][0]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(Vec<Part>);

/// One step of a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The member of that name.
    Member(String),
    /// The element with that number, from 0.
    Element(usize),
    /// Every element.
    Each,
}

impl Pattern {
    /// This very place. Which of several members with one name is not told apart.
    pub(crate) fn exact(path: &Path) -> Self {
        Self(path.steps().iter().map(Part::of).collect())
    }

    /// The same place in every element: what comes with one element today comes with another tomorrow. The last step
    /// stays, as the first and the second element may mean different things.
    pub(crate) fn general(path: &Path) -> Self {
        let Self(mut parts) = Self::exact(path);
        let last = parts.len().saturating_sub(1);
        for part in &mut parts[..last] {
            if let Part::Element(_) = part {
                *part = Part::Each;
            }
        }
        Self(parts)
    }

    /// The same place whatever the numbers of the elements are.
    pub(crate) fn widest(path: &Path) -> Self {
        let mut widest = Self::exact(path);
        for part in &mut widest.0 {
            if let Part::Element(_) = part {
                *part = Part::Each;
            }
        }
        widest
    }

    /// Whether a path is one of the places that this stands for.
    pub(crate) fn covers(&self, path: &Path) -> bool {
        let steps = path.steps();
        self.0.len() == steps.len()
            && self.0.iter().zip(steps).all(|(part, step)| match (part, step) {
                (Part::Member(name), Step::Member(other, _)) => name == other,
                (Part::Element(index), Step::Element(other)) => index == other,
                (Part::Each, Step::Element(_)) => true,
                _ => false,
            })
    }

    /// Its steps, from the root.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Reads what [`fmt::Display`] writes; the `$` may be left out.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected =
            || format!("expected a path such as $.data.items[*].id or $[\"a b\"][0], found {text:?}");
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (part, after) = Part::read(rest).ok_or_else(expected)?;
            parts.push(part);
            rest = after;
        }
        if parts.is_empty() { Err(expected()) } else { Ok(Self(parts)) }
    }
}

impl Part {
    fn of(step: &Step) -> Self {
        match step {
            Step::Member(name, _) => Part::Member(name.clone()),
            Step::Element(index) => Part::Element(*index),
        }
    }

    /// The first step of a text, and what is behind it.
    fn read(text: &str) -> Option<(Self, &str)> {
        if let Some(rest) = text.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            return (!name.is_empty()).then(|| (Part::Member(name.to_owned()), after));
        }
        let rest = text.strip_prefix('[')?;
        if rest.starts_with('"') {
            let mut names = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let name = names.next()?.ok()?;
            let after = rest.get(names.byte_offset()..)?;
            return Some((Part::Member(name), after.strip_prefix(']')?));
        }
        let (inside, after) = rest.split_once(']')?;
        let part = if inside == "*" { Part::Each } else { Part::Element(inside.parse().ok()?) };
        Some((part, after))
    }
}

/// Whether a name needs no quotes behind a dot: here, and in jq.
pub(crate) fn is_word(name: &str) -> bool {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    name.chars().all(word) && name.starts_with(|first: char| !first.is_ascii_digit())
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|part| match part {
            Part::Member(name) if is_word(name) => write!(f, ".{name}"),
            Part::Member(name) => write!(f, "[{}]", quoted(name)),
            Part::Element(index) => write!(f, "[{index}]"),
            Part::Each => f.write_str("[*]"),
        })
    }
}

/// A text as JSON writes it, which is how jq writes it too.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_printed() {
        for text in ["$.a", "$.data.items[*].id", r#"$["a b"][0]["\"]"]"#, "$[*]", "$[3].x_1", r#"$["1st"]"#]
        {
            assert_eq!(Pattern::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Pattern::parse(".a-b").unwrap().to_string(), r#"$["a-b"]"#);
        for text in ["", "$", "a", "$.", "$..a", "$[", "$[x]", "$[1", r#"$["a]"#, "$[-1]", "$.a b]["] {
            assert!(Pattern::parse(text).unwrap_err().contains("expected a path such as"), "{text}");
        }
    }
}
