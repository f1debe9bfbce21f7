//! Would the replicas agree?

use std::time::Duration;

use outcall_harness::{
    Answer, Build, Gateway, Schedule, Subnet, Update, Upstream,
    candid::{encode_args, utils::ArgumentEncoder},
};

/// Calls a method of the canister on a subnet of 13 nodes.
async fn call(method: &str, arguments: impl ArgumentEncoder, schedule: Schedule) -> Update {
    let wasm = Build::package("price-canister").run().unwrap_or_else(|error| panic!("{error}"));
    let mut subnet =
        Subnet::embedded(13).schedule(schedule).install(&wasm, encode_args(()).unwrap()).await.unwrap();
    subnet.update(method, encode_args(arguments).unwrap()).await
}

/// A service as they are: each answer has its time and an id.
async fn service() -> Upstream {
    let answer = |number: usize| {
        let at = number % 2;
        Answer::json(format!(r#"{{"price":"6.88","request_id":"a81f39c{at}"}}"#))
            .header("date", format!("Tue, 24 Nov 2026 12:00:0{at} GMT"))
    };
    Upstream::script().each("GET /price", move |asked| answer(asked.number)).start().await
}

#[tokio::test]
async fn thirteen_replicas_agree_on_a_price() {
    let service = service().await;
    let update = call("get_price", (service.url("/price"),), Schedule::together()).await;
    let price: Result<String, String> = update.expect_agreed().expect_reply();
    assert_eq!(price, Ok("6.88".to_owned()));
    service.expect_requests(13);
}

/// The control: it is the transform that makes them agree.
#[tokio::test]
async fn without_the_transform_they_diverge() {
    let service = service().await;
    let update = call("get_price_untransformed", (service.url("/price"),), Schedule::together()).await;
    update.expect_diverged().expect_differing(&["header date", "$.request_id"]);
}

/// Replicas are not simultaneous: one asks late, one twice, one never, and all of them within 50 ms.
#[tokio::test]
async fn they_agree_though_one_is_late_one_asks_twice_and_one_is_silent() {
    let service = service().await;
    let schedule = Schedule::skewed(7, Duration::from_millis(50)).late(3).resend(5).silent(8);
    let update = call("get_price", (service.url("/price"),), schedule).await;
    update.expect_agreed();
    service.expect_requests(13);
}

/// What the canister makes of a service that refuses is for a test, too.
#[tokio::test]
async fn a_service_that_is_down_is_told_to_the_caller() {
    let service = Upstream::always(Answer::new(503)).await;
    let update = call("get_price", (service.url("/price"),), Schedule::together()).await;
    let price: Result<String, String> = update.expect_agreed().expect_reply();
    assert_eq!(price, Err("status 503".to_owned()));
}

/// A service that takes orders, and executes whatever it receives.
async fn shop() -> Upstream {
    let bought = |number: usize| Answer::json(format!(r#"{{"price":"6.88","receipt":{number}}}"#));
    Upstream::script().each("POST /orders", move |order| bought(order.number)).start().await
}

#[tokio::test]
async fn an_order_is_placed_once_through_a_gateway_though_one_asks_twice_and_one_is_late() {
    let shop = shop().await;
    let gateway = Gateway::serving(&format!(r#"{{"/orders": "{}"}}"#, shop.url("/orders"))).await;
    let schedule = Schedule::skewed(7, Duration::from_millis(50)).late(3).resend(5);
    let update = call("place_order", (gateway.url("/orders"), 42_u64, 3_u32), schedule).await;
    let price: Result<String, String> = update.expect_agreed().expect_reply();
    assert_eq!(price, Ok("6.88".to_owned()));
    shop.expect_requests(1);
}

/// The control: without a gateway they agree all the same, and the order has been placed thirteen times.
#[tokio::test]
async fn an_order_without_a_gateway_is_placed_thirteen_times() {
    let shop = shop().await;
    let update = call("place_order", (shop.url("/orders"), 42_u64, 3_u32), Schedule::together()).await;
    update.expect_agreed();
    shop.expect_requests(13);
}
