//! The printed transform is compiled as it is printed: `tests/proposed`.

use std::sync::Arc;

use candid::encode_args;
use ic_cdk_management_canister::HttpRequestResult;
use outcall_harness::{
    outcall::Response,
    subnet::{Subnet, Update},
    verdict::Verdict,
    wasm::Build,
};

use super::*;

const EVERYTHING: &str = include_str!("../../../proposed/printed/everything.rs");
const SPELLING: &str = include_str!("../../../proposed/printed/spelling.rs");
const HEADERS: &str = include_str!("../../../proposed/printed/headers.rs");

#[tokio::test]
async fn what_is_printed_is_what_is_compiled() {
    for (upstream, compiled) in
        [(hostile().await, EVERYTHING), (unordered().await, SPELLING), (dated().await, HEADERS)]
    {
        let report = probed(&upstream).await;
        let printed = text(&report.transform);
        assert_eq!(printed, compiled, "tests/proposed/printed holds another text than this one:\n{printed}");
    }
}

fn wasm() -> Arc<[u8]> {
    let build = Build::package("outcall-proposed").within(env!("CARGO_MANIFEST_DIR"));
    build.run().unwrap_or_else(|error| panic!("{error}"))
}

async fn asked(upstream: &Upstream, through_transform: bool) -> Update {
    let wasm = tokio::task::spawn_blocking(wasm).await.unwrap();
    let builder = Subnet::embedded(13).network(network(upstream));
    let mut subnet =
        builder.install(&wasm, encode_args(()).unwrap()).await.unwrap_or_else(|error| panic!("{error}"));
    subnet.update("ask", encode_args((URL, through_transform)).unwrap()).await
}

#[tokio::test]
async fn the_transform_in_a_canister_makes_the_same_upstream_agree_on_what_was_foretold() {
    let upstream = hostile().await;
    let report = probed(&upstream).await;
    let foretold = report.transform.unwrap();
    assert_eq!(foretold.text.as_deref(), Some(EVERYTHING));
    let update = asked(&upstream, true).await;
    assert!(matches!(update.rounds[0].verdict, Verdict::Agreed { replicas: 13, .. }), "{update}");
    let told: Result<HttpRequestResult, String> =
        update.value().unwrap_or_else(|error| panic!("{error}: {update}"));
    let told = response(told.unwrap());
    assert_eq!(String::from_utf8_lossy(&told.body), LEFT);
    assert_eq!(Some(told), foretold.answer);
    assert_eq!(upstream.hits(), 26, "each replica asks for itself");
}

/// The control: the same canister without the transform.
#[tokio::test]
async fn the_same_upstream_diverges_without_the_transform() {
    let upstream = hostile().await;
    let update = asked(&upstream, false).await;
    assert!(matches!(update.rounds[0].verdict, Verdict::Diverged { .. }), "{update}");
    let told: Result<HttpRequestResult, String> =
        update.value().unwrap_or_else(|error| panic!("{error}: {update}"));
    assert!(told.unwrap_err().contains("No consensus could be reached"), "{update}");
}

fn response(result: HttpRequestResult) -> Response {
    let headers = result.headers.into_iter().map(|header| (header.name, header.value));
    let status = u16::try_from(&result.status.0).unwrap();
    Response { status, headers: headers.collect(), body: result.body }
}
