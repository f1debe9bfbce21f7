//! What a canister's caller is told, in a few words, for tables.

use outcall_canister::{
    error::{NotSent, OrderError, PriceError},
    order::Placed,
    price::Price,
    reading::Cause,
};

pub(super) fn price(told: &Result<Price, PriceError>) -> String {
    match told {
        Ok(price) => price.price.clone(),
        Err(PriceError::Unavailable(cause)) => format!("unavailable: {}", kind(cause)),
        Err(PriceError::Declined { status, .. }) => format!("declined: {status}"),
        Err(PriceError::Unreadable(_)) => "unreadable".to_owned(),
        Err(PriceError::NotSent(why)) => not_sent(why),
    }
}

pub(super) fn order(told: &Result<Placed, OrderError>) -> String {
    match told {
        Ok(placed) => format!("placed: {}", placed.status),
        Err(OrderError::Unknown { cause, asks_left }) => {
            format!("unknown, {asks_left} left: {}", kind(cause))
        }
        Err(OrderError::NotExecuted(cause)) => format!("not executed: {}", kind(cause)),
        Err(OrderError::Declined { status, .. }) => format!("declined: {status}"),
        Err(OrderError::Reconcile { cause, answered: true }) => {
            format!("reconcile, answered: {}", kind(cause))
        }
        Err(OrderError::Reconcile { cause, answered: false }) => format!("reconcile: {}", kind(cause)),
        Err(OrderError::NotSent(why)) => not_sent(why),
        Err(error @ (OrderError::IdReused | OrderError::InProgress | OrderError::Full)) => {
            format!("{error:?}")
        }
    }
}

/// The kind of a cause; of a reject also the first words, up to what differs between subnets.
fn kind(cause: &Cause) -> String {
    match cause.kind.as_str() {
        "reject" => format!("reject {}", cause.detail.split_inclusive(['.', '{']).next().unwrap_or("")),
        kind => kind.to_owned(),
    }
}

fn not_sent(why: &NotSent) -> String {
    format!("not sent: {why:?}")
}
