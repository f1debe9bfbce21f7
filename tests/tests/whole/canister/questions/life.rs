//! The life of a question on both sizes of subnets, in the time of the subnet alone.

use super::*;

/// In both trusts, and on both sizes.
#[tokio::test]
async fn a_backend_that_takes_90_seconds_is_asked_once_and_its_answer_arrives() {
    for nodes in SIZES {
        for signed in [true, false] {
            let mut asking = if signed { Asking::signed(nodes).await } else { Asking::unsigned(nodes).await };
            let (number, update) = asking.ask().await;
            assert!(update.is_agreed() && update.rounds.len() == 1, "{update}");
            assert_eq!(asking.gateway.requests("POST").len(), nodes, "every node has posted it");
            assert!(matches!(asking.answer(number).await.state, State::Running { .. }));
            let idle = asking.passes(90).await;
            assert_eq!(idle.len(), 4, "after 5, 10, 20 and 40 s");
            assert!(idle.iter().all(|round| round.verdict.is_agreed()));
            let senders: Vec<usize> = idle.iter().map(|round| round.requests() as usize).collect();
            assert_eq!(senders, [if signed { 1 } else { nodes }; 4]);
            asking.gateway.ends(End::Recorded(200, r#"{"answer":"Rayleigh"}"#.to_owned()));
            assert_eq!(asking.passes(40).await.len(), 1);
            let told = asking.answer(number).await;
            assert_eq!(
                told,
                Answer { state: answered(r#"{"answer":"Rayleigh"}"#), polls: 5, hindered: None }
            );
            assert_eq!(asking.gateway.keys("POST").len(), 1, "one question");
            assert_eq!(
                asking.gateway.keys("GET").len(),
                5,
                "a key for each poll, and one for all its replicas"
            );
            assert!(asking.passes(300).await.is_empty(), "nothing is asked any more");
        }
    }
}

#[tokio::test]
async fn two_questions_have_keys_and_answers_of_their_own_though_they_are_alike() {
    let mut asking = Asking::signed(13).await;
    let (one, _) = asking.ask().await;
    let (other, _) = asking.ask().await;
    asking.gateway.ends(End::Recorded(200, "{}".to_owned()));
    asking.passes(5).await;
    assert_eq!((one, other), (1, 2));
    for number in [one, other] {
        assert_eq!(asking.answer(number).await.state, answered("{}"));
    }
    assert_eq!(asking.gateway.keys("POST").len(), 2);
}

#[tokio::test]
async fn an_upgrade_between_question_and_answer_loses_neither() {
    for nodes in SIZES {
        let mut asking = Asking::signed(nodes).await;
        let (number, _) = asking.ask().await;
        asking.passes(3).await;
        asking.upgrade().await;
        assert_eq!(asking.passes(2).await.len(), 1, "the timer was set anew, for the same moment");
        asking.upgrade().await;
        asking.gateway.ends(End::Recorded(200, "{}".to_owned()));
        asking.passes(10).await;
        assert_eq!(asking.answer(number).await, Answer { state: answered("{}"), polls: 2, hindered: None });
        assert_eq!(asking.gateway.keys("POST").len(), 1);
        asking.upgrade().await;
        assert_eq!(asking.answer(number).await.state, answered("{}"), "and what is over is known");
    }
}

/// The node that was chosen never sends; the platform gives up after a minute.
#[tokio::test]
async fn a_lost_poll_is_followed_by_another() {
    let mut asking = Asking::signed(13).await;
    let (number, _) = asking.ask().await;
    asking.subnet.set_schedule((0..13).fold(Schedule::together(), Schedule::silent));
    let lost = asking.passes(5).await;
    assert_eq!((lost.len(), lost[0].requests()), (1, 0));
    let told = asking.answer(number).await;
    assert!(matches!(told.state, State::Running { .. }) && hindered(&told) == "reject", "{told:?}");
    asking.subnet.set_schedule(Schedule::together());
    // The platform's minute has passed for the gateway as well.
    asking.gateway.passes(60);
    asking.gateway.ends(End::Recorded(200, "{}".to_owned()));
    asking.passes(10).await;
    assert_eq!(asking.answer(number).await, Answer { state: answered("{}"), polls: 2, hindered: None });
}

/// As after a trap behind the outcall: nothing of it is ever heard, and only the timer that was set before it is left.
#[tokio::test]
async fn a_poll_that_never_comes_back_is_followed_by_another() {
    let mut asking = Asking::signed(13).await;
    let (number, _) = asking.ask().await;
    let gate = outcall_harness::Gate::new();
    asking.gateway.holds_polls_at(&gate);
    tokio::select! {
        rounds = asking.passes(5) => panic!("the poll was answered behind a closed gate: {rounds:?}"),
        () = gate.reached_by(1) => {}
    }
    gate.open();
    asking.gateway.ends(End::Recorded(200, "{}".to_owned()));
    assert!(asking.passes(60).await.is_empty(), "it may still be on its way");
    assert_eq!(asking.passes(10).await.len(), 1);
    assert_eq!(asking.answer(number).await, Answer { state: answered("{}"), polls: 2, hindered: None });
}

/// All are silent: nobody knows whether the question was posted, so the same is posted again.
#[tokio::test]
async fn a_post_without_an_answer_is_repeated_under_the_same_key() {
    let mut asking = Asking::signed(13).await;
    asking.subnet.set_schedule((0..5).fold(Schedule::together(), Schedule::silent));
    let (number, update) = asking.ask().await;
    assert!(!update.is_agreed(), "{update}");
    assert_eq!(hindered(&asking.answer(number).await), "reject");
    asking.gateway.passes(60);
    asking.subnet.set_schedule(Schedule::together());
    asking.passes(5).await;
    assert!(matches!(asking.answer(number).await.state, State::Running { .. }));
    assert_eq!(asking.gateway.requests("POST").len(), 8 + 13);
    assert_eq!(asking.gateway.keys("POST").len(), 1, "the backend was asked once");
}
