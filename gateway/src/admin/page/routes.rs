//! The routes that are served now, and what each has done.

use maud::{Markup, html};

use super::numbers::{ago, count, micros};
use crate::{
    app::App,
    config::Target,
    outcall::Served,
    stats::{KeyEnd, Part},
};

pub(super) fn table(app: &App) -> Markup {
    let in_force = app.in_force();
    let routes = in_force.routes.all();
    let nowhere: u64 = app.stats.unrouted.requests(Part::Refused);
    html! {
        section aria-labelledby="routes" {
            h2 #routes { "Routes" }
            (configuration(app))
            div.scroll tabindex="0" role="region" aria-label="Table of routes" {
                table {
                    caption.hidden { "Routes in service, with what each has done since the start" }
                    thead {
                        tr {
                            th scope="col" { "Route" }
                            th scope="col" { "Upstream" }
                            th scope="col" .number { "Requests" }
                            th scope="col" .number { "Led" }
                            th scope="col" .number { "Saved" }
                            th scope="col" .number { "Refused" }
                            th scope="col" .number { "Unknown" }
                            th scope="col" .number { "Half within" }
                            th scope="col" .number { "95 % within" }
                        }
                    }
                    tbody { @for served in &routes { (row(served)) } }
                }
            }
            @if nowhere > 0 { p.faint { (count(nowhere)) " requests were turned away before they had a route." } }
        }
    }
}

/// How old the configuration is, and whether a newer one was refused.
fn configuration(app: &App) -> Markup {
    let reloads = app.reloads();
    html! {
        p.faint {
            "The configuration in force was loaded " (ago(reloads.loaded_at)) " ago"
            @if reloads.loaded > 0 { ", the last of " (count(reloads.loaded)) " reloads" }
            "."
        }
        @if let Some(problem) = &reloads.last_error {
            p.bad { strong { "A changed one was refused: " } (problem) }
        }
    }
}

fn row(served: &Served) -> Markup {
    let counts = &served.counts;
    let requests: u64 = Part::ALL.into_iter().map(|part| counts.requests(part)).sum();
    let refused = counts.requests(Part::Refused) + counts.requests(Part::Conflict);
    let unknown = counts.keys(KeyEnd::Unknown);
    let times = counts.calling.read();
    let within = |share: f64| times.within_micros(share).map_or("–".to_owned(), micros);
    html! {
        tr {
            th scope="row" { code { (served.route.path) } }
            td { (upstream(&served.route.target)) }
            td.number { (count(requests)) }
            td.number { (count(counts.requests(Part::Lead))) }
            td.number { (count(counts.saved())) }
            td.number { (count(refused)) }
            td .number .bad[unknown > 0] { (count(unknown)) }
            td.number { (within(0.5)) }
            td.number { (within(0.95)) }
        }
    }
}

/// Where it goes: the host, since a path may hold what is nobody's business.
fn upstream(target: &Target) -> String {
    match target {
        Target::Fixed(base) => base.authority.to_string(),
        Target::Hosts(hosts) => match hosts.as_slice() {
            [only] => only.to_string(),
            hosts => format!("{} hosts", hosts.len()),
        },
    }
}
