use std::time::Duration;

use super::{report::Report, *};
use crate::{
    adapter::Fetched,
    outcall::{RejectCode, Response},
};

mod findings;
mod remedies;
mod texts;

/// 24 November 2026, 12:00:00.
const NOW: f64 = 1_795_521_600.0;

fn json(body: impl Into<String>) -> Response {
    with(
        Response { status: 200, headers: Vec::new(), body: body.into().into_bytes() },
        "content-type",
        "application/json",
    )
}

fn with(mut response: Response, name: &str, value: &str) -> Response {
    response.headers.push((name.to_owned(), value.to_owned()));
    response
}

fn fetched(outcome: Result<Response, Reject>) -> Fetched {
    let downloaded_bytes = outcome.as_ref().map_or(0, Response::bytes);
    Fetched { outcome, attempts: 1, took: Duration::from_millis(30), downloaded_bytes }
}

fn request() -> Request {
    Request::get("https://api.example.com/v1/price")
}

/// What is said of replicas that were answered like this.
fn reported(request: Request, outcomes: Vec<Result<Response, Reject>>, unwanted: &[&str]) -> Report {
    let asked = Asked {
        at_seconds: NOW,
        unwanted: unwanted.iter().map(|place| Pattern::parse(place).unwrap()).collect(),
    };
    let nodes = outcomes.len();
    let records = outcomes.into_iter().enumerate().map(|(number, outcome)| {
        voting(Replica::fetched(number, Duration::from_millis(number as u64), fetched(outcome)))
    });
    Report::new(request, nodes, records.collect(), &asked)
}

/// What is said of 13 replicas that are answered by this rule.
fn report(rule: impl Fn(usize) -> Response) -> Report {
    reported(request(), (0..13).map(|number| Ok(rule(number))).collect(), &[])
}

/// Where answers differ, and the names of the causes.
fn told(report: &Report) -> Vec<(String, &'static str)> {
    report
        .findings
        .iter()
        .map(|finding| (finding.difference.place.to_string(), finding.cause.name()))
        .collect()
}

fn places(places: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    places.iter().map(|(place, cause)| ((*place).to_owned(), *cause)).collect()
}

/// Sixteen hexadecimal digits that no other number has.
fn token(number: usize) -> String {
    format!("{:016x}", (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
