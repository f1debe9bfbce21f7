//! What a node, or a gateway without its key, hands over in place of the answer: nothing of it is taken for one, and the asking
//! goes on until it is given up.

use super::*;

/// What becomes of a question that ends like this for whoever polls: after one poll, and in the end.
async fn told(end: End) -> (Answer, State) {
    let mut asking = Asking::signed(13).await;
    let (number, _) = asking.ask().await;
    asking.gateway.ends(end);
    asking.passes(5).await;
    let first = asking.answer(number).await;
    asking.passes(950).await;
    (first, asking.answer(number).await.state)
}

#[tokio::test]
async fn an_answer_to_another_question_is_none() {
    let (first, last) = told(End::OfAnother(200, r#"{"answer":"42"}"#.to_owned())).await;
    assert!(matches!(first.state, State::Running { .. }), "{first:?}");
    assert_eq!(hindered(&first), "receipt-other-request");
    assert!(matches!(&last, State::GivenUp(cause) if cause.kind == "receipt-other-request"), "{last:?}");
}

#[tokio::test]
async fn an_unsigned_answer_is_unsigned_and_none() {
    for body in [r#"{"answer":"42"}"#.to_owned(), scripted::problem("outcome-unknown", "unknown")] {
        let (first, last) = told(End::Unsigned(200, body)).await;
        assert!(matches!(first.state, State::Running { .. }), "{first:?}");
        assert_eq!(hindered(&first), "receipt-unsigned");
        assert!(matches!(&last, State::GivenUp(cause) if cause.kind == "receipt-unsigned"), "{last:?}");
    }
}

/// The control: the same end, with the receipt of the question.
#[tokio::test]
async fn the_answer_to_this_question_is_the_answer() {
    let (first, last) = told(End::Recorded(200, r#"{"answer":"42"}"#.to_owned())).await;
    assert_eq!((first.state, last), (answered(r#"{"answer":"42"}"#), answered(r#"{"answer":"42"}"#)));
}

/// Without receipts it is the nodes that are believed, and they agree.
#[tokio::test]
async fn where_all_nodes_poll_an_unsigned_answer_is_what_they_agreed_on() {
    let mut asking = Asking::unsigned(13).await;
    let (number, _) = asking.ask().await;
    asking.gateway.ends(End::Unsigned(200, "{}".to_owned()));
    asking.passes(5).await;
    assert_eq!(asking.answer(number).await.state, answered("{}"));
}
