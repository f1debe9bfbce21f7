//! What came of a probe, for machines: one JSON object.
//!
//! Its shape is stable within one `version`; members may be added. Bytes are numbers, cycles are strings of digits,
//! since they may be beyond what readers of JSON count exactly.
//!
//! ```text
//! version      1
//! verdict      "agreed" | "diverged" | "timed out" | "rejected" | "failed": nobody could be asked
//! why          with "rejected" and "failed": the reject, or what is wrong with the command line
//! url, method, nodes, seed, skew_ms
//! requests     how many may have reached the server
//! warnings     what to know beside the verdict, in sentences: that a POST may have been carried out n times, that bodies
//!              came in a coding that was not undone, that http does not exist on the mainnet
//! votes        a letter for each replica, the same for the same answer
//! groups       how many different answers there are
//! differences  [{place, header | path, cause, why, values: [{value, replicas}]}]; place is for people, a cause is
//!              one of the names of finding/cause.rs, and of header and path there is one, or none
//! left_out     how many more differences there are
//! suspects     [{place, value, cause, why}]: the same for all, and not to be trusted
//! cost         {downloaded_bytes: [least, most], delivered_bytes, cycles}
//! transform    {text, alike, why: [...], answer: {status, headers: [[name, value]], body}, cost}, or null where nothing
//!              is to be helped; text, answer and cost are null where none helps
//! route        the same; with a text and not alike it makes replicas agree by asking once
//! ```

use serde_json::{Value, json};

use super::Asked;
use crate::{
    probe::{Cost, Finding, Remedy, Report, Suspect},
    replica::votes,
    verdict::{Place, Verdict},
};

/// The report as one line.
pub(super) fn told(report: &Report, asked: Asked) -> String {
    let unasked = report.unasked();
    let verdict = match &report.verdict {
        _ if unasked.is_some() => "failed",
        Verdict::Agreed { .. } => "agreed",
        Verdict::Rejected { .. } => "rejected",
        Verdict::Diverged { .. } => "diverged",
        Verdict::TimedOut { .. } => "timed out",
        // A probe is a replicated outcall, which nobody but this process decides.
        Verdict::Gathered { .. } | Verdict::Failed { .. } | Verdict::HandedOver { .. } => "other",
    };
    let rejected = match &report.verdict {
        Verdict::Rejected { reject, .. } => Some(reject),
        _ => unasked,
    };
    let told = json!({
        "version": 1,
        "verdict": verdict,
        "why": rejected.map(ToString::to_string),
        "url": report.request.url,
        "method": report.request.method,
        "nodes": report.nodes,
        "seed": asked.seed,
        "skew_ms": u64::try_from(asked.skew.as_millis()).unwrap_or(u64::MAX),
        "requests": report.requests(),
        "warnings": report.warnings(),
        "votes": votes(&report.replicas),
        "groups": report.groups(),
        "differences": report.findings.iter().map(difference).collect::<Vec<Value>>(),
        "left_out": report.left_out,
        "suspects": report.suspects.iter().map(suspect).collect::<Vec<Value>>(),
        "cost": cost(&report.cost),
        "transform": report.transform.as_ref().map(remedy),
        "route": report.route.as_ref().map(remedy),
    });
    format!("{told}\n")
}

/// What there is to say when nothing was sent.
pub(super) fn failure(why: &str) -> String {
    format!("{}\n", json!({ "version": 1, "verdict": "failed", "why": why }))
}

fn difference(finding: &Finding) -> Value {
    let values = finding.difference.values.iter();
    let values = values.map(|counted| json!({ "value": counted.value, "replicas": counted.replicas }));
    placed(
        &finding.difference.place,
        json!({
            "cause": finding.cause.name(),
            "why": finding.cause.to_string(),
            "values": values.collect::<Vec<Value>>(),
        }),
    )
}

fn suspect(suspect: &Suspect) -> Value {
    let told =
        json!({ "value": suspect.value, "cause": suspect.cause.name(), "why": suspect.cause.to_string() });
    placed(&suspect.place, told)
}

/// With where it is.
fn placed(place: &Place, mut told: Value) -> Value {
    told["place"] = place.to_string().into();
    match place {
        Place::Header(name) => told["header"] = name.as_str().into(),
        Place::Json(path) | Place::MemberOrder(path) | Place::ElementOrder(path) => {
            told["path"] = path.to_string().into();
        }
        _ => {}
    }
    told
}

fn remedy(remedy: &Remedy) -> Value {
    let answer = remedy.answer.as_ref().map(|answer| {
        json!({ "status": answer.status, "headers": answer.headers, "body": String::from_utf8_lossy(&answer.body) })
    });
    json!({
        "text": remedy.text,
        "alike": remedy.alike,
        "why": remedy.why,
        "answer": answer,
        "cost": remedy.cost.as_ref().map(cost),
    })
}

fn cost(cost: &Cost) -> Value {
    json!({
        "downloaded_bytes": [cost.downloaded_bytes.0, cost.downloaded_bytes.1],
        "delivered_bytes": cost.delivered_bytes,
        "cycles": cost.cycles.to_string(),
    })
}
