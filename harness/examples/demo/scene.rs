//! What is played: the same update twice, directly and through the gateway, and what must come of it.

use std::time::Duration;

use outcall_canister::{
    error::{NotSent, OrderError, PriceError},
    order::{Order, Placed, Side},
    price::Price,
    reading::Cause,
};
use outcall_harness::{schedule::Schedule, subnet::Update, verdict::Verdict};

use crate::{
    Failure,
    stage::{Stage, Way},
    upstream::BREAKING,
};

/// How far apart the replicas send.
pub(crate) const SKEW: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    /// A GET.
    Price,
    /// A POST that some replicas send twice, and one when it is all over.
    Order,
    /// A POST to an upstream that breaks off when it has read it.
    BrokenOff,
}

/// A scene on both ways.
pub(crate) struct Played {
    pub(crate) directly: Seen,
    pub(crate) through_gateway: Seen,
}

/// What was seen of an update.
pub(crate) struct Seen {
    pub(crate) update: Update,
    /// Requests that reached the upstream.
    pub(crate) requests: u64,
    /// What the canister's caller gets.
    pub(crate) told: String,
    /// Whether it is what this way promises.
    pub(crate) as_promised: bool,
}

impl Scene {
    pub(crate) const ALL: [Self; 3] = [Self::Price, Self::Order, Self::BrokenOff];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Scene::Price => "GET: get_price",
            Scene::Order => "POST: place_order; replicas 2 and 5 send twice, replica 7 comes late",
            Scene::BrokenOff => "POST: place_order; the upstream breaks off when it has read the order",
        }
    }

    pub(crate) async fn play(self, stage: &mut Stage<'_>, seed: u64) -> Result<Played, Failure> {
        let directly = self.on(Way::Directly, stage, seed).await?;
        let through_gateway = self.on(Way::ThroughGateway, stage, seed).await?;
        Ok(Played { directly, through_gateway })
    }

    async fn on(self, way: Way, stage: &mut Stage<'_>, seed: u64) -> Result<Seen, Failure> {
        let skewed = Schedule::skewed(seed, SKEW);
        let (path, schedule) = match self {
            Scene::Price => ("/order", skewed),
            Scene::Order => ("/order", skewed.resend(2).resend(5).late(7)),
            Scene::BrokenOff => (BREAKING, skewed),
        };
        stage.set(way, path, schedule).await?;
        let (update, requests) = match self {
            Scene::Price => stage.update("get_price", "ICP/USD").await?,
            Scene::Order | Scene::BrokenOff => stage.update("place_order", self.order(way)).await?,
        };
        let told = match self {
            Scene::Price => price_told(update.value()?),
            Scene::Order | Scene::BrokenOff => order_told(update.value()?),
        };
        let as_promised = promised(way, &update, requests, stage.nodes());
        Ok(Seen { update, requests, told, as_promised })
    }

    /// An id means one order for ever, so each way has its own.
    fn order(self, way: Way) -> Order {
        let id = format!("{self:?}-{way:?}");
        Order { id, pair: "ICP/USD".to_owned(), side: Side::Buy, amount_e8s: 100_000_000 }
    }
}

impl Played {
    pub(crate) fn kept(&self) -> bool {
        self.directly.as_promised && self.through_gateway.as_promised
    }
}

/// Through the gateway: every outcall agrees, and the upstream is asked once. Directly: none agrees, and every
/// replica asks.
fn promised(way: Way, update: &Update, requests: u64, nodes: usize) -> bool {
    match way {
        Way::ThroughGateway => update.is_agreed() && requests == 1,
        Way::Directly => {
            let agrees =
                |round: &outcall_harness::subnet::Round| matches!(round.verdict, Verdict::Agreed { .. });
            !update.rounds.is_empty() && !update.rounds.iter().any(agrees) && requests >= nodes as u64
        }
    }
}

fn price_told(told: Result<Price, PriceError>) -> String {
    match told {
        Ok(Price { pair, price }) => format!("{pair} {price}"),
        Err(PriceError::Unavailable(cause)) => caused("unavailable", &cause),
        Err(PriceError::NotSent(not_sent)) => unsent(&not_sent),
        Err(PriceError::Declined { status, body }) => format!("declined: {status} {body}"),
        Err(PriceError::Unreadable(why)) => format!("unreadable: {why}"),
    }
}

fn order_told(told: Result<Placed, OrderError>) -> String {
    match told {
        Ok(Placed { status, body }) => format!("placed: {status} {body}"),
        Err(OrderError::Unknown { cause, .. }) => caused("unknown", &cause),
        Err(OrderError::NotExecuted(cause)) => caused("not executed", &cause),
        Err(OrderError::Reconcile { cause, .. }) => caused("reconcile", &cause),
        Err(OrderError::NotSent(not_sent)) => unsent(&not_sent),
        Err(other) => format!("{other:?}"),
    }
}

fn caused(what: &str, cause: &Cause) -> String {
    format!("{what}: {}: {}", cause.kind, cause.detail)
}

fn unsent(why: &NotSent) -> String {
    format!("not sent: {why:?}")
}
