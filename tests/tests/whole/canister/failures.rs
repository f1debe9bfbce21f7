//! Every row of *What is recorded* (DESIGN.md) as the canister's caller meets it: in one word what became of the call,
//! the same for every replica, and nothing executed twice however often the caller asks again.

use outcall_gateway::limits;
use outcall_tests::upstream::{Act, Ending, Refusing, Reply, Script, Upstream};

use super::{SIZES, Stage, told};

/// Requests for a price when each is broken off.
const ATTEMPTS: usize = limits::ATTEMPTS_MAX as usize;

/// What the upstream does with everything; what is told of a price, and after how many requests; what of an order, whose
/// request reaches the upstream once.
type Row = (Act, &'static str, usize, &'static str);

/// Plays a row, and asks for the order once more: it must not be executed again.
async fn play((act, price, price_requests, order): Row, members: &str) {
    for nodes in SIZES {
        let row = format!("{nodes} nodes, {act:?}");
        let mut stage = Stage::of(nodes, Script::always(act.clone()), members).await;
        let (told, update) = stage.price().await;
        assert_eq!(told::price(&told), price, "{row}: {update}");
        assert!(update.is_agreed(), "{row}: {update}");
        assert_eq!(stage.upstream.hits(), price_requests, "{row}");
        let (told, update) = stage.order("order-42").await;
        assert_eq!(told::order(&told), order, "{row}: {update}");
        assert!(update.is_agreed(), "{row}: {update}");
        let _ = stage.order("order-42").await;
        stage.seen(price_requests + 1);
    }
}

fn plain(status: u16) -> Act {
    Reply::new(status).header("content-type", "text/plain").body(format!("{status}!")).into()
}

#[tokio::test]
async fn a_complete_answer_is_told_as_it_is() {
    let rows = [
        (Act::json(r#"{"price": 4.230}"#), "4.230", "placed: 200"),
        (Act::json(r#"{"price": "123456789012345678901"}"#), "123456789012345678901", "placed: 200"),
        (Reply::no_content().into(), "unreadable", "placed: 204"),
        (plain(400), "declined: 400", "declined: 400"),
        (plain(404), "declined: 404", "declined: 404"),
        (plain(409), "declined: 409", "declined: 409"),
        (Reply::too_many_requests().into(), "declined: 429", "declined: 429"),
        (
            Reply::redirect(307, "http://localhost:1/").into(),
            "unavailable: status",
            "reconcile, answered: status",
        ),
        (plain(408), "unavailable: status", "reconcile, answered: status"),
        (Reply::server_error().into(), "unavailable: status", "reconcile, answered: status"),
        (Reply::unavailable().into(), "unavailable: status", "reconcile, answered: status"),
    ];
    for (act, price, order) in rows {
        play((act, price, 1, order), "").await;
    }
}

#[tokio::test]
async fn an_answer_that_the_gateway_refuses_is_to_be_reconciled() {
    let large = Act::json(&format!(r#"{{"price": 1, "more": "{}"}}"#, "x".repeat(2_000)));
    play((large, "unavailable: answer-too-large", 1, "reconcile, answered: answer-too-large"), "").await;
    let gzip = Act::Answer(Reply::encoded("gzip", b"no gzip".to_vec()));
    play((gzip, "unavailable: answer-coding", 1, "reconcile, answered: answer-coding"), "").await;
}

#[tokio::test]
async fn an_order_that_breaks_off_is_perhaps_executed_and_a_price_is_tried_again() {
    let acts = [
        Act::ResetAfterReading,
        Act::CloseAfterReading,
        Act::HalfHead(Ending::Fin),
        Act::HalfBody(Ending::Rst),
        Act::Garbage,
    ];
    for act in acts {
        play((act, "unavailable: upstream-failed", ATTEMPTS, "unknown, 4 left: outcome-unknown"), "").await;
    }
}

#[tokio::test]
async fn an_upstream_that_hangs_leaves_an_order_unknown_and_a_price_unavailable() {
    let row = (Act::Hang, "unavailable: upstream-timeout", 1, "unknown, 4 left: outcome-unknown");
    play(row, r#""timeout": "300ms""#).await;
}

/// Two outcalls a call, six in all; then the caller is told to reconcile, and nothing goes out any more.
#[tokio::test]
async fn an_unknown_order_is_asked_for_six_times_under_one_key_and_then_to_be_reconciled() {
    for nodes in SIZES {
        let mut stage = Stage::of(nodes, Script::steps([Act::CloseAfterReading]), "").await;
        for (told, outcalls) in [
            ("unknown, 4 left: outcome-unknown", 2),
            ("unknown, 2 left: outcome-unknown", 2),
            ("reconcile: outcome-unknown", 2),
            ("reconcile: outcome-unknown", 0),
        ] {
            let (order, update) = stage.order("order-42").await;
            assert_eq!((&*told::order(&order), update.rounds.len()), (told, outcalls), "{update}");
        }
        stage.upstream.finish().await;
    }
}

#[tokio::test]
async fn what_never_reached_the_upstream_is_not_executed_and_goes_out_at_the_next_attempt() {
    for nodes in SIZES {
        let refusing = Refusing::bind();
        let config = super::routes(&refusing.url(""), "");
        let gateway = outcall_tests::gateway::Gateway::start(&config).await;
        let mut subnet = super::installed(nodes, &super::gateway_url(&gateway)).await;
        let (told, update) = super::call(&mut subnet, "place_order", super::order("order-42")).await;
        assert_eq!(told::order(&told), "not executed: upstream-unreachable", "{update}");
        assert!(update.is_agreed() && update.rounds.len() == 1, "{update}");
        let upstream = refusing.come_up(Script::steps([Act::Varying]));
        let mut stage = Stage { upstream, gateway, subnet };
        assert_eq!(told::order(&stage.order("order-42").await.0), "placed: 200");
        stage.upstream.finish().await;
    }
}

/// The control: had it been told *unknown*, the same upstream coming up would not be asked.
#[tokio::test]
async fn what_perhaps_reached_the_upstream_does_not_go_out_again_when_it_is_well() {
    for nodes in SIZES {
        let upstream = Upstream::start(Script::steps([Act::ResetAfterReading])).await;
        let mut stage = Stage::before(nodes, upstream, "").await;
        assert_eq!(told::order(&stage.order("order-42").await.0), "unknown, 4 left: outcome-unknown");
        assert_eq!(told::order(&stage.order("order-42").await.0), "unknown, 2 left: outcome-unknown");
        stage.upstream.finish().await;
    }
}
