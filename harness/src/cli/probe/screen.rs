//! What came of a probe, for people.

use std::fmt::{self, Write as _};

use super::Asked;
use crate::{
    probe::{Cost, Folded, Remedy, Report, keeps_answer},
    replica::votes,
    rules::consensus::threshold,
    subnet::Grouped,
    verdict::Verdict,
};

/// The screen's width, in characters.
const WIDTH: usize = 100;
/// The widest column of places; what is longer has a line of its own.
const PLACE_CHARACTERS_MAX: usize = 40;
/// Values that are shown of a place.
const VALUES_SHOWN: usize = 2;
/// Lines of what differs; the rest is counted, and told in JSON.
const FINDINGS_SHOWN: usize = 40;
/// A transform of so many instructions costs a 13th of them on each node, in cycles.
const MILLION: u128 = 1_000_000;

/// The whole screen.
pub(super) fn told(report: &Report, asked: Asked) -> String {
    let mut screen = String::new();
    // Writing to a string does not fail.
    let _ = write_all(&mut screen, report, asked);
    screen
}

fn write_all(out: &mut String, report: &Report, asked: Asked) -> fmt::Result {
    let (method, url) = (&report.request.method, &report.request.url);
    writeln!(out, "{method} {url}: {} replicas, {asked}", report.nodes)?;
    writeln!(out, "{}", verdict(report))?;
    let (requests, answers) = (report.requests(), count(report.groups(), "different answer"));
    writeln!(out, "  {} sent, {answers}: {}", count(requests as usize, "request"), votes(&report.replicas))?;
    for warning in report.warnings() {
        wrapped(&warning, WIDTH - 2).iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    write_findings(out, report)?;
    write_suspects(out, report)?;
    if let Some(transform) = &report.transform {
        write_transform(out, report, transform)?;
    }
    if let Some(route) = &report.route {
        write_route(out, report, route)?;
    }
    write_costs(out, report)?;
    writeln!(out, "\nAgain: --seed {}", asked.seed)
}

fn verdict(report: &Report) -> String {
    let (nodes, enough) = (report.nodes, threshold(report.nodes));
    match &report.verdict {
        Verdict::Agreed { replicas, reply } => {
            let bytes = reply.len();
            match nodes - replicas {
                0 => format!("✓ agreed: all {nodes} replicas, {bytes} bytes"),
                others => format!(
                    "✓ agreed, barely: {replicas} of {nodes} replicas, {bytes} bytes; {others} stand outside"
                ),
            }
        }
        Verdict::Rejected { replicas, reject } => {
            format!("✗ rejected: {replicas} of {nodes} replicas have no answer: {reject}")
        }
        Verdict::Diverged { .. } => {
            format!("✗ diverged: of {nodes} answers {enough} would have to be the same, byte for byte")
        }
        Verdict::TimedOut { .. } => format!("✗ timed out: fewer than {enough} of {nodes} replicas agree"),
        // A probe is a replicated outcall, which nobody but this process decides.
        other @ (Verdict::Gathered { .. } | Verdict::Failed { .. } | Verdict::HandedOver { .. }) => {
            other.to_string()
        }
    }
}

fn write_findings(out: &mut String, report: &Report) -> fmt::Result {
    let folded = report.folded();
    if folded.is_empty() {
        return writeln!(out, "  nothing differs");
    }
    writeln!(out, "\nWhat differs")?;
    let name = |folded: &Folded<'_>| match folded.places {
        1 => folded.place.clone(),
        places => format!("{} ({places} places)", folded.place),
    };
    let rows = folded.iter().take(FINDINGS_SHOWN).map(|folded| {
        let values = folded.first.difference.values_told(VALUES_SHOWN).to_string();
        (name(folded), folded.first.cause.to_string(), values)
    });
    write_rows(out, &rows.collect::<Vec<_>>())?;
    match folded.len().saturating_sub(FINDINGS_SHOWN) + report.left_out {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more: see --json"),
    }
}

fn write_suspects(out: &mut String, report: &Report) -> fmt::Result {
    if report.suspects.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWhat was the same, and will not be on a subnet or at another time")?;
    let rows = report
        .suspects
        .iter()
        .map(|suspect| (suspect.place.to_string(), suspect.cause.to_string(), suspect.value.clone()));
    write_rows(out, &rows.collect::<Vec<_>>())
}

/// Places in a column, causes beside them, values below.
fn write_rows(out: &mut String, rows: &[(String, String, String)]) -> fmt::Result {
    let widths =
        rows.iter().map(|(place, ..)| place.chars().count()).filter(|width| *width <= PLACE_CHARACTERS_MAX);
    let width = widths.max().unwrap_or(0);
    for (place, cause, values) in rows {
        if place.chars().count() > width {
            writeln!(out, "  {place}\n  {:width$}   {cause}", "")?;
        } else {
            writeln!(out, "  {place:width$}   {cause}")?;
        }
        wrapped(values, WIDTH - 6).iter().try_for_each(|line| writeln!(out, "      {line}"))?;
    }
    Ok(())
}

fn write_transform(out: &mut String, report: &Report, transform: &Remedy) -> fmt::Result {
    let Some(text) = &transform.text else {
        writeln!(out, "\nNo transform makes the answers one:")?;
        return write_reasons(out, &transform.why);
    };
    let nodes = report.nodes;
    writeln!(out, "\nThis transform makes all {nodes} answers one; it was tried on them:")?;
    if keeps_answer(&report.request) {
        writeln!(
            out,
            "  - it does not keep the POST from being carried out {nodes} times, as the route does"
        )?;
    }
    writeln!(out)?;
    out.write_str(text)?;
    write_answer(out, transform)
}

fn write_route(out: &mut String, report: &Report, route: &Remedy) -> fmt::Result {
    let nodes = report.nodes;
    // The transform's reasons are the route's, where it has any.
    let is_told = report.transform.as_ref().is_some_and(|transform| transform.why == route.why);
    match &route.text {
        None => {
            writeln!(out, "\nNo route of the gateway helps:")?;
            write_reasons(out, &route.why)
        }
        Some(text) if route.alike => {
            let made = "This route of the gateway makes all";
            writeln!(out, "\n{made} {nodes} answers one, which was tried on them, and asks once:\n")?;
            write_route_text(out, report, text)?;
            write_answer(out, route)
        }
        Some(text) => {
            let once = "This route of the gateway makes the replicas agree, since it asks once and gives all of them that one \
                        answer.";
            let alone = " What it takes away alone does not make all answers one.";
            let alone = if keeps_answer(&report.request) { "" } else { alone };
            writeln!(out)?;
            wrapped(&format!("{once}{alone}"), WIDTH).iter().try_for_each(|line| writeln!(out, "{line}"))?;
            if !is_told {
                write_reasons(out, &route.why)?;
            }
            writeln!(out)?;
            write_route_text(out, report, text)?;
            write_answer(out, route)
        }
    }
}

fn write_route_text(out: &mut String, report: &Report, text: &str) -> fmt::Result {
    out.write_str(text)?;
    for note in report.beside_route() {
        writeln!(out)?;
        wrapped(note, WIDTH).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

/// What the canister gets, in one line.
fn write_answer(out: &mut String, remedy: &Remedy) -> fmt::Result {
    let Some(answer) = &remedy.answer else { return Ok(()) };
    let body = String::from_utf8_lossy(&answer.body);
    let line = format!(
        "The canister gets: {} {}",
        answer.status,
        body.escape_debug().to_string().replace("\\\"", "\"")
    );
    let shown: String = line.chars().take(WIDTH - 1).collect();
    writeln!(out, "\n{shown}{}", if shown.len() < line.len() { "…" } else { "" })
}

fn write_reasons(out: &mut String, why: &[String]) -> fmt::Result {
    for reason in why {
        for (number, line) in wrapped(reason, WIDTH - 4).iter().enumerate() {
            writeln!(out, "  {} {line}", if number == 0 { "-" } else { " " })?;
        }
    }
    Ok(())
}

fn write_costs(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "\n{:<18}{:>20}{:>14}{:>18}", "Bytes and cycles", "downloaded", "delivered", "cycles")?;
    write_cost(out, "as it is", &report.cost)?;
    let cost = |remedy: &Option<Remedy>| remedy.as_ref().and_then(|remedy| remedy.cost);
    if let Some(cost) = cost(&report.transform) {
        write_cost(out, "with the transform", &cost)?;
    }
    if let Some(cost) = cost(&report.route) {
        write_cost(out, "with the route", &cost)?;
    }
    let million = MILLION * report.nodes as u128 / 13;
    writeln!(
        out,
        "By price version 2; each million instructions of a transform adds {} cycles.",
        Grouped(million)
    )
}

fn write_cost(out: &mut String, what: &str, cost: &Cost) -> fmt::Result {
    let downloaded = match cost.downloaded_bytes {
        (least, most) if least == most => most.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    writeln!(
        out,
        "  {what:<18}{downloaded:>18}{:>14}{:>18}",
        cost.delivered_bytes,
        Grouped(cost.cycles).to_string()
    )
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Lines of no more than `width` characters, broken at spaces; a longer word is left whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
