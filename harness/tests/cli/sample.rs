//! The sample canister, built from its package, with its interface.

use super::{Ran, Server, run};

/// Calls `get_price` with these flags; the service answers like this.
async fn price(answer: impl Fn(usize) -> String + Send + Sync + 'static, flags: &[&str]) -> (Ran, usize) {
    let server = Server::answering(answer).await;
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
    (run(&[&package[..], &call, flags].concat()).await, server.hits())
}

#[tokio::test]
async fn the_sample_canister_is_built_installed_and_agrees() {
    let dated = |number| format!("date: {number}\r\n\r\n{{\"price\":\"4.23\"}}");
    let (ran, hits) = price(dated, &["--expect-ok"]).await;
    assert_eq!((ran.code, hits), (Some(0), 13), "{ran:?}");
    let reply = r#"get_price replied (variant { Ok = record { pair = "ICP/USD"; price = "4.23" } })"#;
    assert!(ran.stdout.contains(reply), "{ran:?}");
    assert!(ran.stdout.contains("\n  responses differ in: header date\n"), "{ran:?}");
    assert!(!ran.stdout.contains("Err"), "{ran:?}");
}

/// What all nodes got is of no use to the canister, and it says so.
#[tokio::test]
async fn an_err_on_which_all_agree_is_pointed_at_and_fails_where_an_ok_is_expected() {
    let hint = "  an Err on which all agree is an agreement; --expect-ok makes it fail\n";
    for (flags, code) in [(&[][..], 0), (&["--expect-ok"][..], 1)] {
        let (ran, hits) = price(|_| "\r\n{}".to_owned(), flags).await;
        assert_eq!((ran.code, hits), (Some(code), 13), "{ran:?}");
        assert!(ran.stdout.contains("    Err = variant { unreadable = "), "{ran:?}");
        assert!(ran.stdout.contains("1 agreed; 1 Err; 13 requests sent"), "{ran:?}");
        assert_eq!(ran.stdout.contains(hint), code == 0, "{ran:?}");
    }
}
