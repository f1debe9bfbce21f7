//! A canister without a transform, that hands its argument on to `http_request` and the answer back: what becomes of a
//! response when nobody takes anything away.

use candid::encode_one;
use ic_management_canister_types::{HttpHeader, HttpMethod, HttpRequestArgs};
use outcall_harness::{
    adapter::Network,
    subnet::{Subnet, Update},
};

/// The one of the harness's own tests.
const ASKER: &str = include_str!("../../../../harness/src/subnet/tests/asker.wat");

pub(super) async fn asker(nodes: usize) -> Subnet {
    let subnet = Subnet::embedded(nodes).network(Network::trusting_nobody().unwrap());
    subnet.install(&wat::parse_str(ASKER).unwrap(), []).await.unwrap()
}

/// A GET with or without a key, at price version 2.
pub(super) fn get(url: String, key: Option<&str>) -> HttpRequestArgs {
    let key = key.map(|key| HttpHeader { name: "idempotency-key".to_owned(), value: key.to_owned() });
    HttpRequestArgs {
        url,
        max_response_bytes: Some(1_000),
        method: HttpMethod::GET,
        headers: key.into_iter().collect(),
        body: None,
        transform: None,
        is_replicated: None,
        pricing_version: Some(2),
    }
}

/// `ask` makes one outcall; `ask_twice_at_once` and `ask_twice_in_a_row` make the same one twice.
pub(super) async fn ask(subnet: &mut Subnet, method: &str, args: &HttpRequestArgs) -> Update {
    subnet.update(method, encode_one(args).unwrap()).await
}
