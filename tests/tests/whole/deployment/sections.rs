//! Files of sections, keys and values: a systemd unit, and as much of TOML as `fly.toml` uses.

/// The lines of a file. What stands before the first section is in `top`.
pub(super) struct Sections {
    lines: Vec<(String, String, String)>,
    commented: String,
}

impl Sections {
    /// Reads a file; a line that starts with `#:` belongs to its variant.
    pub(super) fn read(text: &str) -> Self {
        let mut section = "top".to_owned();
        let mut lines = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                line.trim_matches(['[', ']']).clone_into(&mut section);
            } else if !line.starts_with('#')
                && let Some((key, value)) = line.split_once('=')
            {
                let (key, value) = (key.trim(), value.trim().trim_matches('"'));
                lines.push((section.clone(), key.to_owned(), value.to_owned()));
            }
        }
        let commented: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#:")).collect();
        Self { lines, commented: commented.join("\n") }
    }

    /// The variant that stands commented in the file.
    pub(super) fn variant(&self) -> Self {
        Self::read(&self.commented)
    }

    /// All values of this key in sections of this name.
    pub(super) fn all(&self, section: &str, key: &str) -> Vec<&str> {
        let found = self.lines.iter().filter(|line| line.0 == section && line.1 == key);
        found.map(|line| &*line.2).collect()
    }

    /// The value of a key that is there once; otherwise an empty one, which fits nothing.
    pub(super) fn one(&self, section: &str, key: &str) -> &str {
        match self.all(section, key)[..] {
            [value] => value,
            _ => "",
        }
    }

    /// A variable of a unit's environment.
    pub(super) fn env(&self, name: &str) -> &str {
        let set = self.all("Service", "Environment");
        set.into_iter().find_map(|set| set.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
    }
}
