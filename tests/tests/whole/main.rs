//! The whole system: real requests over real sockets, through the gateway, to upstreams that lie, hang and break.
//!
//! One binary; each module holds one promise and its control.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod admin;
mod agreement;
mod answers;
mod beside;
mod callers;
mod canister;
mod cli;
mod config;
mod connections;
mod cors;
mod deployment;
mod documents;
mod door;
mod drain;
mod durable;
mod engines;
mod failures;
mod foreign;
mod forwarding;
mod hostile;
mod http2;
mod keys;
mod leaders;
mod lifetimes;
mod limits;
mod local;
mod lost;
mod minutes;
mod paths;
mod probe;
mod problems;
mod receipts;
mod redis;
mod reload;
mod retries;
mod schedules;
mod security;
mod stage;
mod traces;
mod workflows;
