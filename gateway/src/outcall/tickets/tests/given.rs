//! The POST: one ticket for all, at once, or one refusal.

use super::*;
use crate::limits;

#[tokio::test(start_paused = true)]
async fn all_replicas_get_the_same_ticket_at_once_and_the_upstream_one_call() {
    let desk = Desk::new(ASYNC);
    let started = Instant::now();
    let given = desk.post("k").await;
    assert!(started.elapsed().is_zero(), "they waited for the upstream");
    let hex = ticket("k").to_string();
    let location = format!("/llm/ticket/{hex}");
    let body = format!(r#"{{"status":"running","ticket":"{hex}","retry_after":5}}"#);
    assert_eq!((given.status().as_u16(), text(&given)), (202, body.clone()));
    let headers: Vec<_> =
        given.headers().map(|(name, value)| (name, std::str::from_utf8(value).unwrap())).collect();
    let length = body.len().to_string();
    let expected = [
        ("content-type", "application/json"),
        ("location", &location),
        ("retry-after", "5"),
        ("content-length", &length),
    ];
    assert_eq!(headers, expected);
    desk.asked(1).await;
    desk.says("forty-two");
    assert_eq!(text(&desk.end(&ticket("k")).await), "forty-two");
    assert_eq!(desk.post("k").await, given, "who comes late gets the ticket");
    assert_eq!(desk.hits(), 1);
}

/// The control: a route without tickets makes them wait.
#[tokio::test(start_paused = true)]
async fn without_respond_async_the_answer_is_waited_for() {
    let desk = Desk::new("");
    let telling = async {
        desk.asked(1).await;
        desk.says("forty-two");
    };
    let (answer, ()) = tokio::join!(desk.post("k"), telling);
    assert_eq!(text(&answer), "forty-two");
}

#[tokio::test(start_paused = true)]
async fn an_upstream_may_take_as_long_as_its_timeout_says_and_no_longer() {
    for (minutes, ends) in [(59, "forty-two"), (61, "")] {
        let desk = Desk::new(r#", "respond_async": true, "timeout": "1h""#);
        desk.post("k").await;
        desk.asked(1).await;
        sleep(minutes * MINUTE).await;
        desk.says("forty-two");
        let end = desk.end(&ticket("k")).await;
        match ends {
            "" => refused(&end, Problem::OutcomeUnknown),
            _ => assert_eq!(text(&end), ends),
        }
        assert_eq!(desk.hits(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn with_all_places_taken_a_key_is_refused_and_stays_so() {
    let desk = Desk::new(r#", "respond_async": {"running": 2}"#);
    desk.post("first").await;
    desk.post("second").await;
    desk.asked(2).await;
    let third = desk.post("third").await;
    refused(&third, Problem::UpstreamBusy);
    refused(&desk.poll(&ticket("third"), "a-poll").await, Problem::TicketUnknown);
    desk.says("done");
    desk.end(&ticket("first")).await;
    assert_eq!(desk.post("third").await, third, "its replicas that come now must hear the same");
    assert_eq!(desk.post("fourth").await.status(), StatusCode::ACCEPTED);
    desk.asked(3).await;
}

/// Who is refused has not used up anything.
#[tokio::test(start_paused = true)]
async fn what_refuses_an_ordinary_call_refuses_a_ticket() {
    for (members, problem) in [
        (r#", "rate": {"per_second": 0.001, "burst": 1}"#, Problem::RateLimited),
        (r#", "concurrency": 1"#, Problem::UpstreamBusy),
    ] {
        let desk = Desk::new(&format!("{ASYNC}{members}"));
        assert_eq!(desk.post("first").await.status(), StatusCode::ACCEPTED);
        desk.asked(1).await;
        refused(&desk.post("second").await, problem);
        assert_eq!(
            desk.poll(&ticket("first"), "p").await.status(),
            StatusCode::ACCEPTED,
            "polls call nobody"
        );
        assert_eq!(desk.app.activity.running().now().len(), 1);
        assert_eq!(desk.hits(), 1);
    }
}

/// What runs for minutes holds room for its answer for minutes.
#[tokio::test(start_paused = true)]
async fn calls_behind_tickets_leave_half_of_the_room_for_answers_to_the_others() {
    let large = r#""response": {"max_upstream_bytes": 16000000, "canonical_json": true}"#;
    let config = format!(
        r#"{{"/llm": {{"upstream": "https://llm.example", "respond_async": {{"running": 100}}, {large}}},
            "/plain": {{"upstream": "https://llm.example", {large}}}}}"#
    );
    let desk = Desk::of(&config, Memory::new(ROOM));
    let most = limits::RUNNING_ANSWERS_BYTES_MAX / 16_000_000;
    for number in 0..most {
        let given = desk.send(Method::POST, "/llm", &format!("k{number}"), "").await;
        assert_eq!(given.status(), StatusCode::ACCEPTED, "{number}");
    }
    desk.asked(most).await;
    refused(&desk.send(Method::POST, "/llm", "one-too-many", "").await, Problem::UpstreamBusy);
    desk.says("42");
    assert_eq!(text(&desk.send(Method::POST, "/plain", "k", "").await), "42");
    desk.end(&ticket("k0")).await;
    assert_eq!(desk.send(Method::POST, "/llm", "one-more", "").await.status(), StatusCode::ACCEPTED);
}

/// Room for the POST's own claim and not for its result.
#[tokio::test(start_paused = true)]
async fn without_room_for_its_result_a_key_is_refused() {
    let claim = 2_000_000 + limits::RECORD_OVERHEAD_BYTES;
    let config = r#"{"/llm": {"upstream": "https://llm.example", "respond_async": true}}"#;
    let desk = Desk::of(config, Memory::new(2 * claim - 1));
    let full = desk.post("k").await;
    refused(&full, Problem::LedgerFull);
    assert_eq!(desk.hits(), 0);
    let desk = Desk::of(config, Memory::new(2 * claim));
    assert_eq!(desk.post("k").await.status(), StatusCode::ACCEPTED, "the control: room for both");
}

/// Another gateway on the same ledger may have said it without having recorded anything, and so without a receipt.
#[tokio::test(start_paused = true)]
async fn what_the_ledger_refuses_is_not_signed_and_what_the_gateway_refuses_is() {
    let claim = 2_000_000 + limits::RECORD_OVERHEAD_BYTES;
    let key = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
    let config = |members: &str| {
        format!(
            r#"{{"/llm": {{"upstream": "https://llm.example", "respond_async": true{members}}},
                "receipts": {{"keyid": "now", "key": "{key}"}}}}"#
        )
    };
    let is_signed = |answer: &Answer| answer.headers().any(|(name, _)| name == "signature");
    let desk = Desk::of(&config(""), Memory::new(2 * claim - 1));
    let full = desk.post("k").await;
    refused(&full, Problem::LedgerFull);
    assert!(!is_signed(&full));
    let desk = Desk::of(&config(r#", "rate": {"per_second": 0.001, "burst": 1}"#), Memory::new(ROOM));
    assert!(is_signed(&desk.post("k").await), "the control: a ticket");
    let busy = desk.post("l").await;
    refused(&busy, Problem::RateLimited);
    assert!(is_signed(&busy), "the control: a refusal of its own");
}

#[tokio::test(start_paused = true)]
async fn another_request_under_the_key_is_refused() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    let other = desk.send(Method::POST, "/llm", "k", "another prompt").await;
    refused(&other, Problem::KeyReused);
    desk.asked(1).await;
}
