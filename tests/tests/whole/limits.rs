//! Every bound holds where it says: what is at the bound passes, one past it is refused in one voice.

mod admission;
mod answer;
mod connections;
mod heads;
mod ledger;
mod request;
mod unread;
mod waiters;
