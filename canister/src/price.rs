//! The story of a price: a GET, where every call is an intent of its own.
//!
//! Nothing is remembered but how many calls there were, so that no two of them share a key. A repeated outcall
//! within one call keeps the key: if the first one was led, the gateway has its answer on record.

use candid::{CandidType, Principal};
use ic_cdk::api::is_controller;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    error::{NotSent, PriceError},
    identity,
    key::{Intent, key},
    limits::{ASKS_PER_CALL, PAIR_BYTES_MAX},
    outcall::{self, Heard, Trust},
    reading::{Cause, Reading, read},
    secret, state,
};

/// What something costs.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// What was asked for.
    pub pair: String,
    /// The price with the digits that the backend wrote.
    pub price: String,
}

/// Asks the backend for the price of a pair, such as `ICP/USD`.
///
/// # Errors
/// See [`PriceError`].
pub async fn get_price(caller: Principal, pair: String, trust: Trust) -> Result<Price, PriceError> {
    let allowed = state::read(|state| state.config.admits(&caller, is_controller(&caller)));
    if !allowed {
        return Err(PriceError::NotSent(NotSent::NotAllowed));
    }
    check_pair(&pair).map_err(PriceError::NotSent)?;
    state::read(|state| outcall::may_trust(&state.config, trust)).map_err(PriceError::NotSent)?;
    let secret = secret::get().await.map_err(PriceError::NotSent)?;
    let config = state::read(|state| state.config.clone());
    let number = state::write(|state| state.next_price());
    let key = key(&secret, Intent::Price { number }, 1);
    let url = config.price_url(&pair);
    let mut asks_left = ASKS_PER_CALL;
    loop {
        let request = outcall::get(&config, &url, key.clone(), config.price_response_bytes_max);
        let request = identity::of_price(config.identity.as_ref(), request).await;
        let request = request.map_err(PriceError::NotSent)?;
        let heard = outcall::send(&config, request, trust, 0).await;
        asks_left -= 1;
        match told(heard, &pair) {
            Next::AskAgain(_) if asks_left > 0 => {}
            Next::AskAgain(cause) => return Err(PriceError::Unavailable(cause)),
            Next::Told(told) => return told,
        }
    }
}

/// What an outcall comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// The gateway may have the answer by now, or soon.
    AskAgain(Cause),
    /// This is what the caller is told.
    Told(Result<Price, PriceError>),
}

fn told(heard: Heard, pair: &str) -> Next {
    let (status, body) = match heard {
        Heard::Nothing(reason) => return Next::Told(Err(PriceError::NotSent(reason))),
        Heard::Silence(cause) => return Next::AskAgain(cause),
        Heard::Answer { status, body } => (status, body),
    };
    match read(status, &body) {
        Reading::Success => Next::Told(price(pair, &body)),
        Reading::Declined => {
            let body = String::from_utf8_lossy(&body).into_owned();
            Next::Told(Err(PriceError::Declined { status, body }))
        }
        Reading::NotExecuted(cause) | Reading::Executed(cause) => {
            Next::Told(Err(PriceError::Unavailable(cause)))
        }
        Reading::Unknown(cause) => Next::AskAgain(cause),
    }
}

/// Reads `{"price": "4.23"}` or `{"price": 4.23}`, with the digits as they are.
fn price(pair: &str, body: &[u8]) -> Result<Price, PriceError> {
    #[derive(Deserialize)]
    struct Quote<'a> {
        #[serde(borrow)]
        price: &'a RawValue,
    }
    let quote: Quote<'_> =
        serde_json::from_slice(body).map_err(|error| PriceError::Unreadable(error.to_string()))?;
    let digits = quote.price.get().trim_matches('"');
    let looks_right = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if !looks_right {
        return Err(PriceError::Unreadable("The member price is not a number.".into()));
    }
    Ok(Price { pair: pair.to_owned(), price: digits.to_owned() })
}

/// Letters, digits, slash, dash, dot and underscore: none of them needs an escape in a URL's query.
pub(crate) fn check_pair(pair: &str) -> Result<(), NotSent> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_');
    if (1..=PAIR_BYTES_MAX).contains(&pair.len()) && pair.bytes().all(fits) {
        return Ok(());
    }
    Err(NotSent::Invalid(format!("pair must be 1 to {PAIR_BYTES_MAX} letters, digits, or any of / - . _")))
}

#[cfg(test)]
mod tests;
