//! Outcalls as PocketIC tells them, and what the nodes got as it takes it.

use pocket_ic::common::rest::{
    CanisterHttpHeader, CanisterHttpMethod, CanisterHttpPricingVersion, CanisterHttpReject,
    CanisterHttpReplication, CanisterHttpReply, CanisterHttpRequest, CanisterHttpResponse,
    MockCanisterHttpResponse, MockFlexibleCanisterHttpResponse,
};

use super::super::Pricing;
use crate::{
    outcall::{Reject, RejectCode, Request, Response},
    replica::Replica,
    rules::{consensus::threshold, price::Replication},
};

/// What is handed over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handover {
    /// The responses of all nodes, or of the one that was chosen.
    ForAll(MockCanisterHttpResponse),
    /// The responses of those of a committee that have one.
    Committee(MockFlexibleCanisterHttpResponse),
    /// Too few have any: the time has to run out.
    Nothing,
}

/// What the nodes have to send.
pub(super) fn request(pending: &CanisterHttpRequest) -> Request {
    let method = match pending.http_method {
        CanisterHttpMethod::GET => "GET",
        CanisterHttpMethod::POST => "POST",
        CanisterHttpMethod::HEAD => "HEAD",
        CanisterHttpMethod::PUT => "PUT",
        CanisterHttpMethod::DELETE => "DELETE",
        CanisterHttpMethod::PATCH => "PATCH",
    };
    Request {
        url: pending.url.clone(),
        method: method.to_owned(),
        headers: pending.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
        body: pending.body.clone(),
        max_response_bytes: pending.max_response_bytes,
    }
}

/// Which of them.
pub(super) fn replication(pending: &CanisterHttpRequest) -> Replication {
    match pending.replication {
        CanisterHttpReplication::FullyReplicated => Replication::Full,
        CanisterHttpReplication::NonReplicated => Replication::Single,
        CanisterHttpReplication::Flexible { total_requests, min_responses, max_responses } => {
            Replication::Flexible {
                total_requests: total_requests as usize,
                min_responses: min_responses as usize,
                max_responses: max_responses as usize,
            }
        }
    }
}

pub(super) fn pricing(pending: &CanisterHttpRequest) -> Pricing {
    match pending.pricing_version {
        CanisterHttpPricingVersion::Legacy => Pricing::Version1,
        CanisterHttpPricingVersion::PayAsYouGo => Pricing::Version2,
    }
}

/// What of these sendings is handed over: of each node that is not late the first, before any transform.
///
/// PocketIC does not say which node it has chosen for an outcall that is not replicated, and takes a single response for
/// whichever it is.
pub(super) fn handover(pending: &CanisterHttpRequest, nodes: usize, replicas: &[Replica]) -> Handover {
    let (subnet_id, request_id) = (pending.subnet_id, pending.request_id);
    let first = |number| {
        let mut records = replicas.iter().filter(|record| record.number == number && !record.late);
        records.find_map(|record| record.raw.as_ref())
    };
    let got: Vec<&Result<Response, Reject>> = (0..nodes).filter_map(first).collect();
    let fewest = match pending.replication {
        CanisterHttpReplication::FullyReplicated => threshold(nodes),
        _ => 1,
    };
    if got.len() < fewest {
        return Handover::Nothing;
    }
    let mut responses: Vec<CanisterHttpResponse> = got.into_iter().map(response).collect();
    match pending.replication {
        CanisterHttpReplication::Flexible { .. } => {
            Handover::Committee(MockFlexibleCanisterHttpResponse { subnet_id, request_id, responses })
        }
        CanisterHttpReplication::FullyReplicated | CanisterHttpReplication::NonReplicated => {
            if pending.replication == CanisterHttpReplication::FullyReplicated {
                responses.extend((responses.len()..nodes).map(missing));
            }
            let response = responses.remove(0);
            let additional_responses = responses;
            let mock = MockCanisterHttpResponse { subnet_id, request_id, response, additional_responses };
            Handover::ForAll(mock)
        }
    }
}

fn response(raw: &Result<Response, Reject>) -> CanisterHttpResponse {
    match raw {
        Ok(response) => {
            let header = |(name, value): &(String, String)| CanisterHttpHeader {
                name: name.clone(),
                value: value.clone(),
            };
            CanisterHttpResponse::CanisterHttpReply(CanisterHttpReply {
                status: response.status,
                headers: response.headers.iter().map(header).collect(),
                body: response.body.clone(),
            })
        }
        Err(reject) => refusal(reject.clone()),
    }
}

/// Longer messages than a node sends are refused.
pub(super) fn refusal(reject: Reject) -> CanisterHttpResponse {
    let Reject { code, message } = reject.cut();
    let reject_code = u64::from(code.number());
    CanisterHttpResponse::CanisterHttpReject(CanisterHttpReject { reject_code, message })
}

/// In place of a node that has none: like no other node's.
fn missing(number: usize) -> CanisterHttpResponse {
    refusal(Reject::new(
        RejectCode::SysTransient,
        format!("no response: the {number}. node to be counted is missing"),
    ))
}
