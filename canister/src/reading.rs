//! What an answer through the gateway means: done, not done, or perhaps done.
//!
//! The gateway reports its own failures as `application/problem+json` with a member `executed`; a backend's answer
//! comes through as it is, and it may be a problem of the backend's own. So the `type` decides whose words these are.

use candid::CandidType;
use serde::Deserialize;

const GATEWAY: &str = "urn:outcall-gateway:";

/// Says `"no"` of one request and not of its key: this one was not executed, since another one with the same key came
/// before. That one may have been.
const KEY_REUSED: &str = "key-reused";

/// Why an outcall has no answer to show.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// A word for programs: the gateway's kind of problem, `reject`, `status` or `interrupted`.
    pub kind: String,
    /// A sentence for people.
    pub detail: String,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The backend answered 2xx.
    Success,
    /// The backend answered 4xx: it understood the request and did not do it.
    Declined,
    /// Nothing was executed and nothing will be under this key: a new attempt is safe.
    NotExecuted(Cause),
    /// The backend answered, but its answer was lost or says neither yes nor no. Asking again gives the same.
    Executed(Cause),
    /// Perhaps executed. The same key may be asked again.
    Unknown(Cause),
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    detail: String,
    executed: String,
}

/// Reads a status and a body, for a request that must not be executed twice.
pub fn read(status: u16, body: &[u8]) -> Reading {
    if let Some(reading) = problem(status, body) {
        return reading;
    }
    match status {
        200..=299 => Reading::Success,
        // A backend that timed out on reading the request may have acted on it.
        400..=499 if status != 408 => Reading::Declined,
        _ => Reading::Executed(Cause {
            kind: "status".into(),
            detail: format!("The backend answered with status {status}, which does not say what it did."),
        }),
    }
}

/// Reads a problem of the gateway's own, if it is one.
pub(crate) fn problem(status: u16, body: &[u8]) -> Option<Reading> {
    if status < 400 {
        return None;
    }
    let problem: Problem = serde_json::from_slice(body).ok()?;
    let kind = problem.kind.strip_prefix(GATEWAY)?.to_owned();
    let key_reused = kind == KEY_REUSED;
    let cause = Cause { kind, detail: problem.detail };
    Some(match problem.executed.as_str() {
        "no" if !key_reused => Reading::NotExecuted(cause),
        "yes" => Reading::Executed(cause),
        // Also a word that a later gateway may add: caution is right for what is not understood.
        _ => Reading::Unknown(cause),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(kind: &str, executed: &str) -> Vec<u8> {
        let text =
            format!(r#"{{"type":"{kind}","title":"T","status":503,"detail":"D.","executed":"{executed}"}}"#);
        text.into_bytes()
    }

    fn cause(kind: &str) -> Cause {
        Cause { kind: kind.into(), detail: "D.".into() }
    }

    #[test]
    fn the_gateways_word_decides() {
        let read = |executed| read(503, &problem("urn:outcall-gateway:draining", executed));
        assert_eq!(read("no"), Reading::NotExecuted(cause("draining")));
        assert_eq!(read("yes"), Reading::Executed(cause("draining")));
        assert_eq!(read("unknown"), Reading::Unknown(cause("draining")));
        assert_eq!(read("perhaps"), Reading::Unknown(cause("draining")));
    }

    #[test]
    fn a_no_about_one_request_is_not_a_no_about_its_key() {
        let body = problem("urn:outcall-gateway:key-reused", "no");
        assert_eq!(read(422, &body), Reading::Unknown(cause("key-reused")));
    }

    #[test]
    fn a_backends_own_problem_is_the_backends_answer() {
        let body = problem("https://example.com/out-of-stock", "no");
        assert_eq!(read(409, &body), Reading::Declined);
        assert!(matches!(read(503, &body), Reading::Executed(_)));
        assert_eq!(read(200, &problem("urn:outcall-gateway:draining", "no")), Reading::Success);
    }

    #[test]
    fn without_a_problem_the_status_decides() {
        for (status, expected) in [(199, None), (200, Some(Reading::Success)), (299, Some(Reading::Success))]
        {
            assert_eq!(Some(read(status, b"")).filter(|_| expected.is_some()), expected, "{status}");
        }
        for status in [400, 404, 409, 429, 499] {
            assert_eq!(read(status, b"no"), Reading::Declined, "{status}");
        }
        for status in [0, 101, 199, 300, 303, 408, 500, 502, 503, 504, 600] {
            assert!(matches!(read(status, b"<html>"), Reading::Executed(_)), "{status}");
        }
    }

    proptest! {
        #[test]
        fn only_the_gateway_can_say_that_nothing_was_executed(
            status in any::<u16>(), body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            prop_assert!(!matches!(read(status, &body), Reading::NotExecuted(_)));
        }
    }
}
