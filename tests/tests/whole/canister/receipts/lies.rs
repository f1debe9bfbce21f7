//! What a node can do to what it was told to ask, and to what it was answered: each is noticed by its own name.

use std::sync::Mutex;

use super::*;

fn without_receipt(answer: &str) -> String {
    let lines = answer.split_inclusive("\r\n");
    lines
        .filter(|line| {
            !outcall_protocol::receipt::FIELDS.iter().any(|field| line.starts_with(&format!("{field}:")))
        })
        .collect()
}

/// One of the gateway's own refusals, as anybody can write it.
fn refusal(executed: &str) -> String {
    let body = format!(
        r#"{{"type":"urn:outcall-gateway:draining","title":"T","status":503,"detail":"D.","executed":"{executed}"}}"#
    );
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn whatever_a_node_does_to_an_answer_is_noticed_by_its_own_name() {
    type Lie = fn(&str) -> String;
    let lies: [(Lie, &str); 8] = [
        (dearer, "receipt-body-changed"),
        (|answer| answer.replacen("200 OK", "203 OK", 1), "receipt-wrong-signature"),
        (|answer| answer.replacen("application/json", "application/JSON", 1), "receipt-wrong-signature"),
        (|answer| answer.replacen("created=1", "created=2", 1), "receipt-wrong-signature"),
        (
            |answer| {
                answer.replacen("content-digest:", "content-digesT:", 1).replacen(
                    "content-digesT:",
                    "x-digest:",
                    1,
                )
            },
            "receipt-missing",
        ),
        (|answer| answer.replacen("keyid=\"now\"", "keyid=\"old\"", 1), "receipt-unknown-key"),
        (without_receipt, "receipt-unsigned"),
        (|_| refusal("no"), "receipt-unsigned"),
    ];
    for (lie, kind) in lies {
        let told = move |_: usize, answer: String| lie(&answer);
        let mut scene = Scene::of(13, Script::steps([Act::Varying]), told).await;
        let (told, update) = scene.price("get_price_cheap").await;
        assert_eq!(told, format!("unavailable: {kind}"), "{update}: {:?}", scene.between.answers());
        assert_eq!(update.rounds.len(), 2, "it asks once more");
        scene.upstream.finish().await;
    }
}

/// The first answer over and over, whatever is asked.
#[derive(Default)]
struct Replaying(Mutex<Option<String>>);

impl Malice for Replaying {
    fn answer(&self, _: usize, answer: String) -> String {
        self.0.lock().unwrap().get_or_insert(answer).clone()
    }
}

#[tokio::test]
async fn the_answer_to_another_key_is_not_taken_for_this_ones() {
    let mut scene = Scene::of(13, Script::steps([Act::Varying, Act::Varying]), Replaying::default()).await;
    assert!(scene.price("get_price_cheap").await.0.parse::<f64>().is_ok(), "it is the answer to the first");
    assert_eq!(scene.price("get_price_cheap").await.0, "unavailable: receipt-other-request");
    scene.upstream.finish().await;
}

/// Time passes between the gateway's answer and the node's handing it over; or the canister's clock is behind.
#[tokio::test]
async fn an_answer_of_yesterday_is_not_one_of_today_nor_one_of_tomorrow() {
    let mut scene = Scene::of(13, Script::always(Act::Varying), honest).await;
    assert!(scene.price("get_price_cheap").await.0.parse::<f64>().is_ok());
    scene.subnet.advance(Duration::from_secs(AGE_S_MAX + 60)).await.unwrap();
    assert_eq!(scene.price("get_price_cheap").await.0, "unavailable: receipt-stale");
    // An order may be asked for longer.
    assert_eq!(scene.order().await.0, "placed: 200");
    scene.subnet.advance(Duration::from_secs(3_600)).await.unwrap();
    let (told, _) = call(&mut scene.subnet, "place_order_cheap", order("order-43")).await;
    assert_eq!(told::order(&told), "unknown, 4 left: receipt-stale");

    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let config = routes(&upstream.url(""), "").replacen('{', &format!("{{{}, ", signing("now")), 1);
    let gateway = Gateway::start(&config).await;
    let mut early = installed(13, &gateway_url(&gateway)).await;
    configure(&mut early, receipts("now")).await;
    let (told, _) = call(&mut early, "get_price_cheap", "ICP/USD").await;
    assert_eq!(told::price(&told), "unavailable: receipt-ahead");
    upstream.finish().await;
}

#[tokio::test]
async fn a_signature_of_anybody_elses_is_wrong() {
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), honest).await;
    configure(&mut scene.subnet, receipts("stranger")).await;
    assert_eq!(scene.price("get_price_cheap").await.0, "unavailable: receipt-wrong-signature");
    scene.upstream.finish().await;
}

/// Sends another amount under the order's key, at first.
struct Greedy;

impl Malice for Greedy {
    fn request(&self, number: usize, request: String) -> Option<String> {
        Some(if number == 0 { request.replacen("150000000", "950000000", 1) } else { request })
    }
    fn answer(&self, _: usize, answer: String) -> String {
        answer
    }
}

/// A receipt cannot undo what the backend did; but nobody takes it for what was wanted.
#[tokio::test]
async fn another_body_under_the_orders_key_is_never_told_as_the_order() {
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), Greedy).await;
    let (told, update) = scene.order().await;
    // Asked again, the gateway says that the key was used for another request, which it does not sign.
    assert_eq!(told, "unknown, 4 left: receipt-unsigned", "{update}");
    let answers = scene.between.answers();
    assert!(answers[0].starts_with("HTTP/1.1 200") && answers[1].starts_with("HTTP/1.1 422"), "{answers:?}");
    let seen = scene.upstream.finish().await;
    assert!(seen[0].text().contains("950000000"), "the attack was made");
}

/// The same in one ask, so that the error is its own.
#[tokio::test]
async fn the_receipt_of_another_body_names_itself() {
    struct Always;
    impl Malice for Always {
        fn request(&self, _: usize, request: String) -> Option<String> {
            Some(request.replacen("150000000", "950000000", 1))
        }
        fn answer(&self, _: usize, answer: String) -> String {
            answer
        }
    }
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), Always).await;
    assert_eq!(scene.order().await.0, "unknown, 4 left: receipt-other-request");
    scene.upstream.finish().await;
}

/// Who says that nothing was executed may wish that the order is sent again under a new key.
#[tokio::test]
async fn a_no_that_is_not_signed_is_not_a_no() {
    struct Denying;
    impl Malice for Denying {
        fn answer(&self, number: usize, answer: String) -> String {
            if number == 0 { refusal("no") } else { answer }
        }
    }
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), Denying).await;
    let (told, update) = scene.order().await;
    assert_eq!(
        (told.as_str(), update.rounds.len()),
        ("placed: 200", 2),
        "the same key is asked again: {update}"
    );
    assert_eq!(scene.upstream.finish().await.len(), 1);
}

/// A *no* holds while it is remembered. Then the key is free: a node that has kept one could have the order executed, show
/// the *no*, and have it executed once more under a new key.
#[tokio::test]
async fn a_no_of_a_while_ago_is_not_a_no() {
    for (later_s, expected) in
        [(0, "not executed: upstream-unreachable"), (120, "unknown, 2 left: receipt-stale")]
    {
        let upstream = outcall_tests::upstream::Refusing::bind();
        let config = routes(&upstream.url(""), "").replacen('{', &format!("{{{}, ", signing("now")), 1);
        let gateway = Gateway::start(&config).await;
        let hiding =
            |number: usize, answer: String| if number < 2 { without_receipt(&answer) } else { answer };
        let between = Malicious::before(gateway.addr(), hiding).await;
        let mut subnet = installed(13, &between.url()).await;
        configure(&mut subnet, receipts("now")).await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        subnet.advance(now - Duration::from_secs(BEGINNING_S)).await.unwrap();
        let (told, _) = call(&mut subnet, "place_order_cheap", order("a")).await;
        assert_eq!(told::order(&told), "unknown, 4 left: receipt-unsigned");
        subnet.advance(Duration::from_secs(later_s)).await.unwrap();
        let (told, _) = call(&mut subnet, "place_order_cheap", order("a")).await;
        assert_eq!(told::order(&told), expected, "{later_s} s later");
    }
}
