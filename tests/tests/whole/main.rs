//! The whole system: real requests over real sockets, through the gateway, to upstreams that lie, hang and break.
//!
//! One binary; each module holds one promise and its control.

mod agreement;
mod config;
