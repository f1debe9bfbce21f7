//! `/metrics`: what has been counted, for Prometheus.
//!
//! Written by hand: the counts live where they are counted, as plain numbers on their routes, and a library of metrics would
//! want to own them, each behind a look-up by its labels. The names and units follow
//! <https://prometheus.io/docs/practices/naming/>; a test reads every line.

use std::{sync::Arc, time::UNIX_EPOCH};

use crate::{
    app::App,
    error::Problem,
    stats::{BOUNDS, CallEnd, Counts, KeyEnd, Part, Reading},
};

mod text;

use text::{Kind, Text};

const SAVED: &str = "Requests that were answered from the upstream call of another: follows and replays.";
const CYCLES: &str = "An estimate, in cycles of the Internet Computer: for each follow and replay, 300 cycles for each \
                      millisecond by which it was answered sooner than the route's upstream calls take on average, the \
                      pay-as-you-go price of a node's waiting. What outcalls without agreement would have cost is not in it.";

/// Everything, in the text format.
pub(super) fn of(app: &App) -> String {
    let mut text = Text::default();
    let routes = app.stats.all();
    requests(&mut text, &routes);
    keys(&mut text, &routes);
    calls(&mut text, &routes, app);
    process(&mut text, app);
    text.finish()
}

fn requests(text: &mut Text, routes: &[Arc<Counts>]) {
    text.family("outcall_requests_total", Kind::Counter, "Requests that are over, by what became of them.");
    for counts in routes {
        for part in Part::ALL {
            text.whole(&[("route", &counts.route), ("outcome", part.name())], counts.requests(part));
        }
    }
    let help = "Answers of the gateway's own, by the kind of the problem that they tell of.";
    text.family("outcall_problems_total", Kind::Counter, help);
    for counts in routes {
        for problem in Problem::ALL {
            let told = counts.problems(problem);
            // Most kinds never come up: a route would have forty lines of nothing.
            if told > 0 {
                text.whole(&[("route", &counts.route), ("kind", problem.facts().kind)], told);
            }
        }
    }
    let help = "Bytes of the bodies that requests were answered with.";
    by_route(text, routes, "outcall_answer_body_bytes_total", Kind::Counter, help, Counts::body_bytes);
    by_route(text, routes, "outcall_upstream_calls_saved_total", Kind::Counter, SAVED, Counts::saved);
    by_route(text, routes, "outcall_cycles_saved_total", Kind::Counter, CYCLES, Counts::cycles_saved);
    let help = "Requests that wait for the upstream call of another.";
    by_route(text, routes, "outcall_followers_waiting", Kind::Gauge, help, |counts| counts.followers.get());
    let help = "Time from the head of a request to its answer.";
    histogram(text, routes, "outcall_request_duration_seconds", help, |counts| counts.answering.read());
}

fn keys(text: &mut Text, routes: &[Arc<Counts>]) {
    let help = "Keys that were led here, by how their leader ended them; a lost leader is one.";
    text.family("outcall_keys_total", Kind::Counter, help);
    for counts in routes {
        for end in KeyEnd::ALL {
            text.whole(&[("route", &counts.route), ("outcome", end.name())], counts.keys(end));
        }
    }
}

fn calls(text: &mut Text, routes: &[Arc<Counts>], app: &App) {
    let help = "Upstream calls, each with all its attempts, by how they ended.";
    text.family("outcall_upstream_calls_total", Kind::Counter, help);
    for counts in routes {
        for end in CallEnd::ALL {
            text.whole(&[("route", &counts.route), ("outcome", end.name())], counts.calls(end));
        }
    }
    let help = "Upstream calls under way.";
    by_route(text, routes, "outcall_upstream_calls_in_flight", Kind::Gauge, help, |counts| {
        counts.calls_now.get()
    });
    let running = app.activity.running().now();
    let load = |counts: &Counts| running.get(&counts.route).copied().unwrap_or_default();
    let help = "Calls that run behind tickets, on routes with respond_async.";
    by_route(text, routes, "outcall_running_calls", Kind::Gauge, help, |counts| load(counts).calls as u64);
    let help = "For how long the oldest call behind a ticket has run; 0 when none does.";
    text.family("outcall_running_call_oldest_age_seconds", Kind::Gauge, help);
    for counts in routes {
        text.number("", &[("route", &counts.route)], load(counts).oldest.as_secs_f64());
    }
    let help = "Time that an upstream call took, with all its attempts.";
    histogram(text, routes, "outcall_upstream_duration_seconds", help, |counts| counts.calling.read());
}

fn process(text: &mut Text, app: &App) {
    let held = app.ledger.occupancy();
    for (name, kind, help, value) in [
        (
            "outcall_requests_in_flight",
            Kind::Gauge,
            "Requests that wait for their answer.",
            app.activity.in_flight().requests as u64,
        ),
        ("outcall_connections", Kind::Gauge, "Connections that are open.", app.stats.connections.get()),
        (
            "outcall_connections_accepted_total",
            Kind::Counter,
            "Connections that were accepted.",
            app.stats.accepted(),
        ),
        (
            "outcall_ledger_keys",
            Kind::Gauge,
            "Keys that the ledger knows, expired ones included until they are swept.",
            held.keys as u64,
        ),
        (
            "outcall_ledger_bytes",
            Kind::Gauge,
            "Room that is taken in the ledger, reservations included.",
            held.bytes,
        ),
        ("outcall_ledger_room_bytes", Kind::Gauge, "Room that the ledger has in all.", app.room_bytes),
        (
            "outcall_ledger_reachable",
            Kind::Gauge,
            "1 while the store of the ledger can be asked and written, else 0.",
            app.ledger.is_reachable().into(),
        ),
        (
            "outcall_draining",
            Kind::Gauge,
            "1 while the gateway is stopping, else 0.",
            app.activity.is_draining().into(),
        ),
    ] {
        text.family(name, kind, help);
        text.whole(&[], value);
    }
    let reloads = app.reloads();
    let help = "Changed configurations since the start, by whether they were taken.";
    text.family("outcall_config_reloads_total", Kind::Counter, help);
    text.whole(&[("outcome", "loaded")], reloads.loaded);
    text.whole(&[("outcome", "refused")], reloads.refused);
    let help = "When the configuration in force was loaded, in seconds since 1970-01-01 UTC.";
    text.family("outcall_config_loaded_timestamp_seconds", Kind::Gauge, help);
    let loaded = reloads.loaded_at.duration_since(UNIX_EPOCH).unwrap_or_default();
    text.number("", &[], loaded.as_secs_f64());
    text.family("outcall_build_info", Kind::Gauge, "Always 1; its labels say what is running.");
    text.whole(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    let help = "When the process started, in seconds since 1970-01-01 UTC.";
    text.family("process_start_time_seconds", Kind::Gauge, help);
    text.number("", &[], app.stats.started_seconds());
}

fn by_route(
    text: &mut Text,
    routes: &[Arc<Counts>],
    name: &'static str,
    kind: Kind,
    help: &str,
    value: impl Fn(&Counts) -> u64,
) {
    text.family(name, kind, help);
    for counts in routes {
        text.whole(&[("route", &counts.route)], value(counts));
    }
}

fn histogram(
    text: &mut Text,
    routes: &[Arc<Counts>],
    name: &'static str,
    help: &str,
    value: impl Fn(&Counts) -> Reading,
) {
    text.family(name, Kind::Histogram, help);
    for counts in routes {
        let reading = value(counts);
        let mut so_far = 0;
        let ends = BOUNDS.iter().map(|micros| seconds(*micros).to_string()).chain(["+Inf".to_owned()]);
        for (count, end) in reading.steps.iter().zip(ends) {
            so_far += count;
            text.number("_bucket", &[("route", &counts.route), ("le", &end)], so_far as f64);
        }
        text.number("_sum", &[("route", &counts.route)], seconds(reading.micros));
        text.number("_count", &[("route", &counts.route)], so_far as f64);
    }
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
