//! Who may ask what, who is told, and how long is waited.

use super::*;

#[tokio::test]
async fn who_may_not_cause_outcalls_asks_nothing() {
    let mut asking = Asking::signed(13).await;
    let arg = encode_args(("Why?",)).unwrap();
    let update = asking.subnet.update_from(&[1, 2], "ask_llm", arg).await;
    let told: Result<u64, AskError> = update.value().unwrap();
    assert_eq!(format!("{told:?}"), "Err(NotSent(NotAllowed))");
    assert!(asking.gateway.requests("POST").is_empty());
}

#[tokio::test]
async fn a_question_that_costs_too_much_was_never_asked() {
    let mut asking = Asking::signed(13).await;
    let dear = Settings { cycles_per_outcall_max: Some(1), ..Settings::default() };
    configure(&mut asking.subnet, dear).await;
    let (told, _) = call::<Result<u64, AskError>>(&mut asking.subnet, "ask_llm", "Why?").await;
    assert!(format!("{told:?}").starts_with("Err(NotSent(TooExpensive"), "{told:?}");
    let reply = asking.subnet.query("llm_answer", encode_args((1u64,)).unwrap()).await.unwrap();
    assert_eq!(candid::decode_one::<Option<Answer>>(&reply).unwrap(), None);
    assert!(asking.passes(100).await.is_empty());
}

/// The polls go on once there are cycles again.
#[tokio::test]
async fn a_poll_that_costs_too_much_waits_and_says_so() {
    let mut asking = Asking::signed(13).await;
    let (number, _) = asking.ask().await;
    let limit = |cycles| Settings { cycles_per_outcall_max: Some(cycles), ..Settings::default() };
    configure(&mut asking.subnet, limit(1)).await;
    assert!(asking.passes(5).await.is_empty());
    assert_eq!(hindered(&asking.answer(number).await), "not_sent");
    configure(&mut asking.subnet, limit(1_000_000_000)).await;
    asking.gateway.ends(End::Recorded(200, "{}".to_owned()));
    asking.passes(10).await;
    assert_eq!(asking.answer(number).await.state, answered("{}"));
}

#[tokio::test]
async fn a_question_is_given_up_when_its_time_is_over() {
    let mut asking = Asking::signed(13).await;
    let llm = outcall_canister::config::Llm { give_up_after_s: 60, ..Default::default() };
    configure(&mut asking.subnet, Settings { llm: Some(llm), ..Settings::default() }).await;
    let (number, _) = asking.ask().await;
    asking.passes(74).await;
    assert!(matches!(asking.answer(number).await.state, State::Running { .. }), "the next look is at 75 s");
    assert!(asking.passes(2).await.is_empty());
    let told = asking.answer(number).await;
    assert!(matches!(&told.state, State::GivenUp(cause) if cause.kind == "running"), "{told:?}");
    asking.gateway.ends(End::Recorded(200, "{}".to_owned()));
    assert!(asking.passes(100).await.is_empty(), "and nobody asks for it any more");
}
