//! The rig of the whole-system tests: everything around the gateway, played over real sockets on loopback.
//!
//! ```text
//! schedule      who comes when, who breaks off, who comes twice (seeded)
//!    │
//! replica       one replica as the IC's adapter, byte for byte; a subnet of them
//!    │
//!    ▼
//! gateway       the gateway under test, in this process or as the real binary
//!    │
//!    ▼
//! upstream      a scripted HTTP/1.1 server that counts, lies, hangs and resets
//! h2_upstream   the same over HTTP/2 and TLS: refused streams, resets, GOAWAY
//!
//! malicious     a node that lies, between the replicas and the gateway
//! redis         a Redis of the test's own, behind a wire that can be cut
//!
//! gate          how a test holds an answer back and knows that a request has arrived, without sleeping
//! tls           a certificate authority that only this test trusts
//! wire          the small HTTP/1.1 reader that both ends share
//! ```
//!
//! A double must not be kinder than production, so both ends write their bytes themselves: no HTTP library adds a
//! header, repairs a length or closes a connection politely behind a test's back. And a double must not be blind
//! either: an upstream whose script was not used up, or that was asked more than the script foresaw, fails its test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a rig fails its test")]

pub mod gate;
pub mod gateway;
pub mod h2_upstream;
pub mod malicious;
pub mod redis;
pub mod replica;
pub mod schedule;
pub mod tls;
pub mod upstream;

mod transport;
mod wire;
