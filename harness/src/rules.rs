//! The subnet's rules, without a network: pure functions of what they are given.
//!
//! | file | what it decides |
//! |---|---|
//! | [`consensus`] | whether the replicas agree, diverge or run out of time |
//! | [`flexible`] | when an outcall on which nobody has to agree is answered, and with which responses |
//! | [`price`] | how many cycles an outcall costs |
//! | [`budget`] | what each node may spend, and when that is not enough |
//! | [`limits`] | what is refused, and with which words |
//!
//! Every rule names the file of the `dfinity/ic` repository that it was read from.

pub mod budget;
pub mod consensus;
pub mod flexible;
pub mod limits;
pub mod price;
