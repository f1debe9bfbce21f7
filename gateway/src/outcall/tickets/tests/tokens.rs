//! Callers who sign: their tokens are as good here as on any route.

use outcall_protocol::{
    receipt::{SecretKey, Sent},
    token::{Algorithm, Claims, signed, signing_input},
};

use super::*;

const AUDIENCE: &str = "https://gateway.example";

/// A route for `shop`, which signs.
fn for_shop(members: &str) -> Desk {
    let config = format!(
        r#"{{"/llm": {{"upstream": "https://llm.example", "respond_async": true, "allow": ["shop"]{members}}},
            "server": {{"audience": "{AUDIENCE}"}}, "callers": {{"shop": {{"ed25519": "{}"}}}}}}"#,
        shop().public().x(),
    );
    Desk::of(&config, Memory::new(ROOM))
}

fn shop() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

/// Of the POST under `k`, good for so long.
fn token(desk: &Desk, seconds: u64) -> String {
    let headers = [("idempotency-key", "k")];
    let sent = Sent { method: "POST", url: "https://g/llm", headers: &headers, body: b"", caller: "shop" };
    let expires = desk.app.ledger.now().as_millis() / 1_000 + seconds;
    let claims = Claims { caller: "shop", audience: AUDIENCE, expires, request: sent.digest(&[]) };
    let input = signing_input(Algorithm::EdDsa, &claims);
    signed(&input, &shop().signature(&input))
}

/// Five minutes, as the sample canister signs.
#[tokio::test(start_paused = true)]
async fn a_token_may_last_as_long_as_the_upstream_honours_the_key() {
    for members in ["", r#", "upstream_idempotent": true"#] {
        let desk = for_shop(members);
        let given = desk.bearing(&token(&desk, 300), Method::POST, "/llm", "k", "").await;
        assert_eq!(given.status(), StatusCode::ACCEPTED, "{members}: {}", text(&given));
        desk.asked(1).await;
    }
}

/// The control.
#[tokio::test(start_paused = true)]
async fn a_token_that_outlasts_what_is_remembered_of_its_call_is_refused() {
    for (members, seconds) in [("", 15 * 60 + 1), (r#", "upstream_idempotent": true"#, 24 * 60 * 60 + 1)] {
        let desk = for_shop(members);
        let answer = desk.bearing(&token(&desk, seconds), Method::POST, "/llm", "k", "").await;
        refused(&answer, Problem::TokenLastsTooLong);
        assert_eq!(desk.hits(), 0);
    }
}
