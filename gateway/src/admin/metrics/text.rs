//! The text format of Prometheus, version 0.0.4: a family is its help, its type, and its samples.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write as _;

/// What a family counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Families, one behind the other.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    name: &'static str,
}

impl Text {
    /// Begins a family: the samples up to the next one are its.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        self.name = name;
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample of the family.
    pub(super) fn whole(&mut self, labels: &[(&str, &str)], value: u64) {
        self.begin("", labels);
        let _ = writeln!(self.text, " {value}");
    }

    /// A sample of the family, or of a part of it.
    pub(super) fn number(&mut self, part: &str, labels: &[(&str, &str)], value: f64) {
        self.begin(part, labels);
        let _ = writeln!(self.text, " {value}");
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn begin(&mut self, part: &str, labels: &[(&str, &str)]) {
        let _ = write!(self.text, "{}{part}", self.name);
        for (number, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{}{label}=\"{value}\"", if number == 0 { '{' } else { ',' });
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_the_format_is_spelled_out() {
        let mut text = Text::default();
        text.family("a_total", Kind::Counter, "one\\two\nthree");
        text.whole(&[("route", "/a\"b\\c\nd"), ("kind", "")], 7);
        text.number("_sum", &[], 0.25);
        let expected = "# HELP a_total one\\\\two\\nthree\n# TYPE a_total counter\n\
                        a_total{route=\"/a\\\"b\\\\c\\nd\",kind=\"\"} 7\na_total_sum 0.25\n";
        assert_eq!(text.finish(), expected);
    }
}
