//! The chart: a bar for each figure that something is promised of, on a scale on which every promise is the same line.
//!
//! A bar is the median of the runs, the thin line across it reaches from the least to the most. Where at least something is
//! promised, a bar has to reach the line; where at most, it has to stay behind it, and is hatched.

use maud::{Markup, PreEscaped, html};

use crate::finding::{Finding, Promise};

const WIDTH: f64 = 1000.0;
const ROW: f64 = 44.0;
const TOP: f64 = 70.0;
const LEFT: f64 = 20.0;
/// Where every promise is.
const LINE: f64 = LEFT + 420.0;
/// Where a bar that is longer ends all the same, and the figures begin.
const MOST: f64 = WIDTH - 230.0;

const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 18px; font-weight: 600 } .quiet { fill: #59636e }
.ground { fill: #ffffff } .kept { fill: #2f81f7 } .missed { fill: #d1570c }
.line { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 4 3 } .range { stroke: #1f2328; stroke-width: 1.5 }
.hatch { stroke: #ffffff; stroke-width: 2.5; opacity: .45 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet { fill: #9198a1 } .ground { fill: #0d1117 } .kept { fill: #4493f8 } .missed { fill: #f0883e }
.line, .range { stroke: #e6edf3 } .hatch { stroke: #0d1117 }
}";

/// The chart, as SVG.
pub(super) fn drawn(findings: &[Finding], quick: bool) -> String {
    let promised: Vec<(&Finding, Promise)> =
        findings.iter().filter_map(|finding| Some((finding, finding.promise?))).collect();
    let height = TOP + ROW * promised.len() as f64 + 20.0;
    let title = format!(
        "What is promised, and what was measured{}",
        if quick { " (quick: rough figures)" } else { "" }
    );
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(title) {
            style { (PreEscaped(STYLE)) }
            defs {
                pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    path class="hatch" d="M0 0V8" {}
                }
            }
            rect class="ground" width=(WIDTH) height=(height) {}
            text class="title" x=(LEFT) y="28" { (title) }
            text class="quiet" x=(LEFT) y="50" {
                "Bars: medians of the runs, from the least to the most. The dashed line is the promise; plain bars must reach it, hatched ones must not pass it."
            }
            @for (row, (finding, promise)) in promised.iter().enumerate() {
                (bar(finding, *promise, TOP + ROW * row as f64))
            }
            path class="line" d={ "M" (LINE) " " (TOP - 6.0) "V" (height - 14.0) } {}
        }
    };
    format!("{}\n", drawn.into_string())
}

fn bar(finding: &Finding, promise: Promise, y: f64) -> Markup {
    let at = |figure: f64| (LEFT + (LINE - LEFT) * (figure / promise.bound()).max(0.0)).min(MOST);
    let end = at(finding.median());
    let (least, most) = finding.range();
    let kept = promise.is_kept_by(finding.median());
    let said = format!("{}, {promise}", finding.unit.said(finding.median()));
    html! {
        text x=(LEFT) y=(y + 12.0) { (finding.what) }
        rect class=(if kept { "kept" } else { "missed" }) x=(LEFT) y=(y + 18.0) width=(end - LEFT) height="14" rx="2" {}
        @if let Promise::AtMost(_) = promise {
            rect fill="url(#hatch)" x=(LEFT) y=(y + 18.0) width=(end - LEFT) height="14" {}
        }
        path class="range" d={ "M" (at(least)) " " (y + 25.0) "H" (at(most)) } {}
        text x=(MOST + 10.0) y=(y + 30.0) { (said) @if !kept { ": missed" } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Unit;

    fn finding(figure: f64, promise: Option<Promise>) -> Finding {
        Finding {
            part: "replays",
            what: "gateway / bare < nginx".into(),
            figures: vec![figure],
            unit: Unit::Times,
            promise,
            behind: String::new(),
        }
    }

    #[test]
    fn a_bar_shows_whether_its_promise_is_kept() {
        let kept = drawn(&[finding(0.9, Some(Promise::AtLeast(0.85)))], false);
        assert!(kept.contains("class=\"kept\"") && !kept.contains("missed\" x"), "{kept}");
        let missed = drawn(&[finding(0.8, Some(Promise::AtLeast(0.85)))], false);
        assert!(missed.contains("class=\"missed\"") && missed.contains(": missed"), "{missed}");
        assert!(missed.contains("gateway / bare &lt; nginx"), "a text is no markup: {missed}");
    }

    #[test]
    fn what_nothing_is_promised_of_is_not_drawn() {
        assert!(!drawn(&[finding(0.9, None)], false).contains("gateway"));
    }
}
