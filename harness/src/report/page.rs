//! The whole page: a summary, and each scene; and the frame of every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Report, Scene, outcall};
use crate::subnet::Round;

/// Neither light nor dark: the reader's system says which.
const STYLE: &str = include_str!("style.css");
/// What a caller was told is folded beyond this.
const TOLD_CHARACTERS: usize = 300;
/// Whatever a server sent, the page loads nothing and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn page(report: &Report) -> Markup {
    let head = html! {
        p { (summary(report)) }
        (contents(report))
    };
    let main = html! { @for (number, scene) in report.scenes.iter().enumerate() { (told(number, scene)) } };
    frame(&report.title, &head, &main)
}

/// What every page has: a title, what is said in short, and all of it.
pub(super) fn frame(title: &str, head: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    (head)
                }
                main { (main) }
                footer {
                    p {
                        "A row of a table is one sending of one replica; the same letter is the same vote. Times count from
                         the beginning of the outcall."
                    }
                }
            }
        }
    }
}

fn summary(report: &Report) -> String {
    let outcalls: Vec<&Round> = report.scenes.iter().flat_map(|scene| &scene.update.rounds).collect();
    let agreed = outcalls.iter().filter(|round| round.verdict.is_agreed()).count();
    let requests: u32 = outcalls.iter().map(|round| round.requests()).sum();
    match outcalls.len() {
        0 => "No outcall was made.".to_owned(),
        1 if agreed == 1 => format!("The outcall agreed; its replicas sent {requests} requests."),
        1 => format!("The outcall did not agree; its replicas sent {requests} requests."),
        all if all == agreed => {
            format!("All {all} outcalls agreed; their replicas sent {requests} requests.")
        }
        all => format!("{agreed} of {all} outcalls agreed; their replicas sent {requests} requests."),
    }
}

/// With a single scene there is nothing to choose from.
fn contents(report: &Report) -> Markup {
    html! {
        @if report.scenes.len() > 1 {
            nav aria-label="Scenes" {
                ol {
                    @for (number, scene) in report.scenes.iter().enumerate() {
                        li {
                            a href={ "#scene-" (number) } { (scene.name) }
                            @for round in &scene.update.rounds { " " (outcall::badge(&round.verdict)) }
                        }
                    }
                }
            }
        }
    }
}

fn told(number: usize, scene: &Scene) -> Markup {
    let Scene { name, update, told, upstream_requests } = scene;
    html! {
        section id={ "scene-" (number) } {
            h2 { (name) }
            div.told {
                code { (update.method) }
                @match (told, &update.reply) {
                    (Some(told), _) => { " told its caller: " (folded(told)) }
                    (None, Ok(reply)) => { " replied, " (reply.len()) " bytes" }
                    (None, Err(reject)) => { " was rejected: " (folded(&reject.to_string())) }
                }
            }
            @if let Some(requests) = upstream_requests {
                p { "Requests that reached the upstream: " strong { (requests) } }
            }
            @if let Some(why) = &update.stopped { p { "It was stopped: " (why) } }
            @if update.rounds.is_empty() { p { "It made no outcall." } }
            @for round in &update.rounds { (outcall::told(round)) }
        }
    }
}

/// A text that may be long: its beginning, and the whole of it for who asks.
fn folded(text: &str) -> Markup {
    let start: String = text.chars().take(TOLD_CHARACTERS).collect();
    html! {
        @if start.len() == text.len() { (text) } @else {
            (start) "…"
            details { summary { "all of it" } pre { (text) } }
        }
    }
}
