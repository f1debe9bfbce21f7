//! The subnet's rules, without a network: pure functions of what they are given.
//!
//! | file | what it decides |
//! |---|---|
//! | [`consensus`] | whether the replicas agree, diverge or run out of time |
//! | [`price`] | how many cycles an outcall costs |
//! | [`limits`] | what is refused, and with which words |
//!
//! Every rule names the file of the `dfinity/ic` repository that it was read from.

pub mod consensus;
pub mod limits;
pub mod price;
