//! A Dockerfile's instructions, and the variables that a file names.

use std::collections::BTreeSet;

/// Instructions, each on one line.
pub(super) struct Dockerfile {
    pub(super) text: String,
}

impl Dockerfile {
    pub(super) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { text: lines.collect::<Vec<_>>().join("\n").replace("\\\n", "") }
    }

    fn instructions(&self, name: &str) -> Vec<&str> {
        self.text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .map(str::trim)
            .collect()
    }

    /// What follows an instruction that is there once; otherwise nothing, which fits nothing.
    pub(super) fn after(&self, name: &str) -> &str {
        match self.instructions(name)[..] {
            [one] => one,
            _ => "",
        }
    }

    /// What follows the last one of this name: that of the image.
    pub(super) fn last(&self, name: &str) -> &str {
        self.instructions(name).last().copied().unwrap_or_default()
    }

    /// A variable of the image.
    pub(super) fn env(&self, name: &str) -> &str {
        let mut words = self.instructions("ENV").into_iter().flat_map(str::split_whitespace);
        let value = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"')
    }
}

/// The variables of ours that a text names.
pub(super) fn variables(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| !(letter.is_ascii_uppercase() || letter == '_'))
        .filter(|word| word.starts_with("OUTCALL_"))
        .collect()
}
