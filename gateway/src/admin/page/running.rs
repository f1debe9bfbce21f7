//! The calls that run behind tickets: how many of how many, and since when the oldest.

use std::{collections::BTreeMap, sync::Arc};

use maud::{Markup, html};

use super::numbers::{age, count};
use crate::{activity::Load, app::App, limits};

/// A route with tickets, or one that had them when its calls began.
#[derive(Default)]
struct Row {
    load: Load,
    most: Option<usize>,
}

/// Nothing, where no route gives out tickets.
pub(super) fn table(app: &App) -> Markup {
    let rows = rows(app);
    let all: usize = rows.values().map(|row| row.load.calls).sum();
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="running" {
                h2 #running { "Running behind tickets" }
                p.faint { (count(all as u64)) " of " (count(limits::RUNNING_MAX as u64)) " in all." }
                div.scroll tabindex="0" role="region" aria-labelledby="running" {
                    table {
                        caption.hidden { "Routes with respond_async, with their running calls" }
                        thead {
                            tr {
                                th scope="col" { "Route" }
                                th scope="col" .number { "Running" }
                                th scope="col" .number { "At most" }
                                th scope="col" .number { "Oldest" }
                            }
                        }
                        tbody { @for (route, row) in &rows { (line(route, row)) } }
                    }
                }
            }
        }
    }
}

fn rows(app: &App) -> BTreeMap<Arc<str>, Row> {
    let mut rows: BTreeMap<Arc<str>, Row> = BTreeMap::new();
    for (route, load) in app.activity.running().now() {
        rows.entry(route).or_default().load = load;
    }
    let in_force = app.in_force();
    for served in in_force.routes.all() {
        if let Some(rules) = &served.route.respond_async {
            rows.entry(served.counts.route.clone()).or_default().most = Some(rules.running);
        }
    }
    rows
}

fn line(route: &str, row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" { code { (route) } }
            td.number { (count(row.load.calls as u64)) }
            td.number { (row.most.map_or("–".to_owned(), |most| count(most as u64))) }
            td.number { @if row.load.calls > 0 { (age(row.load.oldest)) } @else { "–" } }
        }
    }
}
