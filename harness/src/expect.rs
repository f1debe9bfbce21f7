//! Expectations, for tests: what should have come of an update, a round or a probe. An expectation that is not met
//! panics with the whole story, which side by side shows where the answers part, names the cause, and says what can be
//! done about it.
//!
//! ```no_run
//! # use outcall_harness::{Cause, Subnet, candid};
//! # async fn example(wasm: &[u8], pair: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
//! let mut subnet = Subnet::embedded(13).install(wasm, candid::encode_args(())?).await?;
//! let update = subnet.update("get_price", pair).await;
//! let price: String = update.expect_agreed().expect_requests(13).expect_reply();
//! # Ok(())
//! # }
//! ```
//!
//! Of an update ([`Update`](crate::subnet::Update)):
//!
//! | expectation | of | gives |
//! |---|---|---|
//! | `expect_agreed` | its outcalls: there are some, and all of them agreed | the update |
//! | `expect_diverged`, `expect_timed_out`, `expect_rejected` | its outcalls: one of them ended so | that round |
//! | `expect_outcalls`, `expect_requests` | its outcalls: their number, and that of all requests | the update |
//! | `expect_reply` | its answer: this type of Candid | the value |
//! | `expect_rejection` | its answer: there is none | the reject |
//!
//! Of an outcall ([`Round`](crate::subnet::Round)): `expect_agreed`, `expect_diverged`, `expect_timed_out`,
//! `expect_rejected`, `expect_requests`, and `expect_response`, which gives what the canister got, and
//! `expect_differing`, in which places the votes differ. Of a probe's report: `expect_agreed`, `expect_diverged`. Of a
//! scripted service: [`expect_requests`](crate::upstream::Upstream::expect_requests).
//!
//! What a canister makes of an answer is not the subnet's verdict: an update may be rejected though its outcalls agreed,
//! and may reply though they did not. So outcalls and answer are expected apart.

mod message;
#[cfg(feature = "probe")]
mod report;
mod round;
#[cfg(test)]
mod tests;
mod update;
