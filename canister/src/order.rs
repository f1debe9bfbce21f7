//! The story of an order: a POST that must be executed once, whatever happens on the way.

use candid::{CandidType, Principal};
use ic_cdk::api::{is_controller, time};
use serde::{Deserialize, Serialize};

use crate::{
    error::{NotSent, OrderError},
    identity,
    key::{Intent, key},
    limits::{ASKS_PER_CALL, ORDER_ID_BYTES_MAX},
    orders::{Ask, Next},
    outcall::{self, Heard, Trust},
    price::check_pair,
    secret, state,
};

/// Something to be bought or sold, once.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Chosen by the caller. The same caller with the same id means the same order.
    pub id: String,
    /// What is traded, such as `ICP/USD`.
    pub pair: String,
    /// Buy or sell.
    pub side: Side,
    /// How much, in units of 10^-8.
    pub amount_e8s: u64,
}

/// The direction of an order.
#[derive(CandidType, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The caller gets the first of the pair.
    #[serde(rename = "buy")]
    Buy,
    /// The caller gives the first of the pair.
    #[serde(rename = "sell")]
    Sell,
}

/// The backend's confirmation. Repeating the order gives the same one, without an outcall.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The backend's status, 2xx.
    pub status: u16,
    /// The backend's words.
    pub body: String,
}

/// Places an order, or finds out what became of it.
///
/// # Errors
/// See [`OrderError`]: each case says what to do.
pub async fn place_order(caller: Principal, order: Order, trust: Trust) -> Result<Placed, OrderError> {
    let allowed = state::read(|state| state.config.admits(&caller, is_controller(&caller)));
    if !allowed {
        return Err(OrderError::NotSent(NotSent::NotAllowed));
    }
    check(&order).map_err(OrderError::NotSent)?;
    state::read(|state| outcall::may_trust(&state.config, trust)).map_err(OrderError::NotSent)?;
    let secret = secret::get().await.map_err(OrderError::NotSent)?;
    let config = state::read(|state| state.config.clone());
    let mut last = None;
    for _ in 0..ASKS_PER_CALL {
        // What `begin` writes down is committed before the order is sent: with the outcall, or with the signature that it
        // needs. Should anything trap from here on, the order counts as perhaps sent.
        let ask = match begin(caller, &order) {
            Next::Ask(ask) => ask,
            Next::Told(told) => return told,
        };
        let key = key(&secret, Intent::Order { caller: &caller, id: &order.id }, ask.attempt);
        let request =
            outcall::post(&config, &ask.request.url, &ask.request.body, key, config.order_response_bytes_max);
        let under_way = UnderWay(Some(ask));
        let heard = match identity::of_order(config.identity.as_ref(), request).await {
            // An order's answer stands for as long as its key is asked.
            Ok(request) => outcall::send(&config, request, trust, config.ask_again_within_s).await,
            Err(reason) => Heard::Nothing(reason),
        };
        let told = under_way.settle(heard);
        if !matches!(told, Err(OrderError::Unknown { .. })) {
            return told;
        }
        last = Some(told);
    }
    last.unwrap_or(Err(OrderError::InProgress))
}

fn begin(caller: Principal, order: &Order) -> Next {
    state::write(|state| {
        let url = state.config.order_url();
        let body = body(&caller, order);
        state.orders.begin(caller, order, url, body, state.config.ask_again_within_s, time())
    })
}

/// An ask whose outcall is under way. Dropped unsettled, it says so in the state: that happens when the code after
/// the outcall traps, since the system then rolls back to the await and lets `ic-cdk` drop what was waiting.
struct UnderWay(Option<Ask>);

impl UnderWay {
    fn settle(mut self, heard: Heard) -> Result<Placed, OrderError> {
        match self.0.take() {
            Some(ask) => state::write(|state| state.orders.settle(&ask, heard, time())),
            None => Err(OrderError::InProgress),
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(ask) = self.0.take() {
            state::write(|state| state.orders.interrupted(&ask));
        }
    }
}

/// What the backend reads. It names the caller and the id, so that an order can be found there.
pub(crate) fn body(caller: &Principal, order: &Order) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        caller: String,
        #[serde(flatten)]
        order: &'a Order,
    }
    // Strings and numbers always serialise; an empty body would be refused by any backend.
    serde_json::to_string(&Body { caller: caller.to_text(), order }).unwrap_or_default()
}

fn check(order: &Order) -> Result<(), NotSent> {
    let id_fits = (1..=ORDER_ID_BYTES_MAX).contains(&order.id.len())
        && order.id.bytes().all(|byte| byte.is_ascii_graphic());
    if !id_fits {
        return Err(NotSent::Invalid(format!(
            "id must be 1 to {ORDER_ID_BYTES_MAX} visible ASCII characters"
        )));
    }
    if order.amount_e8s == 0 {
        return Err(NotSent::Invalid("amount_e8s must not be 0".into()));
    }
    check_pair(&order.pair)
}

#[cfg(test)]
mod tests;
