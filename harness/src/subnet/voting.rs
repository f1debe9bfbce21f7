//! A node's vote on the embedded subnet: its response, through the canister's transform, as long as its part of the
//! cycles lasts.

use std::sync::Arc;

use super::{hosted::Hosted, http_request::Asked, sending::Voting};
use crate::{
    engine::{Canister, Queried},
    http_response::{self, NotAnHttpResponse},
    outcall::{Content, Reject, RejectCode, Response},
    replica::Replica,
    rules::{budget::Budget, limits},
};

/// Votes on one outcall.
#[derive(Clone)]
pub(super) struct Transforming {
    pub(super) asked: Arc<Asked>,
    pub(super) hosted: Hosted,
    pub(super) nodes: usize,
}

impl Voting for Transforming {
    async fn vote(self, record: Replica) -> Replica {
        let budget = self.asked.budget(self.nodes);
        self.hosted.look(move |canister| vote(canister, &self.asked, budget, record)).await
    }
}

/// What a replica votes for: its response, judged, transformed and judged again, as long as its part of the cycles lasts.
fn vote(canister: &Canister, asked: &Asked, mut budget: Option<Budget>, mut record: Replica) -> Replica {
    let (raw, roundtrip) = match (&record.raw, record.asked, record.answered) {
        (Some(raw), Some(asked), Some(answered)) => (raw, answered.saturating_sub(asked)),
        _ => return record,
    };
    let mut instructions = 0;
    let mut charge =
        |charge: &dyn Fn(&mut Budget) -> Result<(), Reject>| budget.as_mut().map_or(Ok(()), charge);
    let made = charge(&|budget| budget.charge_network(record.downloaded_bytes, roundtrip))
        .and_then(|()| raw.as_ref().map_err(Reject::clone))
        .and_then(|response| limits::check_response(response).map(|()| response))
        .and_then(|response| {
            let (made, used) = transformed(canister, asked, response);
            instructions = used;
            charge(&|budget| budget.charge_transform(used))?;
            made
        });
    let content = made.map_or_else(Content::Reject, Content::Success);
    let paid = charge(&|budget| budget.charge_gossip(content.bytes()));
    record.transform_instructions = instructions;
    record.spent = budget.map_or(0, |budget| budget.spent());
    record.voting(paid.map_or_else(Content::Reject, |()| content))
}

/// The transform's reply, held to the cap, and the instructions that it took.
fn transformed(canister: &Canister, asked: &Asked, response: &Response) -> (Result<Vec<u8>, Reject>, u64) {
    let failed = |error: NotAnHttpResponse| Reject::new(RejectCode::SysFatal, error.to_string());
    let Some(transform) = &asked.transform else {
        return (http_response::encode(response).map_err(failed), 0);
    };
    let arg = match http_response::encode_transform_args(response, transform) {
        Ok(arg) => arg,
        Err(error) => return (Err(failed(error)), 0),
    };
    // The caller is the management canister.
    let Queried { result, instructions, .. } = canister.queried(&transform.method, &arg, &[]);
    let checked = limits::check_transformed(result.as_deref(), asked.request.max_response_bytes);
    (checked.and(result), instructions)
}
