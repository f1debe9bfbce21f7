//! The page for people: what the gateway is doing, on one screen.
//!
//! It is made here, whole, and reads without its script, which only fetches the part that lives (`/live`) every few seconds.
//! It loads nothing of anybody else's. Keys are digests.

use maud::{DOCTYPE, Markup, html};

mod charts;
mod keys;
mod numbers;
mod routes;
mod running;
#[cfg(test)]
mod tests;

use super::{Admin, minutes::Sum};
use numbers::{ago, count, short};

/// Neither light nor dark: the reader's system says which.
pub(super) const STYLE: &str = include_str!("page/style.css");
pub(super) const SCRIPT: &str = include_str!("page/script.js");
pub(super) const ICON: &str = include_str!("page/icon.svg");

const TITLE: &str = "Outcall Gateway";

/// The whole page.
pub(super) fn page(admin: &Admin) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (TITLE) }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                script src="/script.js" defer {}
            }
            body {
                a.skip href="#live" { "To the figures" }
                header {
                    div {
                        h1 { (TITLE) }
                        p { "One call out, one answer for every replica · version " (env!("CARGO_PKG_VERSION")) }
                    }
                    // The script shows it: without one there is nothing to pause.
                    p.refresh hidden {
                        span #state role="status" { "Refreshed every 2 s" }
                        button #pause type="button" aria-pressed="false" { "Pause" }
                    }
                }
                (live(admin))
                footer {
                    p { "A key is shown as the beginning of its digest, as in the log. " code { "outcall-gateway keys" } " lists them all." }
                    p { "The same in figures: " a href="/metrics" { "/metrics" } }
                }
            }
        }
    }
}

/// The part that lives.
pub(super) fn live(admin: &Admin) -> Markup {
    html! {
        main #live tabindex="-1" {
            (state(admin))
            (glance(admin))
            section aria-labelledby="charts" {
                h2 #charts { "The last 15 minutes" }
                (charts::all(&admin.minutes.all()))
            }
            (problems(admin))
            (routes::table(&admin.app))
            (running::table(&admin.app))
            (keys::table(&admin.app))
        }
    }
}

fn state(admin: &Admin) -> Markup {
    let app = &admin.app;
    let held = app.ledger.occupancy();
    let (kind, text) = if app.activity.is_draining() {
        ("warn", "Draining: it answers what is known and in flight, and leads no more than it can finish.")
    } else if !app.ledger.is_reachable() {
        ("bad", "The ledger cannot be reached: what is at hand is replayed, new keys are refused.")
    } else if held.bytes >= app.room_bytes {
        ("bad", "The ledger is full: new keys are refused until records expire.")
    } else {
        ("good", "Ready: it leads, follows and replays.")
    };
    html! {
        // Its mark is the style's: the words say it.
        p class={ "state " (kind) } { (text) " " span.faint { "Up for " (ago(app.stats.started)) "." } }
    }
}

fn glance(admin: &Admin) -> Markup {
    let app = &admin.app;
    let sum = Sum::of(&app.stats);
    let waiting: u64 = app.stats.all().iter().map(|counts| counts.followers.get()).sum();
    let held = app.ledger.occupancy();
    let share = (held.bytes as f64 / app.room_bytes.max(1) as f64 * 100.0).min(100.0);
    html! {
        section aria-labelledby="glance" {
            h2 #glance { "Since the start" }
            dl.cards {
                div.card.first { dt { "Upstream calls saved" } dd { (count(sum.saved)) } dd.note { "answers to followers and replays" } }
                div.card { dt { "Upstream calls" } dd { (count(sum.calls)) } dd.note { "one for each new key" } }
                div.card { dt { "Requests" } dd { (count(sum.requests)) } dd.note { (app.activity.in_flight().requests) " in flight, " (waiting) " waiting for a leader" } }
                div.card { dt { "Cycles saved" } dd { (short(sum.cycles_saved)) } dd.note { "an estimate: 300 for each millisecond that a replica did not wait" } }
                div.card { dt { "Outcomes unknown" } dd { (count(sum.unknown)) } dd.note { "sent, and no whole answer came back" } }
                div.card {
                    dt #ledger { "Ledger" }
                    dd { (count(held.keys as u64)) " keys" }
                    dd.note {
                        (format!("{share:.1}")) " % of " (numbers::bytes(app.room_bytes)) " taken "
                        meter min="0" max="100" high="90" value=(format!("{share:.1}")) aria-labelledby="ledger" {}
                    }
                }
            }
        }
    }
}

fn problems(admin: &Admin) -> Markup {
    let latest = admin.complaints.latest();
    html! {
        section aria-labelledby="problems" {
            h2 #problems { "Problems" }
            @if latest.is_empty() { p { "The log has complained about nothing." } } @else {
                ul.problems {
                    @for it in &latest {
                        @let (what, about) = it.text.split_once(" · ").unwrap_or((&it.text, ""));
                        li class=(if it.is_error { "bad" } else { "warn" }) {
                            span.kind { @if it.is_error { "Error" } @else { "Warning" } }
                            " " span.what { (what) }
                            @if !about.is_empty() { " " span.about { (about) } }
                            " " span.faint { @if it.times > 1 { (count(it.times)) " times, last " } (ago(it.at)) " ago" }
                        }
                    }
                }
            }
        }
    }
}
