//! The gateway that a canister's own tests start beside it: `outcall_harness::Gateway`.

use std::{fs, process::Command};

use outcall_harness::{Answer, Gateway, Network, Request, Upstream, adapter::Adapter};

/// How many files this process has given to gateways.
fn files() -> usize {
    let own = format!("outcall-harness-{}-", std::process::id());
    let all = fs::read_dir(std::env::temp_dir()).unwrap();
    all.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with(&own)).count()
}

fn is_running(process: u32) -> bool {
    Command::new("kill").args(["-0", &process.to_string()]).output().unwrap().status.success()
}

#[tokio::test]
async fn it_serves_what_it_is_given_and_nothing_of_it_is_left() {
    let service = Upstream::each(|asked| Answer::json(format!(r#"{{"receipt":{}}}"#, asked.number))).await;
    let gateway = Gateway::serving(&format!(r#"{{"/orders": "{}"}}"#, service.url("/v1"))).await;
    let network = Network::trusting_nobody().unwrap();
    for _ in 0..13 {
        let order = Request::post(gateway.url("/orders"), "one").header("idempotency-key", "order-42");
        let answer = Adapter::new(&network).fetch(&order.max_response_bytes(2_000)).await.outcome.unwrap();
        assert_eq!(answer.body, br#"{"receipt":0}"#);
    }
    service.expect_requests(1);

    let process = gateway.id();
    assert!(is_running(process) && files() == 1);
    drop(gateway);
    assert!(!is_running(process) && files() == 0);

    // Nor of one that does not start; and it is said why not.
    let bad = tokio::spawn(async { Gateway::serving("{\n    \"/orders\": 7\n}").await.id() }).await;
    let words = *bad.unwrap_err().into_panic().downcast::<String>().unwrap();
    assert!(words.starts_with("the gateway does not start; it says\n"), "{words}");
    assert!(words.contains(":2:16: /orders: found ") && words.contains("expected "), "{words}");
    assert_eq!(files(), 0);
}
