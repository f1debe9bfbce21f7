//! The Candid form of what a flexible outcall replies: `ok` with the responses, or `err`.
//!
//! Both are replies. Source: `FlexibleHttpRequestResult` of `ic-management-canister-types` 0.11, and for what is in it
//! `flexible_error_into_consensus_response` in `rs/https_outcalls/consensus/src/payload_builder.rs` of the `dfinity/ic`
//! repository.

use candid::{Nat, Principal, Reserved};
use ic_management_canister_types::{
    FlexibleHttpGlobalError, FlexibleHttpNodeDetail, FlexibleHttpNodeError, FlexibleHttpRequestErr,
    FlexibleHttpRequestResult, HttpHeader, HttpRequestResult,
};

use crate::{
    http_response::{self, NotAnHttpResponse},
    outcall::{Content, Response},
    rules::flexible::{Failure, Share},
};

/// The responses that these replies of transforms hold, one by one.
///
/// # Errors
/// When one of them is no `http_response`. A replica then delivers nothing, and the outcall runs out of time.
pub fn ok(replies: &[&[u8]]) -> Result<Vec<u8>, NotAnHttpResponse> {
    let responses = replies.iter().map(|reply| http_response::decode(reply).map(delivered));
    encode(&FlexibleHttpRequestResult::Ok(responses.collect::<Result<_, _>>()?))
}

/// The error, with what is told of the nodes: of those that failed their rejects, where these were too many; of all that
/// were heard of what they had or spent, where that was too much; of nobody, where the time ran out.
///
/// # Errors
/// When the Candid library refuses, for which no failure is known.
pub fn err(
    failure: &Failure,
    shares: &[Share],
    content: impl Fn(usize) -> Option<Content>,
) -> Result<Vec<u8>, NotAnHttpResponse> {
    let told = |share: &Share, message: String| {
        let code = if share.is_reject { "reject" } else { "ok" };
        detail(share.number, code.to_owned(), message)
    };
    let mut shares = shares.to_vec();
    let (global_error, node_details) = match failure {
        Failure::Timeout => (FlexibleHttpGlobalError::Timeout(Reserved), Vec::new()),
        Failure::TooManyRejects { rejects } => {
            let reject = |number: &usize| match content(*number)? {
                Content::Reject(reject) => {
                    Some(detail(*number, format!("{:?}", reject.code), reject.message))
                }
                Content::Success(_) => None,
            };
            (FlexibleHttpGlobalError::TooManyRejects(Reserved), rejects.iter().filter_map(reject).collect())
        }
        Failure::ResponsesTooLarge { .. } => {
            shares.sort_unstable_by_key(|share| (share.is_reject, *share));
            let details = shares.iter().map(|share| told(share, format!("{} bytes", share.bytes)));
            (FlexibleHttpGlobalError::ResponsesTooLarge(Reserved), details.collect())
        }
        Failure::OutOfCycles(_) => {
            shares.sort_unstable_by_key(|share| (share.spent, share.number));
            let details = shares.iter().map(|share| told(share, format!("{} cycles spent", share.spent)));
            (FlexibleHttpGlobalError::OutOfCycles(Reserved), details.collect())
        }
    };
    encode(&FlexibleHttpRequestResult::Err(FlexibleHttpRequestErr {
        global_error: Some(global_error),
        node_details,
        message: failure.to_string(),
    }))
}

/// What the node with that number is called: a principal that no node of the Internet Computer has.
pub fn node(number: usize) -> Principal {
    let mut bytes = [0; 29];
    bytes[20..28].copy_from_slice(&(number as u64).to_be_bytes());
    // Ends as the principals of nodes do.
    bytes[28] = 2;
    Principal::from_slice(&bytes)
}

fn detail(number: usize, code: String, message: String) -> FlexibleHttpNodeDetail {
    let error = Some(FlexibleHttpNodeError { code, message });
    FlexibleHttpNodeDetail { node_id: node(number), report: Default::default(), error }
}

fn delivered(response: Response) -> HttpRequestResult {
    let header = |(name, value)| HttpHeader { name, value };
    HttpRequestResult {
        status: Nat::from(response.status),
        headers: response.headers.into_iter().map(header).collect(),
        body: response.body,
    }
}

fn encode(result: &FlexibleHttpRequestResult) -> Result<Vec<u8>, NotAnHttpResponse> {
    candid::encode_one(result).map_err(NotAnHttpResponse::because)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        outcall::{Reject, RejectCode},
        rules::budget::Shortage,
    };

    fn read(bytes: Vec<u8>) -> FlexibleHttpRequestResult {
        candid::decode_one(&bytes).unwrap()
    }

    fn read_err(failure: &Failure) -> FlexibleHttpRequestErr {
        let share = |number, bytes, spent, is_reject| Share { bytes, spent, number, is_reject };
        let shares = [share(0, 60, 9, true), share(1, 70, 8, false), share(2, 50, 9, false)];
        let content = |number| match number {
            0 => Some(Content::Reject(Reject::new(RejectCode::SysTransient, "no way"))),
            _ => Some(Content::Success(vec![])),
        };
        match read(err(failure, &shares, content).unwrap()) {
            FlexibleHttpRequestResult::Err(error) => error,
            other => panic!("{other:?}"),
        }
    }

    /// Whom an error tells about, and what.
    fn details(error: &FlexibleHttpRequestErr) -> Vec<(Principal, String)> {
        let told = |detail: &FlexibleHttpNodeDetail| {
            assert_eq!(detail.report, Default::default());
            let error = detail.error.as_ref().unwrap();
            (detail.node_id, format!("{}: {}", error.code, error.message))
        };
        error.node_details.iter().map(told).collect()
    }

    #[test]
    fn responses_are_delivered_one_by_one_in_their_order() {
        let response = |status, body: &str| Response {
            status,
            headers: vec![("a".to_owned(), "b".to_owned())],
            body: body.into(),
        };
        let replies =
            [response(200, "one"), response(404, "two")].map(|one| http_response::encode(&one).unwrap());
        let FlexibleHttpRequestResult::Ok(responses) =
            read(ok(&replies.each_ref().map(Vec::as_slice)).unwrap())
        else {
            panic!("no responses");
        };
        let told: Vec<(Nat, Vec<u8>)> =
            responses.iter().map(|one| (one.status.clone(), one.body.clone())).collect();
        assert_eq!(told, [(Nat::from(200_u16), b"one".to_vec()), (Nat::from(404_u16), b"two".to_vec())]);
        assert_eq!(
            (responses[0].headers[0].name.as_str(), responses[0].headers[0].value.as_str()),
            ("a", "b")
        );
        assert!(ok(&[&replies[0], b"no http_response"]).is_err());
        assert_eq!(read(ok(&[]).unwrap()), FlexibleHttpRequestResult::Ok(vec![]));
    }

    #[test]
    fn an_error_says_why_and_of_whom() {
        let timeout = read_err(&Failure::Timeout);
        assert_eq!(timeout.global_error, Some(FlexibleHttpGlobalError::Timeout(Reserved)));
        assert_eq!(
            (timeout.message.as_str(), details(&timeout)),
            ("Flexible HTTP request timed out", vec![])
        );

        let rejects = read_err(&Failure::TooManyRejects { rejects: vec![0] });
        assert_eq!(rejects.global_error, Some(FlexibleHttpGlobalError::TooManyRejects(Reserved)));
        assert_eq!(details(&rejects), [(node(0), "SysTransient: no way".to_owned())]);

        let (smallest, min_responses) = (vec![50, 70], 2);
        let large = Failure::ResponsesTooLarge { min_responses, smallest, ok: 2, rejects: 1, unseen: 0 };
        let large = read_err(&large);
        assert_eq!(large.global_error, Some(FlexibleHttpGlobalError::ResponsesTooLarge(Reserved)));
        let sizes = [(2, "ok: 50 bytes"), (1, "ok: 70 bytes"), (0, "reject: 60 bytes")];
        assert_eq!(details(&large), sizes.map(|(number, text)| (node(number), text.to_owned())));

        let short = Shortage { reported: 3, spent: 26, left: 1, least: 2 };
        let short = read_err(&Failure::OutOfCycles(short));
        assert_eq!(short.global_error, Some(FlexibleHttpGlobalError::OutOfCycles(Reserved)));
        let spent = [(1, "ok: 8 cycles spent"), (0, "reject: 9 cycles spent"), (2, "ok: 9 cycles spent")];
        assert_eq!(details(&short), spent.map(|(number, text)| (node(number), text.to_owned())));
    }

    #[test]
    fn every_node_is_called_something_else() {
        let names: std::collections::BTreeSet<Principal> = (0..300).map(node).collect();
        assert_eq!(names.len(), 300);
    }
}
