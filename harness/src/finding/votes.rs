//! What kept the replicas of a round from agreeing: in what their votes differ, behind the transform, and why.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Asked, Cause, Finding, Findings, findings};
use crate::{
    http_response,
    outcall::{Content, Reject, Response},
    replica::Replica,
    verdict::Difference,
};

/// Everything in which the responses differ, before any transform. Late ones are looked at too.
pub(crate) fn of_responses(records: &[Replica]) -> Findings {
    findings(&records.iter().filter_map(|record| record.raw.as_ref()).collect::<Vec<_>>(), &asked())
}

/// Everything in which the votes differ. Late ones count for nothing. Votes that are no responses, or that differ in
/// nothing that can be read, differ as the verdict says, for no known cause.
pub(crate) fn of_votes(records: &[Replica], difference: Option<&Difference>) -> Findings {
    let votes = records.iter().filter(|record| !record.late).filter_map(|record| record.content.as_ref());
    let read: Option<Vec<Result<Response, Reject>>> = votes.map(read).collect();
    let found = read.map(|votes| findings(&votes.iter().collect::<Vec<_>>(), &asked()));
    let unread = || {
        let unread = difference.cloned().map(|difference| Finding { difference, cause: Cause::Unknown });
        Findings { found: unread.into_iter().collect(), left_out: 0 }
    };
    found.filter(|findings| !findings.found.is_empty()).unwrap_or_else(unread)
}

/// A vote as it can be compared; none for bytes that are no response.
fn read(content: &Content) -> Option<Result<Response, Reject>> {
    match content {
        Content::Success(reply) => http_response::decode(reply).ok().map(Ok),
        Content::Reject(reject) => Some(Err(reject.clone())),
    }
}

/// A round was played in this process: what is of its time is of now.
fn asked() -> Asked {
    let at_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    Asked { at_seconds, unwanted: Vec::new() }
}
