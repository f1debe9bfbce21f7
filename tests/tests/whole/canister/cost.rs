//! What outcalls cost: never more than the canister says they do, and what is not used comes back.

use candid::{decode_one, encode_args, encode_one};
use outcall_canister::{
    config::Settings,
    cost::Costs,
    error::{NotSent, OrderError},
    limits::ORDER_ID_BYTES_MAX,
};
use outcall_harness::subnet::{Pricing, Subnet};
use outcall_tests::upstream::{Act, Script};

use super::{SIZES, Stage, call, configure, gateway_url, order, wasm};

/// What a canister on 13 nodes must have to call `raw_rand`: a response of 2 MiB is reserved for.
const CALL_RESERVE: u128 = 42_102_426_000;

async fn costs(subnet: &Subnet) -> Costs {
    decode_one(&subnet.query("outcall_cost", encode_args(()).unwrap()).await.unwrap()).unwrap()
}

#[tokio::test]
async fn an_outcall_takes_no_more_than_its_quote_and_the_rest_comes_back() {
    for nodes in SIZES {
        let mut stage = Stage::of(nodes, Script::always(Act::Varying), "").await;
        let quoted = costs(&stage.subnet).await;
        let before = stage.subnet.canister().cycles();
        let (_, price) = stage.price().await;
        let (_, longest) = stage.order(&"\"".repeat(ORDER_ID_BYTES_MAX)).await;
        for (update, quote) in [(&price, &quoted.price), (&longest, &quoted.order)] {
            let round = &update.rounds[0];
            assert_eq!(round.bill.pricing, Pricing::Version2);
            assert!(round.bill.attached <= quote.cycles, "{update}: {quote:?}");
            assert!(
                round.bill.attached > quote.cycles / 10 * 9,
                "the quote is no idle maximum: {update}: {quote:?}"
            );
            assert!(round.bill.charged() < round.bill.attached / 2, "it reserves for 30 s: {update}");
        }
        assert_eq!(before - stage.subnet.canister().cycles(), price.charged() + longest.charged());
    }
}

#[tokio::test]
async fn what_is_too_expensive_or_cannot_be_paid_is_not_sent() {
    let mut stage = Stage::of(13, Script::steps([Act::Varying]), "").await;
    let limit = Settings { cycles_per_outcall_max: Some(1_000_000), ..Settings::default() };
    configure(&mut stage.subnet, limit).await;
    let (told, update) = stage.order("order-42").await;
    let Err(OrderError::NotSent(NotSent::TooExpensive { quote, limit: 1_000_000 })) = told else {
        panic!("{told:?}")
    };
    assert!(update.rounds.is_empty() && quote <= costs(&stage.subnet).await.order.cycles, "{update}");
    let settings = Settings { gateway: Some(gateway_url(&stage.gateway)), ..Settings::default() };
    let poor = Subnet::embedded(13).cycles(CALL_RESERVE + quote / 2);
    let mut poor = poor.install(&wasm(), encode_one(settings).unwrap()).await.unwrap();
    let (told, update) = call(&mut poor, "place_order", order("order-42")).await;
    let low: Result<outcall_canister::order::Placed, _> = told;
    assert!(
        matches!(low, Err(OrderError::NotSent(NotSent::CyclesLow { .. }))) && update.rounds.is_empty(),
        "{low:?}"
    );
    configure(&mut stage.subnet, Settings { cycles_per_outcall_max: Some(quote), ..Settings::default() })
        .await;
    assert!(stage.order("order-42").await.0.is_ok(), "at its quote it is sent");
    stage.upstream.finish().await;
}
