use super::*;

fn answer(status: u16, body: &str) -> Heard {
    Heard::Answer { status, body: body.as_bytes().to_vec() }
}

fn read_as(body: &str) -> Result<String, PriceError> {
    match told(answer(200, body), "ICP/USD") {
        Next::Told(told) => told.map(|price| price.price),
        Next::AskAgain(cause) => panic!("{cause:?}"),
    }
}

#[test]
fn a_price_keeps_the_digits_of_the_backend() {
    for (body, digits) in [
        (r#"{"price":"4.23"}"#, "4.23"),
        (r#"{"price":4.230}"#, "4.230"),
        (r#"{"at":1,"price":123456789012345678901.5,"x":[]}"#, "123456789012345678901.5"),
        (r#"{"price": 1e-7 }"#, "1e-7"),
    ] {
        assert_eq!(read_as(body).as_deref(), Ok(digits), "{body}");
    }
}

#[test]
fn what_is_no_price_is_not_passed_off_as_one() {
    for body in [
        "",
        "4.23",
        "{}",
        r#"{"price":null}"#,
        r#"{"price":"free"}"#,
        r#"{"price":["4"]}"#,
        r#"{"price":""}"#,
        r#"{"price":"1\u0030"}"#,
        r#"{"price":4.23} trailing"#,
    ] {
        assert!(matches!(read_as(body), Err(PriceError::Unreadable(_))), "{body}");
    }
}

#[test]
fn the_same_key_is_asked_again_only_when_the_answer_may_be_there_by_then() {
    let problem = |executed: &str| {
        let text = format!(r#"{{"type":"urn:outcall-gateway:x","detail":"D.","executed":"{executed}"}}"#);
        told(answer(503, &text), "ICP/USD")
    };
    let cause = Cause { kind: "x".into(), detail: "D.".into() };
    assert_eq!(problem("unknown"), Next::AskAgain(cause.clone()));
    assert_eq!(problem("no"), Next::Told(Err(PriceError::Unavailable(cause.clone()))));
    assert_eq!(problem("yes"), Next::Told(Err(PriceError::Unavailable(cause.clone()))));
    assert_eq!(told(Heard::Silence(cause.clone()), "ICP/USD"), Next::AskAgain(cause));
    let nothing = told(Heard::Nothing(NotSent::QueueFull), "ICP/USD");
    assert_eq!(nothing, Next::Told(Err(PriceError::NotSent(NotSent::QueueFull))));
}

#[test]
fn a_refusal_of_the_backend_comes_with_its_words() {
    let declined = PriceError::Declined { status: 404, body: "no such pair".into() };
    assert_eq!(told(answer(404, "no such pair"), "X"), Next::Told(Err(declined)));
}

#[test]
fn a_pair_cannot_change_the_url_it_is_put_into() {
    for pair in ["ICP/USD", "BTC-EUR", "a", "A.B_c", &"P".repeat(32)] {
        assert_eq!(check_pair(pair), Ok(()), "{pair}");
    }
    for pair in ["", "ICP USD", "ICP&x=1", "ICP#", "ICP%2F", "ICP?", "ICP\n", "ä", &"P".repeat(33)] {
        assert!(check_pair(pair).is_err(), "{pair}");
    }
}
