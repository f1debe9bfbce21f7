//! A canister that calls the web through the Outcall Gateway: a price by GET, an order by POST, a question whose answer takes
//! minutes.
//!
//! Every replica runs this code and sends its own request; the gateway turns them into one call. What the canister
//! has to do for that, in the order of an order's life:
//!
//! ```text
//! order      place_order: who may, what is well-formed
//! secret     32 random bytes, fetched once: without them nobody can guess a key
//! orders     which attempt of which order this is; written down before anything is sent
//! key        the same key on every replica, and on every retry of the same attempt
//! identity   where the gateway's routes are for some only: a token that the subnet signs, for this request alone
//! outcall    the request, its bounds, its cycles; and what came of it
//! transform  run by each replica on its own answer: status and body, nothing else
//! receipt    where one node is asked in place of all: is this the gateway's answer to this request?
//! reading    what the answer means: done, not done, perhaps done
//! orders     what the caller is told, and what a repeated call will do
//! ```
//!
//! `question` is an order whose answer takes minutes: it is posted once, then polled for by timers (`questions`, `poll`, `ticket`).
//! `price` is the same for a GET, where repeating is harmless. `config`, `cost`, `error`, `limits` and `state` are
//! what their names say. This file holds the endpoints and nothing else; `canister.did` describes them.

pub mod config;
pub mod cost;
pub mod error;
pub mod identity;
pub mod key;
pub mod limits;
pub mod order;
pub mod orders;
pub mod outcall;
pub mod poll;
pub mod price;
pub mod question;
pub mod questions;
pub mod reading;
pub mod receipt;
pub mod secret;
pub mod state;
pub mod ticket;
pub mod transform;

use ic_cdk::api::{is_controller, msg_caller};
use ic_cdk::{init, post_upgrade, pre_upgrade, query, update};
use ic_cdk_management_canister::{HttpRequestResult, TransformArgs};

use config::{Config, Settings};
use cost::Costs;
use error::{AskError, ConfigureError, NotSent, OrderError, PriceError};
use order::{Order, Placed};
use outcall::Trust;
use price::Price;
use questions::Answer;

#[init]
fn init(settings: Settings) {
    state::install(settings);
}

#[pre_upgrade]
fn pre_upgrade() {
    state::save();
}

#[post_upgrade]
fn post_upgrade(settings: Option<Settings>) {
    state::restore(settings);
    question::wake_all();
}

#[update]
async fn get_price(pair: String) -> Result<Price, PriceError> {
    price::get_price(msg_caller(), pair, Trust::Replicas).await
}

#[update]
async fn get_price_cheap(pair: String) -> Result<Price, PriceError> {
    price::get_price(msg_caller(), pair, Trust::Receipt).await
}

#[update]
async fn get_price_quorum(pair: String) -> Result<Price, PriceError> {
    price::get_price(msg_caller(), pair, Trust::AnyReceipt).await
}

#[update]
async fn place_order(order: Order) -> Result<Placed, OrderError> {
    order::place_order(msg_caller(), order, Trust::Replicas).await
}

#[update]
async fn place_order_cheap(order: Order) -> Result<Placed, OrderError> {
    order::place_order(msg_caller(), order, Trust::Receipt).await
}

#[update]
async fn ask_llm(prompt: String) -> Result<u64, AskError> {
    question::ask(msg_caller(), prompt).await
}

#[query]
fn llm_answer(number: u64) -> Option<Answer> {
    question::answer(number, &msg_caller())
}

#[update]
async fn caller_key() -> Result<String, NotSent> {
    let identity = state::read(|state| state.config.identity.clone());
    identity::public_key(identity.as_ref()).await
}

#[query]
fn transform(raw: TransformArgs) -> HttpRequestResult {
    transform::status_and_body(raw)
}

#[query]
fn transform_signed(raw: TransformArgs) -> HttpRequestResult {
    transform::what_is_signed(raw)
}

#[query]
fn outcall_cost() -> Costs {
    cost::costs(&state::read(|state| state.config.clone()))
}

#[query]
fn configuration() -> Config {
    state::read(|state| state.config.clone())
}

#[update]
fn configure(settings: Settings) -> Result<Config, ConfigureError> {
    if !is_controller(&msg_caller()) {
        return Err(ConfigureError::NotAController);
    }
    state::write(|state| state.configure(settings)).map_err(ConfigureError::Invalid)
}

#[cfg(test)]
mod tests {
    use candid_parser::utils::{CandidSource, service_equal};

    use super::*;

    candid::export_service!();

    #[test]
    fn the_interface_is_the_one_that_canister_did_describes() {
        let written = CandidSource::Text(include_str!("../canister.did"));
        service_equal(CandidSource::Text(&__export_service()), written).unwrap();
    }
}
