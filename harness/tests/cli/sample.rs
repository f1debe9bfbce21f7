//! The sample canister, built from its package, with its interface.

use super::{Server, run};

#[tokio::test]
async fn the_sample_canister_is_built_installed_and_agrees() {
    let server = Server::answering(|number| format!("date: {number}\r\n\r\n{{\"price\":\"4.23\"}}")).await;
    let url = server.url();
    let init = format!(r#"(record {{ gateway = opt "{}" }})"#, url.trim_end_matches('/'));
    let package = ["round", "--package", "outcall-canister", "--profile", "canister"];
    let call = [
        "--did",
        "../canister/canister.did",
        "--init",
        &init,
        "--call",
        "get_price",
        "--args",
        r#"("ICP/USD")"#,
    ];
    let ran = run(&[&package[..], &call].concat()).await;
    assert_eq!((ran.code, server.hits()), (Some(0), 13), "{ran:?}");
    let reply = r#"get_price replied (variant { Ok = record { pair = "ICP/USD"; price = "4.23" } })"#;
    assert!(ran.stdout.contains(reply), "{ran:?}");
    assert!(ran.stdout.contains("\n  responses differ in: header date\n"), "{ran:?}");
}
