//! One call out, one answer for every replica: a reverse proxy for the HTTPS outcalls of canisters.
//!
//! The life of a request, one file per sentence:
//!
//! ```text
//!  server      opens the door: connections in, HTTP/1.1 and HTTP/2, a drain at the end
//!    router      what surrounds every answer, and the guards before it
//!      outcall     the story: read, claim, wait, answer
//!        outcall/request   who is asking, for what: identity and fingerprint
//!        ledger            who leads, who follows, who replays
//!        outcall/lead      the leader's own task, which no client can cancel
//!          outcall/admit     may it be sent, asked once per key
//!          upstream          one call out
//!          canonical         the same bytes for all
//!          outcall/settlement  what is recorded, and for how long
//!          receipt           signed, once, as what is recorded
//!        ledger            remembered: everybody gets the record
//!      error       every unhappy end becomes an answer here
//! ```
//!
//! Around it: [`config`] (what `proxy_conf.json` says), `limits` (every bound by name), `log` (one line per request),
//! `activity` (what is in flight, and the drain), `reload` (a changed configuration, swapped in), `stats` (what is counted),
//! `traces` (spans for a collector), `admin` (what operators see of it), `cli` and `demo`.

mod activity;
mod admin;
mod answer;
mod app;
mod callers;
mod canonical;
mod cli;
pub mod config;
mod demo;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gather;
pub mod ledger;
pub mod limits;
mod log;
mod outcall;
mod receipt;
mod reload;
mod router;
pub mod server;
#[cfg(test)]
mod simulation;
mod stats;
mod traces;
mod upstream;

pub use answer::Answer;
pub use app::{App, NotReady};
pub use cli::main;
pub use demo::DemoUpstream;
pub use receipt::NoKey;
pub use reload::{Changes, Reloads};
pub use upstream::{Network, UpstreamError};
