//! Which `Idempotency-Key` the upstream sees.

use outcall_protocol::{key::IdempotencyKey, outcall_id::upstream_key};
use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica},
    upstream::{Act, Script, Upstream},
};

use crate::stage::Stage;

async fn key_seen(stage: &Stage, key: &str) -> Vec<String> {
    let seen = stage.seen(&Outcall::post("/r").key(key)).await;
    seen.headers("idempotency-key").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn it_is_derived_from_route_and_key_in_lower_case_hex() {
    let stage = Stage::varying("").await;
    let seen = key_seen(&stage, "order-42").await;
    let key = IdempotencyKey::parse([b"order-42".as_slice()]).unwrap();
    assert_eq!(seen, [upstream_key("/r", "", &key).to_string()]);
    assert!(seen[0].len() == 64 && seen[0].bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
    assert_ne!(key_seen(&stage, "order-43").await, seen);
}

#[tokio::test]
async fn it_is_the_same_for_both_forms_on_every_gateway_and_after_a_restart() {
    let mut seen = Vec::new();
    for key in ["order-42", "\"order-42\""] {
        seen.push(key_seen(&Stage::varying("").await, key).await);
    }
    assert_eq!(seen[0], seen[1]);
    // Made without our code: a version that sent another one would execute payments again.
    assert_eq!(seen[0], ["a741d7b0b6a69c999d4ea56e5b107f89d7c7eaa2d20a76a55f4c210c0dcccd35"]);
}

#[tokio::test]
async fn it_differs_by_route_and_not_by_what_is_below_it() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = format!(r#"{{"/a": "{0}", "/c": "{0}"}}"#, upstream.url("/u"));
    let gateway = Gateway::start(&config).await;
    let replica = Replica::new(gateway.addr());
    for path in ["/a", "/c"] {
        replica.send(&Outcall::post(path).key("k")).await.unwrap();
    }
    let below = Gateway::start(&config).await;
    Replica::new(below.addr()).send(&Outcall::post("/a/x?q").key("k").body("1")).await.unwrap();
    let seen = upstream.finish().await;
    let keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key").unwrap()).collect();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[0], keys[2]);
}

#[tokio::test]
async fn a_route_can_send_the_key_as_it_is() {
    let stage = Stage::varying(r#""upstream_key": "raw""#).await;
    for (received, sent) in [
        ("order-42", "order-42"),
        ("\"order-43\"", "order-43"),
        ("a;b,c", "a;b,c"),
        (r#""a\"b""#, r#""a\"b""#),
        (r"a\b", r"a\b"),
    ] {
        assert_eq!(key_seen(&stage, received).await, [sent], "{received}");
    }
}

#[tokio::test]
async fn a_route_can_send_none() {
    let stage = Stage::varying(r#""upstream_key": "none""#).await;
    assert_eq!(key_seen(&stage, "order-42").await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_keyless_request_goes_without_one() {
    for members in ["", r#""upstream_key": "raw""#] {
        let stage = Stage::varying(members).await;
        for method in ["GET", "HEAD", "OPTIONS"] {
            let seen = stage.seen(&Outcall::new(method, "/r")).await;
            assert_eq!(seen.header("idempotency-key"), None, "{method} {members}");
        }
        let seen = stage.seen(&Outcall::get("/r").key("k")).await;
        assert!(seen.header("idempotency-key").is_some(), "a GET with a key takes it along");
    }
}
