//! The pure part of the Outcall Gateway: what the gateway, the sample canister and the harness must agree on.
//!
//! No IO, no clock, no randomness: the same bytes in give the same bytes out, on every machine and in Wasm.
//!
//! | file | what it decides |
//! |---|---|
//! | [`key`] | what an `Idempotency-Key` is |
//! | [`fingerprint`] | whether two requests are the same request |
//! | [`outcall_id`] | which outcall a request belongs to, and the key its upstream sees |
//! | [`ticket`] | where the answer will be to an outcall that takes minutes |
//! | [`receipt`] | what the gateway signs, and how a canister verifies that an answer is the one to its request |
//! | [`token`] | how a canister says who it is |
//! | [`header`] | which fields count, and which values the Internet Computer takes |
//! | [`json`] | the one spelling of a JSON text |
//! | `jq` (feature `jq`) | the part of a JSON text that a route asked for |
//! | [`limits`] | what a replica refuses |
//! | [`digest`] | the hash under all of them |

pub mod base64;
pub mod digest;
pub mod fingerprint;
pub mod header;
#[cfg(feature = "jq")]
pub mod jq;
pub mod json;
pub mod key;
pub mod limits;
pub mod outcall_id;
pub mod receipt;
pub mod ticket;
pub mod token;
