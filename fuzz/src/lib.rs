//! What may come from anybody, tried with bytes from nobody.
//!
//! Each target takes any bytes and panics when a promise is broken. The search (`fuzz/run`, libFuzzer) looks for such bytes,
//! led by the branches that it sees taken; the seeds in `fuzz/seeds` are where it starts, and an ordinary test plays them.
//!
//! | target | what the bytes are | what must hold |
//! |---|---|---|
//! | [`configuration`] | a `proxy_conf.json` | judged the same again; nothing injected is ever shown |
//! | [`key`] | the value of `Idempotency-Key` | a key reads back as itself |
//! | [`path`] | a request's target | whoever reads the URL that is called: it is within its route |
//! | [`canonical`] | a JSON text | one spelling, the same value, every number's digits |
//! | [`projection`] | a jq filter and a JSON text | the same bytes each time, within the limit, never broken |
//! | [`receipt`] | one altered part of a signed answer | believed only unaltered |
//! | [`token`] | the value of `authorization` | who comes in has a token, or a text that was signed |
//! | [`connection`] | what a client sends on a connection | the next one is served; nothing reaches a foreign path |
//! | [`system`] | calls of ic0, as a canister's messages | within the limits, and no cycle is made |
//! | [`module`] | a Wasm module | hosted within the limits, or refused |

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a target tells what it found")]

pub mod canonical;
pub mod configuration;
pub mod connection;
pub mod key;
pub mod module;
pub mod path;
pub mod projection;
pub mod receipt;
pub mod system;
pub mod token;

/// A target: any bytes, and a panic if they break a promise.
pub type Target = fn(&[u8]);

/// All targets by their name, which is that of their seeds' folder.
pub const TARGETS: [(&str, Target); 10] = [
    ("configuration", configuration::target),
    ("key", key::target),
    ("path", path::target),
    ("canonical", canonical::target),
    ("projection", projection::target),
    ("receipt", receipt::target),
    ("token", token::target),
    ("connection", connection::target),
    ("system", system::target),
    ("module", module::target),
];

/// The target of this name.
pub fn named(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.0 == name).map(|target| target.1)
}
