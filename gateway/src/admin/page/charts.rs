//! The charts: how much comes in and goes out, and how long upstreams take.
//!
//! The pictures hold lines alone, stretched to whatever width there is; every word and number stands beside them, where it
//! keeps its size. Who cannot see them is told the same in words.

use std::{fmt::Write as _, time::Duration};

use maud::{Markup, html};

use super::{
    super::minutes::Sum,
    numbers::{count, micros},
};
use crate::limits;

/// How many pieces the time is cut into.
const PIECES: u32 = 90;
/// The size of a picture, in units of its own.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 100.0;

/// A line of a chart: its name, and what it says in each piece, if anything is known of it.
struct Line {
    name: &'static str,
    class: &'static str,
    values: Vec<Option<f64>>,
}

pub(super) fn all(sums: &[Sum]) -> Markup {
    let pieces = pieces(sums);
    let length = piece().as_secs_f64();
    let rate = |of: fn(&Sum) -> u64| {
        let each = |piece: &Option<(Sum, Sum)>| {
            piece.as_ref().map(|(from, to)| of(to).saturating_sub(of(from)) as f64 / length)
        };
        pieces.iter().map(each).collect::<Vec<_>>()
    };
    let within = |share: f64| {
        let each = |piece: &Option<(Sum, Sum)>| {
            let (from, to) = piece.as_ref()?;
            to.calling.since(&from.calling).within_micros(share).map(|micros| micros as f64)
        };
        pieces.iter().map(each).collect::<Vec<_>>()
    };
    let (requests, calls) = (rate(|sum| sum.requests), rate(|sum| sum.calls));
    let happened = |of: fn(&Sum) -> u64| match (sums.first(), sums.last()) {
        (Some(first), Some(last)) => of(last).saturating_sub(of(first)),
        _ => 0,
    };
    let told = format!(
        "{} requests came, and {} upstream calls were made for them.",
        count(happened(|sum| sum.requests)),
        count(happened(|sum| sum.calls))
    );
    let rates = [
        Line { name: "requests", class: "first", values: requests },
        Line { name: "upstream calls", class: "second", values: calls },
    ];
    let calling = match (sums.first(), sums.last()) {
        (Some(first), Some(last)) => last.calling.since(&first.calling),
        _ => Default::default(),
    };
    let told_times = match (calling.within_micros(0.5), calling.within_micros(0.95)) {
        (Some(half), Some(most)) => format!(
            "Half of the upstream calls took at most {}, and 95 of 100 at most {}.",
            micros(half),
            micros(most)
        ),
        _ => "No upstream call has ended.".to_owned(),
    };
    let times = [
        Line { name: "95 of 100 within", class: "first", values: within(0.95) },
        Line { name: "half within", class: "second", values: within(0.5) },
    ];
    html! {
        div.charts {
            (chart("Requests and upstream calls per second", &told, &rates, |most| format!("{most:.1} per second")))
            (chart("How long upstream calls take", &told_times, &times, |most| micros(most as u64)))
        }
    }
}

fn chart(title: &str, told: &str, lines: &[Line], unit: impl Fn(f64) -> String) -> Markup {
    let most = lines.iter().flat_map(|line| line.values.iter().flatten()).copied().fold(0.0, f64::max);
    html! {
        figure {
            figcaption { (title) }
            p.told { (told) }
            p.legend aria-hidden="true" {
                @for line in lines { span class=(line.class) { i {} (line.name) } }
                @if most > 0.0 { span.most { "highest: " (unit(most)) } }
            }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label={ (title) ". " (told) } {
                path.grid d={ "M0 " (HEIGHT) "H" (WIDTH) "M0 " (HEIGHT / 2.0) "H" (WIDTH) "M0 0.5H" (WIDTH) } {}
                @for line in lines { path class=(line.class) d=(path(&line.values, most)) {} }
            }
            p.axis aria-hidden="true" { span { "15 min ago" } span { "now" } }
        }
    }
}

/// The values as a line, as high as the highest of all; where nothing is known it has a gap.
fn path(values: &[Option<f64>], most: f64) -> String {
    let step = WIDTH / f64::from(PIECES);
    let mut path = String::new();
    let mut drawn = false;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else {
            drawn = false;
            continue;
        };
        let x = step * (at as f64 + 0.5);
        let y = if most > 0.0 { HEIGHT - value / most * (HEIGHT - 4.0) } else { HEIGHT };
        // Writing into a string cannot fail. A line of no length is a dot.
        let _ = if drawn { write!(path, "L{x:.0} {y:.1}") } else { write!(path, "M{x:.0} {y:.1}h0") };
        drawn = true;
    }
    path
}

fn piece() -> Duration {
    limits::CHARTED / PIECES
}

/// The readings at the beginning and the end of each piece of the time; nothing for what was before the start.
fn pieces(sums: &[Sum]) -> Vec<Option<(Sum, Sum)>> {
    let Some(last) = sums.last() else { return Vec::new() };
    let at = |back: u32| {
        let moment = last.at.checked_sub(piece() * back)?;
        let known = sums.partition_point(|sum| sum.at <= moment).checked_sub(1)?;
        Some(sums[known])
    };
    (0..PIECES).rev().map(|back| Some((at(back + 1)?, at(back)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{CallEnd, Part, Stats};

    async fn after(stats: &Stats, sums: &mut Vec<Sum>, seconds: u64, requests: u32) {
        for _ in 0..seconds {
            tokio::time::advance(Duration::from_secs(1)).await;
            for _ in 0..requests {
                stats.unrouted.request(Part::Own, Duration::ZERO, 0, None);
            }
            sums.push(Sum::of(stats));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_piece_tells_what_happened_in_it() {
        let stats = Stats::default();
        let mut sums = vec![Sum::of(&stats)];
        after(&stats, &mut sums, 10, 0).await;
        after(&stats, &mut sums, 20, 7).await;
        let pieces = pieces(&sums);
        let told: Vec<_> = pieces.iter().flatten().map(|(from, to)| to.requests - from.requests).collect();
        assert_eq!((pieces.len(), told), (PIECES as usize, vec![0, 70, 70]));
        let text = all(&sums).into_string();
        assert!(text.contains("140 requests came") && text.contains("highest: 7.0 per second"), "{text}");
        assert!(text.contains("No upstream call has ended."), "{text}");
        stats.unrouted.call(CallEnd::Complete, Duration::from_millis(80), false);
        after(&stats, &mut sums, 10, 0).await;
        let text = all(&sums).into_string();
        assert!(text.contains("at most 100 ms, and 95 of 100 at most 100 ms"), "{text}");
    }

    #[test]
    fn a_line_has_gaps_where_nothing_is_known() {
        let values = [None, Some(0.0), Some(10.0), None, Some(5.0)];
        assert_eq!(path(&values, 10.0), "M15 100.0h0L25 4.0M45 52.0h0");
        assert!(all(&[]).into_string().contains("0 requests came"));
    }
}
