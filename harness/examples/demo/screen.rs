//! The screen: for each scene a line directly and a line through the gateway, a column for each subnet.

use std::{
    env,
    fmt::{self, Write as _},
    io::{IsTerminal, stdout},
};

use outcall_harness::verdict::Verdict;

use crate::scene::{Played, Seen};

/// The screen's width, in characters.
const WIDTH: usize = 100;
/// For the names of the lines.
const INDENT: usize = 12;
/// Of one detail.
const LINES_MAX: usize = 2;
/// Between the columns.
const GAP: &str = "   ";

pub(crate) struct Show<'a> {
    pub(crate) seed: u64,
    pub(crate) wasm_bytes: usize,
    pub(crate) subnets: &'a [usize],
    /// What was played.
    pub(crate) titles: &'a [&'static str],
    /// For each subnet its scenes, in the order of the titles.
    pub(crate) columns: &'a [Vec<Played>],
}

/// The whole screen, as text.
pub(crate) fn draw(show: &Show<'_>) -> String {
    let mut screen = String::new();
    // Writing to a string does not fail.
    let _ = write_all(&mut screen, show, Paint::for_stdout());
    screen
}

fn write_all(out: &mut String, show: &Show<'_>, paint: Paint) -> fmt::Result {
    writeln!(out, "{}", paint.bold("One call out, one answer for every replica"))?;
    let kilobytes = show.wasm_bytes / 1_000;
    writeln!(
        out,
        "The sample canister ({kilobytes} kB of Wasm) asks an upstream whose answers are never alike. Counted are\n\
         its outcalls, the requests that reached the upstream, and cycles. A letter of votes is one sending:\n\
         the same letter, the same answer; a small one, a replica that comes late.\n"
    )?;
    write!(out, "{:INDENT$}", "")?;
    let heads = show.subnets.iter().map(|nodes| {
        let [outcalls, requests, cycles] = ["outcalls", "requests", "cycles"];
        format!("{:<12}{outcalls:>9}{requests:>9}{cycles:>10}", format!("{nodes} nodes"))
    });
    writeln!(out, "{}", heads.collect::<Vec<_>>().join(GAP))?;
    for (index, title) in show.titles.iter().enumerate() {
        let played: Vec<&Played> = show.columns.iter().map(|column| &column[index]).collect();
        write_scene(out, paint, title, &played)?;
    }
    let kept = show.columns.iter().flatten().all(Played::kept);
    let end = match kept {
        true => paint
            .good("Through the gateway every replica got the same answer, from one request to the upstream."),
        false => paint.bad("Not as promised: see the lines marked with !"),
    };
    writeln!(out, "{end}")?;
    writeln!(out, "Who sends when was drawn from seed {0}: `cargo demo {0}` plays the same again.", show.seed)
}

fn write_scene(out: &mut String, paint: Paint, title: &str, played: &[&Played]) -> fmt::Result {
    writeln!(out, "{}", paint.bold(title))?;
    for (name, way) in WAYS {
        let lines = played.iter().map(|played| {
            let seen = way(played);
            let text = line(seen);
            if seen.update.is_agreed() { paint.good(&text) } else { paint.bad(&text) }
        });
        writeln!(out, "  {name:<width$}{}", lines.collect::<Vec<_>>().join(GAP), width = INDENT - 2)?;
        // What they say is the same on every size of subnet.
        if let Some(seen) = played.first().map(|played| way(played)) {
            write_details(out, seen)?;
        }
    }
    writeln!(out)
}

/// A letter for each replica, the same letter for the same vote; where answers differ; what the caller gets.
fn write_details(out: &mut String, seen: &Seen) -> fmt::Result {
    if let Some(round) = seen.update.rounds.first() {
        detail(out, "votes", &round.votes())?;
        let found = round.variations().found;
        if !found.is_empty() {
            let places: Vec<String> = found.iter().map(|difference| difference.place.to_string()).collect();
            detail(out, "differ", &places.join(", "))?;
        }
    }
    detail(out, "caller", &seen.told)
}

type OneWay = fn(&Played) -> &Seen;
const WAYS: [(&str, OneWay); 2] =
    [("directly", |played| &played.directly), ("gateway", |played| &played.through_gateway)];

/// How the last outcall ended, how many there were, requests that reached the upstream, cycles of all outcalls.
fn line(seen: &Seen) -> String {
    let mark = if seen.as_promised { "" } else { "! " };
    let verdict = match seen.update.rounds.last().map(|round| &round.verdict) {
        Some(Verdict::Agreed { .. }) => "✓ agreed",
        Some(Verdict::Diverged { .. }) => "✗ diverged",
        Some(Verdict::TimedOut { .. }) => "✗ timed out",
        Some(Verdict::Rejected { .. }) => "✗ rejected",
        Some(Verdict::Gathered { .. }) => "✓ gathered",
        Some(Verdict::Failed { .. }) => "✗ failed",
        Some(Verdict::HandedOver { .. }) => "· handed over",
        None => "✗ no outcall",
    };
    let (outcalls, millions) = (seen.update.rounds.len(), seen.update.charged() as f64 / 1e6);
    format!("{:<12}{outcalls:>9}{:>9}{millions:>8.1} M", format!("{mark}{verdict}"), seen.requests)
}

fn detail(out: &mut String, name: &str, text: &str) -> fmt::Result {
    for (number, line) in wrapped(text, WIDTH - INDENT).iter().enumerate() {
        let name = if number == 0 { name } else { "" };
        writeln!(out, "    {name:<width$}{line}", width = INDENT - 4)?;
    }
    Ok(())
}

/// At most [`LINES_MAX`] lines, broken at spaces; what is left over is an ellipsis.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = lines.len() == LINES_MAX;
        let Some(line) = lines.last_mut() else { break };
        let longer = line.chars().count() + 1 + word.chars().count();
        match (line.is_empty(), longer < width) {
            (true, _) => line.push_str(word),
            (false, true) => {
                line.push(' ');
                line.push_str(word);
            }
            (false, false) if full => {
                line.push('…');
                break;
            }
            (false, false) => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Colours, where somebody sees them.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn for_stdout() -> Self {
        Self(stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()))
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
