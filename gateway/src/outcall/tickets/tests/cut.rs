//! Drains: running calls are waited for, then cut off; and none is begun that could not be seen through.

use super::*;
use crate::ledger::Standing;

async fn during(desk: &Desk, drain: Duration, what: impl Future<Output = ()>) -> Duration {
    let started = Instant::now();
    tokio::join!(desk.app.activity.drain(drain), what);
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_running_calls_and_answers_polls_meanwhile() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    desk.asked(1).await;
    let took = during(&desk, 10 * MINUTE, async {
        sleep(MINUTE).await;
        assert_eq!(desk.poll(&ticket("k"), "p").await.status(), StatusCode::ACCEPTED);
        sleep(MINUTE).await;
        desk.says("forty-two");
        assert_eq!(text(&desk.end(&ticket("k")).await), "forty-two");
    });
    assert!((2 * MINUTE..3 * MINUTE).contains(&took.await), "it leaves when the call is over");
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_drain_is_cut_off_and_unknown() {
    for members in [ASYNC, r#", "respond_async": true, "upstream_idempotent": true"#] {
        let desk = Desk::new(members);
        let given = desk.post("k").await;
        desk.asked(1).await;
        assert_eq!(during(&desk, MINUTE, async {}).await, MINUTE);
        let Ok(Standing::Settled(record)) = desk.app.ledger.look(&ticket("k").result_id("")).await else {
            panic!("{members}: it has no end")
        };
        refused(&record.settlement.answer, Problem::OutcomeUnknown);
        assert_eq!(*desk.upstream.left.borrow(), 1);
        assert_eq!(desk.post("k").await, given);
        assert_eq!(desk.hits(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_is_begun_that_the_drain_would_cut_off() {
    let desk = Desk::new(r#", "respond_async": true, "timeout": "5m""#);
    let busy = desk.app.activity.busy();
    during(&desk, 6 * MINUTE, async {
        assert_eq!(desk.post("in-time").await.status(), StatusCode::ACCEPTED);
        desk.asked(1).await;
        desk.says("forty-two");
        desk.end(&ticket("in-time")).await;
        sleep(2 * MINUTE).await;
        refused(&desk.post("too-late").await, Problem::Draining);
        drop(busy);
    })
    .await;
    assert_eq!(desk.hits(), 1);
}
