//! Would the replicas agree? The harness plays a subnet of the Internet Computer that makes an HTTPS outcall: every
//! replica sends its own real request, and the subnet's rules decide.
//!
//! ```text
//! outcall         what a canister asks for, what a replica gets, what it votes for
//! reject          how a message fails, for whoever sent it
//! rules/limits    what the management canister refuses, before anything is sent
//! schedule        who sends when, who sends twice, late, or never
//! adapter         one replica's real request, as the replica's adapter makes it
//! http_response   the Candid form that the transform is given
//! flexible_result the Candid form of what a flexible outcall replies
//! replica         the record of what one replica sent, got and voted for
//! rules/consensus agree, diverge or run out of time
//! rules/flexible  bring as many responses as are wanted, or fail
//! verdict         the decision, and for a divergence the first difference, in words
//! finding         everything in which answers differ, and why: by look, by name
//! rules/price     what it cost
//! rules/budget    what each replica may spend of it
//! expect          what tests expect of all that, and what they say when it is not met
//! upstream        a service for tests, scripted
//! gateway         the real gateway beside a test, between canister and service
//! probe           a URL, asked by all replicas without a canister: what differs, why, and what would mend it
//! ```
//!
//! All of it but [`adapter`], [`upstream`], [`gateway`] and the asking itself is pure: no network, no clock, no
//! randomness but a seed's. A canister's own tests want [`Subnet`] and [`expect`]; the repository's page `docs/testing-your-canister.md`
//! is the way there. Without a canister, and so without a transform, thirteen replicas are asked like this:
//!
//! ```
//! use std::time::Duration;
//!
//! use outcall_harness::{
//!     Answer, Network, Request, Upstream,
//!     adapter::Adapter,
//!     http_response,
//!     outcall::Content,
//!     replica::Replica,
//!     verdict,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A service whose clock moves on behind the eighth answer.
//! let dated = |second| Answer::text("4.23").header("date", format!("Mon, 01 Jan 2029 00:00:0{second} GMT"));
//! let service = Upstream::each(move |asked| dated(asked.number / 8)).await;
//!
//! let network = Network::trusting_nobody()?;
//! let request = Request::get(service.url("/price")).max_response_bytes(4_000);
//! let mut records = Vec::new();
//! for number in 0..13 {
//!     let fetched = Adapter::new(&network).fetch(&request).await;
//!     let reply = fetched.outcome.as_ref().ok().map(http_response::encode).transpose()?;
//!     let record = Replica::fetched(number, Duration::ZERO, fetched);
//!     records.push(match reply {
//!         Some(reply) => record.voting(Content::Success(reply)),
//!         None => record,
//!     });
//! }
//! assert_eq!(
//!     verdict::judge(13, 0, &mut records).to_string(),
//!     r#"diverged: header date: "Mon, 01 Jan 2029 00:00:00 GMT" in 8 replicas, "Mon, 01 Jan 2029 00:00:01 GMT" in 5"#
//! );
//! # Ok(())
//! # }
//! ```

pub mod adapter;
#[cfg(feature = "cli")]
mod cli;
pub mod engine;
pub mod expect;
pub mod finding;
pub mod flexible_result;
pub mod gateway;
pub mod http_response;
pub mod outcall;
#[cfg(feature = "probe")]
pub mod probe;
pub mod reject;
pub mod replica;
pub mod report;
pub mod rules;
pub mod schedule;
pub mod subnet;
pub mod upstream;
pub mod verdict;
pub mod wasm;

/// To write arguments and to read replies, in the version that is used here.
pub use candid;
#[cfg(feature = "cli")]
pub use cli::main;

#[cfg(feature = "probe")]
#[doc(inline)]
pub use crate::probe::Probe;
/// What most tests need.
#[doc(inline)]
pub use crate::{
    adapter::Network,
    finding::Cause,
    gateway::Gateway,
    outcall::{Request, Response},
    reject::{Reject, RejectCode},
    schedule::Schedule,
    subnet::{Round, Subnet, Update},
    upstream::{Answer, Gate, Upstream},
    verdict::Verdict,
    wasm::Build,
};
