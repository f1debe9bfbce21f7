//! The life of an order, case by case; `model` plays random ones against a gateway of a few lines.

use super::*;
use crate::{error::NotSent, order::Side};

mod model;

const WINDOW_S: u64 = 3_600;
const SECOND: u64 = 1_000_000_000;

fn caller() -> Principal {
    Principal::from_slice(&[1])
}

fn order(id: &str) -> Order {
    Order { id: id.into(), pair: "ICP/USD".into(), side: Side::Buy, amount_e8s: 1 }
}

fn begin_at(orders: &mut Orders, id: &str, now_ns: u64) -> Next {
    orders.begin(caller(), &order(id), "https://g/order".into(), "{}".into(), WINDOW_S, now_ns)
}

fn ask(orders: &mut Orders, id: &str, now_ns: u64) -> Ask {
    match begin_at(orders, id, now_ns) {
        Next::Ask(ask) => ask,
        Next::Told(told) => panic!("not asked, but told {told:?}"),
    }
}

fn answer(status: u16, body: &str) -> Heard {
    Heard::Answer { status, body: body.as_bytes().to_vec() }
}

fn problem(executed: &str) -> Heard {
    answer(502, &format!(r#"{{"type":"urn:outcall-gateway:x","detail":"D.","executed":"{executed}"}}"#))
}

fn cause() -> Cause {
    Cause { kind: "x".into(), detail: "D.".into() }
}

fn silence() -> Heard {
    Heard::Silence(cause())
}

/// Settles the first ask with what was heard, and says what this call and a repeated one come to.
fn heard(heard: Heard) -> (Result<Placed, OrderError>, Next) {
    let mut orders = Orders::default();
    let first = ask(&mut orders, "a", 0);
    let told = orders.settle(&first, heard, 0);
    (told, begin_at(&mut orders, "a", SECOND))
}

#[test]
fn what_is_decided_is_told_again_and_not_sent_again() {
    let placed = Placed { status: 201, body: "ok".into() };
    let declined = OrderError::Declined { status: 409, body: "no".into() };
    let reconcile = OrderError::Reconcile { cause: cause(), answered: true };
    for (what, told) in [
        (answer(201, "ok"), Ok(placed)),
        (answer(409, "no"), Err(declined)),
        (problem("yes"), Err(reconcile)),
    ] {
        assert_eq!(heard(what), (told.clone(), Next::Told(told)));
    }
    let (told, again) = heard(answer(500, "oops"));
    assert!(matches!(told, Err(OrderError::Reconcile { answered: true, .. })));
    assert_eq!(again, Next::Told(told));
}

#[test]
fn what_is_surely_not_executed_gets_a_new_attempt() {
    let (told, again) = heard(problem("no"));
    assert_eq!(told, Err(OrderError::NotExecuted(cause())));
    assert!(matches!(again, Next::Ask(Ask { attempt: 2, .. })));
}

#[test]
fn what_is_perhaps_executed_is_asked_again_as_it_was() {
    for what in [problem("unknown"), silence()] {
        let (told, again) = heard(what);
        assert_eq!(told, Err(OrderError::Unknown { cause: cause(), asks_left: 5 }));
        assert_eq!(again, Next::Ask(ask(&mut Orders::default(), "a", 0)));
    }
}

#[test]
fn asking_ends_after_six_outcalls_and_then_one_has_to_reconcile() {
    let mut orders = Orders::default();
    let reconcile = Err(OrderError::Reconcile { cause: cause(), answered: false });
    for asks_left in [5, 4, 3, 2, 1] {
        let again = ask(&mut orders, "a", 0);
        let told = orders.settle(&again, silence(), 0);
        assert_eq!(told, Err(OrderError::Unknown { cause: cause(), asks_left }));
    }
    let last = ask(&mut orders, "a", 0);
    assert_eq!(orders.settle(&last, silence(), 0), reconcile);
    assert_eq!(begin_at(&mut orders, "a", 0), Next::Told(reconcile));
}

#[test]
fn asking_ends_with_the_window_since_the_gateway_may_forget_the_key() {
    let reconcile = Next::Told(Err(OrderError::Reconcile { cause: cause(), answered: false }));
    for (now, told) in [(WINDOW_S * SECOND - 1, None), (WINDOW_S * SECOND, Some(reconcile))] {
        let mut orders = Orders::default();
        let first = ask(&mut orders, "a", 0);
        orders.settle(&first, silence(), SECOND).unwrap_err();
        let next = begin_at(&mut orders, "a", now);
        assert_eq!(Some(next).filter(|next| matches!(next, Next::Told(_))), told, "at {now}");
    }
}

#[test]
fn an_unsettled_attempt_keeps_its_request_when_the_configuration_changes() {
    let mut orders = Orders::default();
    let begin = |orders: &mut Orders, url: &str, body: &str| match orders.begin(
        caller(),
        &order("a"),
        url.into(),
        body.into(),
        WINDOW_S,
        0,
    ) {
        Next::Ask(ask) => ask,
        Next::Told(told) => panic!("{told:?}"),
    };
    let first = begin(&mut orders, "https://old/order", "old");
    orders.settle(&first, silence(), 0).unwrap_err();
    let again = begin(&mut orders, "https://new/order", "new");
    assert_eq!(again, first);
    orders.settle(&again, problem("no"), 0).unwrap_err();
    let second = begin(&mut orders, "https://new/order", "new");
    assert_eq!(second.request, Request { url: "https://new/order".into(), body: "new".into() });
    assert_eq!(second.attempt, 2);
}

#[test]
fn an_id_belongs_to_one_order_of_one_caller() {
    let mut orders = Orders::default();
    let mut begin = |caller: &[u8], amount_e8s| {
        let order = Order { amount_e8s, ..order("a") };
        orders.begin(Principal::from_slice(caller), &order, "u".into(), "b".into(), WINDOW_S, 0)
    };
    assert!(matches!(begin(&[1], 1), Next::Ask(_)));
    assert_eq!(begin(&[1], 2), Next::Told(Err(OrderError::IdReused)));
    assert_eq!(begin(&[1], 1), Next::Told(Err(OrderError::InProgress)));
    assert!(matches!(begin(&[2], 2), Next::Ask(_)), "another caller's id is another order");
}

#[test]
fn an_outcall_that_was_not_made_does_not_count() {
    let mut orders = Orders::default();
    let first = ask(&mut orders, "a", 0);
    let low = || Heard::Nothing(NotSent::QueueFull);
    assert_eq!(orders.settle(&first, low(), 0), Err(OrderError::NotSent(NotSent::QueueFull)));
    let second = ask(&mut orders, "a", 0);
    assert_eq!(second.attempt, 2, "nothing was sent under the first key");
    orders.settle(&second, silence(), 0).unwrap_err();
    let again = ask(&mut orders, "a", 0);
    orders.settle(&again, low(), 0).unwrap_err();
    let again = ask(&mut orders, "a", 0);
    assert_eq!(again.attempt, 2, "something was sent under the second");
    let told = orders.settle(&again, silence(), 0);
    assert_eq!(told, Err(OrderError::Unknown { cause: cause(), asks_left: 4 }));
}

#[test]
fn an_upgrade_leaves_what_was_under_way_perhaps_executed() {
    let mut orders = Orders::default();
    let first = ask(&mut orders, "a", 0);
    orders.all_interrupted();
    assert_eq!(ask(&mut orders, "a", 0), first);
    let decided = ask(&mut orders, "b", 0);
    orders.settle(&decided, answer(200, "ok"), 0).unwrap();
    let before = orders.clone();
    orders.all_interrupted();
    assert_eq!(begin_at(&mut orders, "b", 0), Next::Told(Ok(Placed { status: 200, body: "ok".into() })));
    assert_ne!(orders, before, "the one that was asked for is interrupted");
}

#[test]
fn only_settled_orders_are_forgotten_and_the_oldest_first() {
    let mut orders = Orders::default();
    for number in 0..ORDERS_MAX {
        let under_way = ask(&mut orders, &number.to_string(), number as u64);
        if number == 7 || number == 9 {
            orders.settle(&under_way, answer(200, "ok"), 100 - number as u64).unwrap();
        }
    }
    assert_eq!(orders.len(), ORDERS_MAX);
    ask(&mut orders, "new", 0);
    assert!(matches!(begin_at(&mut orders, "7", 0), Next::Told(Ok(_))), "settled later than 9");
    ask(&mut orders, "newer", 0);
    assert_eq!(begin_at(&mut orders, "newest", 0), Next::Told(Err(OrderError::Full)));
    assert_eq!(begin_at(&mut orders, "8", 0), Next::Told(Err(OrderError::InProgress)));
    assert_eq!(orders.len(), ORDERS_MAX);
}

/// Whoever lets outcalls fail before they are made, which costs nothing, cannot make the canister forget what it did.
#[test]
fn orders_that_were_not_executed_are_forgotten_before_any_other() {
    let mut orders = Orders::default();
    let done = ask(&mut orders, "done", 0);
    orders.settle(&done, answer(200, "ok"), 0).unwrap();
    for number in 1..=2 * ORDERS_MAX {
        let failed = ask(&mut orders, &number.to_string(), number as u64);
        orders.settle(&failed, Heard::Nothing(NotSent::QueueFull), number as u64).unwrap_err();
    }
    assert_eq!(orders.len(), ORDERS_MAX);
    assert!(matches!(begin_at(&mut orders, "done", 0), Next::Told(Ok(_))));
}
