//! Keys that come when the gateway has decided to leave.

use super::*;

const DRAIN: Duration = Duration::from_secs(3600);

/// An open connection can still carry a request between the decision and the end of the connections.
#[tokio::test]
async fn a_new_key_is_refused_once_the_gateway_leaves_however_long_the_drain_could_have_been() {
    for (method, path) in [(Method::GET, "/r"), (Method::POST, "/r"), (Method::POST, "/i")] {
        let upstream = upstream(true).await;
        let app = app(&upstream, 0);
        app.activity.drain(DRAIN).await;
        let answer = everybody(&app, method.clone(), path, "5 ICP").await;
        assert_eq!(answer, Problem::Draining.answer(&method));
        assert_eq!(*upstream.hits.borrow(), 0, "{method} was led by a gateway that leaves");
    }
}

/// The control: a drain that has something to wait for leads what it can see through.
#[tokio::test]
async fn a_new_key_is_led_while_the_gateway_waits() {
    let upstream = upstream(true).await;
    let app = app(&upstream, 0);
    let busy = app.activity.busy();
    let (answer, ()) = tokio::join!(
        async {
            let answer = everybody(&app, Method::POST, "/r", "5 ICP").await;
            drop(busy);
            answer
        },
        app.activity.drain(limits::TIMEOUT_MAX + limits::DRAIN_QUIET)
    );
    assert_eq!(text(&answer), "answer 1");
}
