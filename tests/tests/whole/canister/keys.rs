//! Which outcalls share a key: every replica of one, every retry of one attempt, and nothing else.

use std::collections::HashSet;

use candid::{Principal, encode_one};
use ic_management_canister_types::HttpRequestArgs;
use outcall_canister::{
    config::{Callers, Settings},
    error::OrderError,
    key::{self, Intent, Secret},
    order::{Order, Placed},
};
use outcall_harness::engine::{self, Canister, Module};
use outcall_tests::{
    gateway::Gateway,
    upstream::{Act, Refusing, Script, Seen},
};

use super::{SIZES, Stage, call, configure, gateway_url, installed, order, routes, told, wasm};

/// Routes that hand the canister's keys on to the upstream.
const RAW: &str = r#""upstream_key": "raw""#;

fn key(seen: &Seen) -> String {
    let keys = seen.headers("idempotency-key");
    let [key] = keys[..] else { panic!("one key: {:?}", seen.header_lines) };
    key.to_owned()
}

#[tokio::test]
async fn every_replica_sends_the_same_key_and_every_intent_has_one_of_its_own() {
    for nodes in SIZES {
        let mut stage = Stage::always(nodes, Act::Varying).await.directly().await;
        let _ = stage.order("order-42").await;
        let of_order: HashSet<String> = stage.seen(2 * nodes).iter().map(key).collect();
        assert_eq!(of_order.len(), 1, "all replicas, and the second outcall too");
        let key = of_order.into_iter().next().unwrap();
        assert!(
            key.len() == 64 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "{key}"
        );
    }
}

#[tokio::test]
async fn prices_orders_and_callers_never_share_a_key() {
    let mut stage = Stage::of(13, Script::always(Act::Varying), RAW).await;
    configure(&mut stage.subnet, Settings { callers: Some(Callers::Everyone), ..Settings::default() }).await;
    for _ in 0..2 {
        stage.price().await.0.unwrap();
    }
    for id in ["a", "b", "a", "b"] {
        stage.order(id).await.0.unwrap();
    }
    let alice = stage.subnet.update_from(&[7], "place_order", encode_one(order("a")).unwrap()).await;
    alice.value::<Result<Placed, OrderError>>().unwrap().unwrap();
    let seen = stage.seen(2 + 2 + 1);
    assert_eq!(seen.iter().map(key).collect::<HashSet<_>>().len(), seen.len());
}

/// Each has random bytes of its own, so nobody can compute another's keys.
#[tokio::test]
async fn two_canisters_with_the_same_order_of_the_same_caller_have_different_keys() {
    let mut stage = Stage::of(13, Script::always(Act::Varying), RAW).await;
    let mut other = installed(13, &gateway_url(&stage.gateway)).await;
    stage.order("order-42").await.0.unwrap();
    call::<Result<Placed, OrderError>>(&mut other, "place_order", order("order-42")).await.0.unwrap();
    let seen = stage.seen(2);
    assert_eq!(seen[0].body, seen[1].body, "the same order");
    assert_ne!(key(&seen[0]), key(&seen[1]));
}

/// Both ask for random bytes before there are any: the first answer stays, so that no later key is derived from another.
#[tokio::test]
async fn orders_that_come_before_the_secret_are_keyed_under_the_same_one() {
    let module = Module::new(&tokio::task::spawn_blocking(wasm).await.unwrap()).unwrap();
    let settings =
        Settings { gateway: Some("https://gateway.example.com".to_owned()), ..Settings::default() };
    let settings = encode_one(settings).unwrap();
    let mut canister = Canister::install(&module, &settings, engine::Settings::default()).unwrap();
    for id in ["a", "b"] {
        canister.update("place_order", &encode_one(order(id)).unwrap(), &[4]);
    }
    let [of_a, of_b] = &canister.take_calls()[..] else { panic!("two calls of raw_rand") };
    for (call, byte) in [(of_b, 1_u8), (of_a, 2)] {
        canister.respond(call.id, Ok(encode_one(vec![byte; 32]).unwrap()), 0);
    }
    let sent = |call: engine::Call| {
        let args: HttpRequestArgs = candid::decode_one(&call.arg).unwrap();
        args.headers.into_iter().find(|header| header.name == "idempotency-key").unwrap().value
    };
    let (secret, caller) = (Secret::new(vec![1; 32]).unwrap(), Principal::anonymous());
    let expected = ["b", "a"].map(|id| key::key(&secret, Intent::Order { caller: &caller, id }, 1));
    assert_eq!(canister.take_calls().into_iter().map(sent).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn only_an_attempt_that_surely_failed_is_followed_by_one_under_a_new_key() {
    for nodes in SIZES {
        let refusing = Refusing::bind();
        let (addr, config) = (refusing.addr(), routes(&refusing.url(""), RAW));
        let gateway = Gateway::start(&config).await;
        let mut subnet = installed(nodes, &gateway_url(&gateway)).await;
        let (failed, first) = call(&mut subnet, "place_order", order("order-42")).await;
        assert_eq!(told::order(&failed), "not executed: upstream-unreachable");
        let upstream = refusing.come_up(Script::steps([Act::Varying]));
        assert_eq!(upstream.addr(), addr);
        let (placed, second) = call(&mut subnet, "place_order", order("order-42")).await;
        assert_eq!(told::order(&placed), "placed: 200");
        let sent = |update: &outcall_harness::subnet::Update| {
            let headers = &update.rounds[0].request.headers;
            headers.iter().find(|(name, _)| name == "idempotency-key").unwrap().1.clone()
        };
        assert_ne!(sent(&first), sent(&second));
        assert_eq!(key(&upstream.finish().await[0]), sent(&second));
    }
}

#[tokio::test]
async fn an_id_that_was_used_for_another_order_sends_nothing() {
    let mut stage = Stage::of(13, Script::steps([Act::Varying]), "").await;
    stage.order("order-42").await.0.unwrap();
    let more = Order { amount_e8s: 2, ..order("order-42") };
    let (told, update) = call(&mut stage.subnet, "place_order", more).await;
    assert_eq!((&*told::order(&told), update.rounds.len()), ("IdReused", 0));
    stage.upstream.finish().await;
}

/// Another canister, or a stranger, was there first: it is told, and nobody is given the other's answer.
#[tokio::test]
async fn a_key_that_somebody_claimed_before_is_not_answered_with_his_answer() {
    use outcall_tests::replica::{Outcall, Replica};
    let mut stage = Stage::of(13, Script::always(Act::CloseAfterReading), RAW).await;
    let _ = stage.order("order-42").await;
    let stolen = key(&stage.seen(1)[0]);
    let outcall = Outcall::post("/order").key(&stolen).json("{}");
    let answer = Replica::new(stage.gateway.addr()).send(&outcall).await.unwrap();
    crate::stage::refused(&answer, 422, "key-reused", "no");
    assert_eq!(told::order(&stage.order("order-42").await.0), "unknown, 2 left: outcome-unknown");
    stage.seen(1);
}
