//! Expectations, for tests: what should have come of an update, a round or a probe. An expectation that is not met
//! panics with the whole story, which side by side shows where the answers part, names the cause, and says what can be
//! done about it.
//!
//! ```
//! use outcall_harness::{Answer, Network, Subnet, Upstream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let wasm = wat::parse_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/subnet/tests/asker.wat")))?;
//! # let asking = |url: String| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
//! #     let request = ic_management_canister_types::HttpRequestArgs { url, ..Default::default() };
//! #     Ok(outcall_harness::candid::encode_one(request)?)
//! # };
//! let service = Upstream::each(|asked| Answer::text("4.23").header("date", format!("{}", asked.number))).await;
//! let mut subnet = Subnet::embedded(13).network(Network::trusting_nobody()?).install(&wasm, []).await?;
//! # subnet.update("attach", 30_000_000_000_u64.to_le_bytes()).await;
//! let update = subnet.update("ask", asking(service.url("/price"))?).await;
//! update.expect_outcalls(1).expect_requests(13).expect_diverged().expect_differing(&["header date"]);
//!
//! // Without its date:
//! let service = Upstream::always(Answer::text("4.23")).await;
//! let update = subnet.update("ask", asking(service.url("/price"))?).await;
//! let response = update.expect_agreed().rounds[0].expect_response();
//! assert_eq!(response.body, b"4.23");
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
