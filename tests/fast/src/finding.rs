//! What a run found: figures of paired runs, their median, and what is promised of it.

use std::fmt;

use serde_json::{Value, json};

/// What a part of the suite has to say about one thing.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The part: `replays`, `bursts`, …
    pub(crate) part: &'static str,
    /// What was measured, under which load.
    pub(crate) what: String,
    /// One figure for each run.
    pub(crate) figures: Vec<f64>,
    pub(crate) unit: Unit,
    pub(crate) promise: Option<Promise>,
    /// The figures behind it, in words.
    pub(crate) behind: String,
}

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Times the other's figure of the same pair.
    Times,
    Milliseconds,
    Mebibytes,
    PerSecond,
    Microseconds,
    Bytes,
}

/// What must hold of the median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Promise {
    AtLeast(f64),
    AtMost(f64),
}

impl Promise {
    pub(crate) fn is_kept_by(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(bound) => figure >= bound,
            Self::AtMost(bound) => figure <= bound,
        }
    }

    pub(crate) fn bound(self) -> f64 {
        let (Self::AtLeast(bound) | Self::AtMost(bound)) = self;
        bound
    }
}

impl Finding {
    pub(crate) fn median(&self) -> f64 {
        quantile(&self.figures, 0.5)
    }

    /// The least and the most of the runs.
    pub(crate) fn range(&self) -> (f64, f64) {
        (quantile(&self.figures, 0.0), quantile(&self.figures, 1.0))
    }

    /// Whether what is promised of it was reached.
    pub(crate) fn is_reached(&self) -> Option<bool> {
        self.promise.map(|promise| promise.is_kept_by(self.median()))
    }

    pub(crate) fn json(&self) -> Value {
        let (least, most) = self.range();
        json!({
            "part": self.part,
            "what": self.what,
            "unit": self.unit.name(),
            "figures": self.figures,
            "median": self.median(),
            "min": least,
            "max": most,
            "promise": self.promise.map(|promise| promise.to_string()),
            "reached": self.is_reached(),
            "behind": self.behind,
        })
    }
}

/// The value below which this share of the figures is; of an even number, the lower one of two.
pub(crate) fn quantile(figures: &[f64], share: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = (last as f64 * share).floor() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Times => "times",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::PerSecond => "/s",
            Self::Microseconds => "µs",
            Self::Bytes => "bytes",
        }
    }

    /// As many digits as mean something.
    pub(crate) fn said(self, figure: f64) -> String {
        let digits = match figure.abs() {
            size if size >= 100.0 => 0,
            size if size >= 10.0 => 1,
            _ if self == Self::Times => 3,
            _ => 2,
        };
        format!("{figure:.digits$} {}", self.name()).trim_end().to_owned()
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "at least {bound}"),
            Self::AtMost(bound) => write!(f, "at most {bound}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.unit.said(self.median()))?;
        if self.figures.len() > 1 {
            let (least, most) = self.range();
            let (least, most) = (self.unit.said(least), self.unit.said(most));
            write!(f, " ({least} to {most}, {} runs)", self.figures.len())?;
        }
        if let (Some(promise), Some(reached)) = (self.promise, self.is_reached()) {
            write!(f, "; promised {promise}: {}", if reached { "reached" } else { "MISSED" })?;
        }
        if !self.behind.is_empty() {
            write!(f, "  [{}]", self.behind)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(figures: &[f64], promise: Promise) -> Finding {
        Finding {
            part: "replays",
            what: "gateway / bare".into(),
            figures: figures.to_vec(),
            unit: Unit::Times,
            promise: Some(promise),
            behind: String::new(),
        }
    }

    #[test]
    fn a_promise_is_about_the_median() {
        let figures = [0.84, 0.86, 0.10, 0.99, 0.85];
        assert_eq!(finding(&figures, Promise::AtLeast(0.85)).is_reached(), Some(true));
        assert_eq!(finding(&figures, Promise::AtLeast(0.86)).is_reached(), Some(false));
        assert_eq!(finding(&figures, Promise::AtMost(0.84)).is_reached(), Some(false));
        let said = finding(&figures, Promise::AtLeast(0.86)).to_string();
        assert_eq!(
            said,
            "gateway / bare: 0.850 times (0.100 times to 0.990 times, 5 runs); promised at least 0.86: MISSED"
        );
    }

    #[test]
    fn quantiles_are_figures_that_were_there() {
        let figures: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&figures, 0.5), 50.0);
        assert_eq!(quantile(&figures, 0.99), 99.0);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
    }
}
