//! What each replica does to its own answer before the subnet compares them.
//!
//! It only takes away: two answers that differ in their bodies still differ. Through the gateway they do not; the
//! headers go because nothing here reads them, and because every byte that is delivered costs cycles. It must be a
//! pure function of its argument, since every replica runs it on a state of its own: no `state`, no time.

use ic_cdk_management_canister::{HttpRequestResult, TransformArgs};
use outcall_protocol::receipt::is_needed;

/// The status and the body, as they came; no header.
pub fn status_and_body(raw: TransformArgs) -> HttpRequestResult {
    HttpRequestResult { status: raw.response.status, headers: Vec::new(), body: raw.response.body }
}

/// The status and the body, and of the header fields those that a receipt needs; everything else is nobody's word. Without
/// a receipt no field is left.
pub fn what_is_signed(raw: TransformArgs) -> HttpRequestResult {
    let response = raw.response;
    let fields: Vec<(&str, &str)> =
        response.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    let needed = response.headers.iter().filter(|header| is_needed(&fields, &header.name)).cloned().collect();
    HttpRequestResult { status: response.status, headers: needed, body: response.body }
}

#[cfg(test)]
mod tests {
    use candid::Nat;
    use ic_cdk_management_canister::HttpHeader;
    use proptest::prelude::*;

    use super::*;
    use crate::limits::CANDID_BYTES;

    fn answer(status: u16, headers: &[(String, String)], body: &[u8]) -> TransformArgs {
        let header =
            |(name, value): &(String, String)| HttpHeader { name: name.clone(), value: value.clone() };
        let response = HttpRequestResult {
            status: Nat::from(status),
            headers: headers.iter().map(header).collect(),
            body: body.to_vec(),
        };
        TransformArgs { response, context: Vec::new() }
    }

    #[test]
    fn in_candid_an_answer_is_longer_by_64_bytes_at_most() {
        for body_bytes in [0, 960, 2_000_000 - 64] {
            let transformed = status_and_body(answer(599, &[], &vec![b'x'; body_bytes]));
            let bytes = candid::encode_one(transformed).unwrap().len();
            assert!(bytes <= body_bytes + CANDID_BYTES as usize, "{} more", bytes - body_bytes);
        }
    }

    proptest! {
        #[test]
        fn answers_agree_when_status_and_body_do_and_only_then(
            statuses in (200u16..203, 200u16..203),
            headers in prop::collection::vec(("[a-z]{1,5}", "[ -~]{0,9}"), 0..4),
            bodies in (prop::collection::vec(0u8..2, 0..3), prop::collection::vec(0u8..2, 0..3)),
        ) {
            let one = status_and_body(answer(statuses.0, &headers, &bodies.0));
            let other = status_and_body(answer(statuses.1, &[], &bodies.1));
            prop_assert_eq!(one == other, (statuses.0, bodies.0) == (statuses.1, bodies.1));
        }
    }
}
