//! What went wrong, and what the caller should do about it. `canister.did` says the same to candid's readers.

use candid::CandidType;
use serde::Deserialize;

use crate::reading::Cause;

/// This call sent nothing. What earlier calls sent is untouched: for an order, repeat the same one.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// The caller may not cause outcalls here. Ask a controller.
    #[serde(rename = "not_allowed")]
    NotAllowed,
    /// The argument is not well-formed; the text says which part. Correct it.
    #[serde(rename = "invalid")]
    Invalid(String),
    /// The random bytes for keys could not be fetched. Try again.
    #[serde(rename = "no_secret")]
    NoSecret(String),
    /// The quote is above the configured limit. A controller may raise the limit or lower the bounds.
    #[serde(rename = "too_expensive")]
    TooExpensive {
        /// Cycles that the outcall would need.
        quote: u128,
        /// Cycles that the configuration allows.
        limit: u128,
    },
    /// The canister has too few cycles. Top it up, then try again.
    #[serde(rename = "cycles_low")]
    CyclesLow {
        /// Cycles that the canister can spend.
        available: u128,
        /// Cycles that the call needs.
        required: u128,
    },
    /// The configuration names no public key of the gateway, so one node cannot be believed.
    #[serde(rename = "no_receipt_key")]
    NoReceiptKey,
    /// The subnet did not sign this canister's token; the text says why. Try again.
    #[serde(rename = "no_token")]
    NoToken(String),
    /// The system did not take the call: too many are under way. Try again later.
    #[serde(rename = "queue_full")]
    QueueFull,
}

impl From<NotSent> for Cause {
    /// For what goes on by itself, and tells why it stood still.
    fn from(reason: NotSent) -> Self {
        Self { kind: "not_sent".into(), detail: format!("The outcall was not made: {reason:?}") }
    }
}

/// Why there is no price. Repeating is always safe: a GET changes nothing.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum PriceError {
    /// Nothing was sent.
    #[serde(rename = "not_sent")]
    NotSent(NotSent),
    /// No answer came, or it was lost. Try again later.
    #[serde(rename = "unavailable")]
    Unavailable(Cause),
    /// The backend refused. Trying again will not help.
    #[serde(rename = "declined")]
    Declined {
        /// The backend's status, 4xx.
        status: u16,
        /// The backend's words.
        body: String,
    },
    /// The backend answered with something that has no price in it. A controller should look at the route.
    #[serde(rename = "unreadable")]
    Unreadable(String),
}

/// Why there is no confirmation of an order.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum OrderError {
    /// This call sent nothing.
    #[serde(rename = "not_sent")]
    NotSent(NotSent),
    /// This caller used this id before, for another order. Nothing was sent. Take a new id.
    #[serde(rename = "id_reused")]
    IdReused,
    /// An outcall for this very order is under way. Nothing more was sent. Ask again in a few seconds.
    #[serde(rename = "in_progress")]
    InProgress,
    /// Every order that is remembered is still unsettled. Nothing was sent. Try again later.
    #[serde(rename = "full")]
    Full,
    /// Surely not executed. Repeat the same order after a pause: it will be sent under a new key.
    #[serde(rename = "not_executed")]
    NotExecuted(Cause),
    /// Perhaps executed. Repeat the same order after a pause: the same key will be asked again, which cannot
    /// execute it twice.
    #[serde(rename = "unknown")]
    Unknown {
        /// What happened.
        cause: Cause,
        /// How many outcalls are left before the answer is `reconcile`.
        asks_left: u32,
    },
    /// The backend refused it. Final; another order needs a new id.
    #[serde(rename = "declined")]
    Declined {
        /// The backend's status, 4xx.
        status: u16,
        /// The backend's words.
        body: String,
    },
    /// Final, and undecided here: ask the backend for the order with this caller and id, and decide by what it says.
    /// Do not place it under a new id before.
    #[serde(rename = "reconcile")]
    Reconcile {
        /// What happened.
        cause: Cause,
        /// Whether the backend is known to have answered; its answer is lost or does not say.
        answered: bool,
    },
}

/// Why a question was not asked. Nothing was sent.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum AskError {
    /// For this reason.
    #[serde(rename = "not_sent")]
    NotSent(NotSent),
    /// Every question that is remembered still waits for its answer. Try again later.
    #[serde(rename = "full")]
    Full,
}

/// Why the configuration stays as it is.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum ConfigureError {
    /// Only controllers may.
    #[serde(rename = "not_a_controller")]
    NotAController,
    /// A member cannot be; the text says which and why.
    #[serde(rename = "invalid")]
    Invalid(String),
}
