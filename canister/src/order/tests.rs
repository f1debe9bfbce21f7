use super::*;

fn order() -> Order {
    Order { id: "order-42".into(), pair: "ICP/USD".into(), side: Side::Buy, amount_e8s: 150_000_000 }
}

#[test]
fn the_backend_reads_who_wants_what() {
    assert_eq!(
        body(&Principal::anonymous(), &order()),
        r#"{"caller":"2vxsx-fae","id":"order-42","pair":"ICP/USD","side":"buy","amount_e8s":150000000}"#
    );
}

#[test]
fn what_a_caller_writes_stays_inside_its_string() {
    let order = Order { id: "\",\"side\":\"sell".into(), ..order() };
    let body = body(&Principal::anonymous(), &order);
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json["id"], order.id);
    assert_eq!(json["side"], "buy");
}

#[test]
fn an_order_that_is_not_one_is_refused_before_anything_is_sent() {
    assert_eq!(check(&order()), Ok(()));
    assert_eq!(check(&Order { id: "!".repeat(64), ..order() }), Ok(()));
    for (wrong, why) in [
        (Order { id: String::new(), ..order() }, "id must be 1 to 64 visible ASCII characters"),
        (Order { id: "i".repeat(65), ..order() }, "id must be 1 to 64 visible ASCII characters"),
        (Order { id: "a b".into(), ..order() }, "id must be 1 to 64 visible ASCII characters"),
        (Order { amount_e8s: 0, ..order() }, "amount_e8s must not be 0"),
        (Order { pair: "?".into(), ..order() }, "pair must be 1 to 32 letters, digits, or any of / - . _"),
    ] {
        assert_eq!(check(&wrong), Err(NotSent::Invalid(why.into())));
    }
}

#[test]
fn an_ask_that_is_dropped_unsettled_leaves_its_order_perhaps_executed() {
    state::write(|state| *state = state::State::default());
    let caller = Principal::anonymous();
    let begin = |now| {
        state::write(|state| {
            state.orders.begin(caller, &order(), "http://g/order".into(), "{}".into(), 3_600, now)
        })
    };
    let Next::Ask(first) = begin(0) else { panic!("the first call asks") };
    let under_way = UnderWay(Some(first.clone()));
    assert_eq!(begin(0), Next::Told(Err(OrderError::InProgress)));
    drop(under_way);
    assert_eq!(begin(1), Next::Ask(first), "the same attempt, the same request: the same key");
}
