//! Routes that are for this canister alone: it says who it is by a token that the subnet has signed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outcall_canister::{error::NotSent, identity::Identity};
use outcall_tests::replica::{Outcall, Replica};

use super::{receipts::BEGINNING_S, *};
use crate::stage::refused;

const AUDIENCE: &str = "https://gateway.example";

fn identity(caller: &str) -> Settings {
    let identity = Identity { caller: caller.into(), audience: AUDIENCE.into(), key_name: "key_1".into() };
    Settings { identity: Some(identity), ..Settings::default() }
}

/// From now on, which is the gateway's time too, the canister says that it is `caller`. What the gateway is told of its
/// callers: that `shop` has the canister's key, and `other` another.
pub(super) async fn introduced(subnet: &mut Subnet, caller: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    subnet.advance(now - Duration::from_secs(BEGINNING_S)).await.unwrap();
    configure(subnet, identity(caller)).await;
    let key: Result<String, NotSent> =
        subnet.update("caller_key", encode_args(()).unwrap()).await.value().unwrap();
    format!(
        r#""server": {{"audience": "{AUDIENCE}"}}, "callers": {{"shop": {{"ed25519": "{}"}}, "other": {{"tokens_sha256": ["{}"]}}}}, "#,
        key.unwrap(),
        "ab".repeat(32),
    )
}

/// The gateway's routes are for `shop`, whose key is that of the canister on the stage; the canister says that it is `caller`.
async fn stage(script: Script<Act>, caller: &str) -> Stage {
    let upstream = Upstream::start(script).await;
    let mut subnet = installed(13, "http://127.0.0.1:1").await;
    let callers = introduced(&mut subnet, caller).await;
    let routes = routes(&upstream.url(""), r#""allow": ["shop"]"#).replacen('{', &format!("{{{callers}"), 1);
    let gateway = Gateway::start(&routes).await;
    let settings = Settings { gateway: Some(gateway_url(&gateway)), ..Settings::default() };
    configure(&mut subnet, settings).await;
    Stage { upstream, gateway, subnet }
}

#[tokio::test]
async fn it_is_let_in_and_nobody_else_is() {
    let mut stage = stage(Script::always(Act::Varying), "shop").await;
    let (told, update) = stage.price().await;
    assert!(told.is_ok(), "{update}");
    let (told, update) = stage.order("a").await;
    assert_eq!(told::order(&told), "placed: 200", "{update}");
    assert!(update.rounds[0].verdict.is_agreed(), "{update}");
    let seen = stage.seen(2);
    assert!(
        seen.iter().all(|seen| seen.header("authorization").is_none()),
        "the token went on to the upstream"
    );
    let stranger =
        Replica::new(stage.gateway.addr()).send(&Outcall::get("/price?pair=ICP/USD")).await.unwrap();
    refused(&stranger, 401, "token-missing", "unknown");
}

#[tokio::test]
async fn whoever_it_only_says_to_be_is_turned_away_and_nothing_is_sent() {
    for (caller, kind) in [("other", "token-invalid"), ("nobody", "token-invalid")] {
        let mut stage = stage(Script::steps([]), caller).await;
        let (told, update) = stage.order("a").await;
        assert_eq!(told::order(&told), format!("unknown, 4 left: {kind}"), "{caller}: {update}");
    }
}

/// What one node sees of an order's token is good for that order alone.
#[tokio::test]
async fn a_node_cannot_use_the_token_of_an_order_for_another() {
    let mut stage = stage(Script::always(Act::Varying), "shop").await;
    let (_, update) = stage.order("a").await;
    let request = &update.rounds[0].request;
    let header = |name: &str| request.headers.iter().find(|header| header.0 == name).unwrap().1.clone();
    let outcall = |key: &str, body: &str| {
        Outcall::post("/order")
            .key(key)
            .header("authorization", &header("authorization"))
            .header("content-type", &header("content-type"))
            .body(body)
    };
    let replica = Replica::new(stage.gateway.addr());
    let (key, body) = (header("idempotency-key"), String::from_utf8(request.body.clone()).unwrap());
    for (key, body) in [(key.as_str(), body.replace("buy", "sell")), ("another", body.clone())] {
        refused(&replica.send(&outcall(key, &body)).await.unwrap(), 403, "token-for-another", "unknown");
    }
    assert_eq!(
        replica.send(&outcall(&key, &body)).await.unwrap().status,
        200,
        "the control: the order itself"
    );
    stage.seen(1);
}

#[tokio::test]
async fn a_signature_an_hour_is_enough_for_prices_and_each_order_has_its_own() {
    let mut stage = stage(Script::always(Act::Varying), "shop").await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        tokens.push(token(&stage.price().await.1));
    }
    stage.subnet.advance(Duration::from_secs(3_400)).await.unwrap();
    tokens.push(token(&stage.price().await.1));
    for id in ["a", "b"] {
        tokens.push(token(&stage.order(id).await.1));
    }
    assert_eq!(tokens[0], tokens[1]);
    let distinct: std::collections::HashSet<_> = tokens.iter().collect();
    assert_eq!(distinct.len(), 4, "{tokens:?}");
}

fn token(update: &Update) -> String {
    let headers = &update.rounds[0].request.headers;
    headers.iter().find(|header| header.0 == "authorization").unwrap().1.clone()
}

#[tokio::test]
async fn without_an_identity_it_has_no_key_to_tell() {
    let mut subnet = installed(13, "http://127.0.0.1:1").await;
    let key: Result<String, NotSent> =
        subnet.update("caller_key", encode_args(()).unwrap()).await.value().unwrap();
    assert_eq!(key, Err(NotSent::NoToken("The configuration has no identity.".into())));
}

/// A key that the subnet does not have: nothing is sent, and the order may be placed again.
#[tokio::test]
async fn without_a_signature_nothing_is_sent() {
    let mut stage = stage(Script::steps([Act::Varying]), "shop").await;
    let mut wrong = identity("shop");
    wrong.identity.as_mut().unwrap().key_name = "key_2".into();
    configure(&mut stage.subnet, wrong).await;
    let (told, update) = stage.order("a").await;
    let said = told::order(&told);
    assert!(said.starts_with("not sent: NoToken"), "{said}: {update}");
    assert_eq!(update.rounds.len(), 0);
    configure(&mut stage.subnet, identity("shop")).await;
    let (told, update) = stage.order("a").await;
    assert_eq!(told::order(&told), "placed: 200", "{update}");
}
