//! Routes that are for those who are known by name: who gets in, whose answer is whose, and what a token is good for.

use std::time::{SystemTime, UNIX_EPOCH};

use outcall_protocol::{
    digest::{self, Digest},
    receipt::{SecretKey, Sent},
    token::{Algorithm, Claims, signed, signing_input},
};
use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};

use crate::stage::{Stage, refused};

const AUDIENCE: &str = "https://gateway.example";

/// `shop` signs its tokens; `teller` and `guest` have one each. `/r` is for the first two, `/open` for everybody; a
/// POST to `/again` may be repeated.
async fn start() -> Stage {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = format!(
        r#"{{"/r": {{"upstream": "{0}", "allow": ["shop", "teller"]}}, "/open": "{0}",
            "/again": {{"upstream": "{0}", "allow": ["shop"], "upstream_idempotent": true}},
            "server": {{"audience": "{AUDIENCE}"}},
            "callers": {{
                "shop": {{"ed25519": "{1}"}},
                "teller": {{"tokens_sha256": ["{2}"]}},
                "guest": {{"tokens_sha256": ["{3}"]}}
            }}}}"#,
        upstream.url("/u"),
        key().public().x(),
        digest::plain(b"of-teller"),
        digest::plain(b"of-guest"),
    );
    let gateway = Gateway::start(&config).await;
    let replica = Replica::new(gateway.addr());
    Stage { upstream, gateway, replica }
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A token that `shop` has signed, for this long from now and this request.
fn shops(lasts: i64, request: Option<Digest>) -> String {
    let expires = seconds().checked_add_signed(lasts).unwrap();
    let input =
        signing_input(Algorithm::EdDsa, &Claims { caller: "shop", audience: AUDIENCE, expires, request });
    signed(&input, &key().signature(&input))
}

fn bearing(outcall: Outcall, token: &str) -> Outcall {
    outcall.header("authorization", &format!("Bearer {token}"))
}

fn pay(body: &str) -> Outcall {
    Outcall::post("/r").key("k").json(body)
}

/// The digest of [`pay`], as the canister computes it.
fn digest_of(body: &str) -> Digest {
    digest_at("/r", body)
}

fn digest_at(path: &str, body: &str) -> Digest {
    let headers = [("idempotency-key", "k"), ("content-type", "application/json")];
    let url = format!("https://g{path}");
    let sent = Sent { method: "POST", url: &url, headers: &headers, body: body.as_bytes(), caller: "shop" };
    let names = ["accept", "accept-language", "content-type", "x-api-key"].map(str::to_owned);
    sent.digest(&names).unwrap()
}

#[tokio::test]
async fn only_those_who_are_allowed_get_in_and_nobody_else_reaches_the_upstream() {
    let stage = start().await;
    let ask = || Outcall::get("/r");
    for (outcall, status, kind) in [
        (ask(), 401, "token-missing"),
        (bearing(ask(), "of-nobody"), 401, "token-invalid"),
        (bearing(ask(), "of-guest"), 403, "caller-not-allowed"),
        (bearing(pay("{}"), &shops(60, None)), 403, "token-for-another"),
        (bearing(pay("{}"), &shops(60, Some(digest_of("{ }")))), 403, "token-for-another"),
    ] {
        let answer = stage.send(&outcall).await;
        refused(&answer, status, kind, "unknown");
        let expected = if status == 401 { vec!["Bearer"] } else { vec![] };
        assert_eq!(answer.headers("www-authenticate"), expected, "{kind}");
    }
    assert_eq!(stage.upstream.hits(), 0);
    for outcall in [bearing(ask(), "of-teller"), bearing(ask(), &shops(60, None)), Outcall::get("/open")] {
        assert_eq!(stage.send(&outcall).await.status, 200);
    }
    assert_eq!(stage.upstream.hits(), 3);
}

#[tokio::test]
async fn a_token_goes_no_further_than_the_gateway() {
    let stage = start().await;
    let seen = stage.seen(&bearing(Outcall::get("/r"), "of-teller")).await;
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
async fn each_caller_has_keys_of_its_own() {
    let stage = start().await;
    let shops = bearing(pay("{}"), &shops(60, Some(digest_of("{}"))));
    let tellers = bearing(pay("{}"), "of-teller");
    let (one, other) = (stage.send(&shops).await, stage.send(&tellers).await);
    assert_ne!(one, other, "one reads the other's answer");
    assert_eq!((stage.send(&shops).await, stage.send(&tellers).await), (one, other));
    // A key that one has used for something else is the other's affair alone.
    refused(&stage.send(&bearing(pay(r#"{"n":2}"#), "of-teller")).await, 422, "key-reused", "no");
    let keys: Vec<_> = stage
        .upstream
        .requests()
        .iter()
        .map(|seen| seen.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1], "the upstream would take them for one");
}

#[tokio::test]
async fn a_subnet_agrees_under_one_token_and_a_replay_outlives_it() {
    let stage = start().await;
    let outcall = bearing(pay("{}"), &shops(60, Some(digest_of("{}"))));
    let subnet = Subnet { replica: stage.replica.clone(), replicas: 13 };
    let answers = subnet.burst(&outcall).await;
    assert_eq!((agreed(&answers).status, stage.upstream.hits()), (200, 1));
    // The same request under a token that has expired since: its key was led, so its answer is known.
    let late = bearing(pay("{}"), &shops(-60, Some(digest_of("{}"))));
    assert_eq!(&stage.send(&late).await, agreed(&answers));
}

/// The refusal is recorded: a replica that comes with a fresher token reads it too.
#[tokio::test]
async fn nothing_is_led_under_a_token_that_has_expired_and_everybody_is_told_so() {
    let stage = start().await;
    let late = bearing(pay("{}"), &shops(0, Some(digest_of("{}"))));
    let subnet = Subnet { replica: stage.replica.clone(), replicas: 13 };
    let answers = subnet.burst(&late).await;
    refused(agreed(&answers), 401, "token-expired", "no");
    let fresh = bearing(pay("{}"), &shops(60, Some(digest_of("{}"))));
    assert_eq!(&stage.send(&fresh).await, agreed(&answers));
    assert_eq!(stage.upstream.hits(), 0);
}

/// What a node can do with a token it has seen: send the same request again.
#[tokio::test]
async fn a_token_for_one_request_is_good_for_no_other() {
    let stage = start().await;
    let token = shops(60, Some(digest_of("{}")));
    let first = stage.send(&bearing(pay("{}"), &token)).await;
    for (name, outcall) in [
        ("another body", pay(r#"{"n":2}"#)),
        ("another key", Outcall::post("/r").key("k2").json("{}")),
        ("another path", Outcall::post("/r/x").key("k").json("{}")),
        ("another method", Outcall::new("PUT", "/r").key("k").json("{}")),
        ("another header", pay("{}").header("accept", "text/plain")),
        ("a question", Outcall::get("/r")),
    ] {
        let answer = stage.send(&bearing(outcall, &token)).await;
        assert_eq!(answer.problem()["type"], "urn:outcall-gateway:token-for-another", "{name}");
    }
    assert_eq!(stage.send(&bearing(pay("{}"), &token)).await, first);
    assert_eq!(stage.upstream.hits(), 1);
}

/// That an upstream honours the key makes it harmless to send a request again, not to send another one.
#[tokio::test]
async fn a_token_for_no_request_does_nothing_also_where_it_may_be_repeated() {
    let stage = start().await;
    let again = |body: &str| Outcall::post("/again").key("k").json(body);
    let unbound = shops(60, None);
    let answer = stage.send(&bearing(again("{}"), &unbound)).await;
    refused(&answer, 403, "token-for-another", "unknown");
    assert_eq!(stage.upstream.hits(), 0);
    let bound = shops(60, Some(digest_at("/again", "{}")));
    for outcall in [bearing(again("{}"), &bound), bearing(Outcall::get("/again"), &unbound)] {
        assert_eq!(stage.send(&outcall).await.status, 200, "the control");
    }
}

/// A node may keep a token. What it was signed for must still be known when it ends: a refusal for `error_ttl`, 15 minutes.
#[tokio::test]
async fn a_token_that_outlives_the_memory_of_its_request_leads_nothing() {
    let stage = start().await;
    let long = bearing(pay("{}"), &shops(960, Some(digest_of("{}"))));
    let subnet = Subnet { replica: stage.replica.clone(), replicas: 13 };
    let answers = subnet.burst(&long).await;
    refused(agreed(&answers), 401, "token-lasts-too-long", "no");
    assert_eq!(stage.upstream.hits(), 0);
    // The control: of what only asks, and of what the upstream remembers itself, nobody minds.
    let again = Outcall::post("/again").key("k").json("{}");
    let bound = shops(960, Some(digest_at("/again", "{}")));
    for outcall in [bearing(Outcall::get("/r"), &shops(960, None)), bearing(again, &bound)] {
        assert_eq!(stage.send(&outcall).await.status, 200);
    }
    let short = bearing(pay("{}"), &shops(840, Some(digest_of("{}"))));
    assert_eq!(start().await.send(&short).await.status, 200);
}
