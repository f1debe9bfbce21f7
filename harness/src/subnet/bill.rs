//! What an outcall cost, by part, and what the canister gets back.

use std::fmt;

use super::{
    decide::{Decided, voters},
    http_request::Asked,
};
use crate::{
    outcall::{Reject, RejectCode},
    replica::Replica,
    rules::price,
};

/// The price version that a request names in `pricing_version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// One formula, charged in advance: the field's default.
    Version1,
    /// Pay as you go.
    Version2,
}

/// The cycles of one outcall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Which price it is.
    pub pricing: Pricing,
    /// What the canister attached.
    pub attached: u128,
    /// Charged in advance. With version 1 it is all; 0 for a request that was refused.
    pub base: u128,
    /// What the nodes were charged for what they used. With version 1 it is 0.
    pub usage: u128,
    /// For putting what was agreed on, or the individual responses, into a block. With version 1 it is 0.
    pub delivery: u128,
}

impl Bill {
    /// Nothing was sent: everything comes back.
    pub(super) fn nothing(pricing: Pricing, attached: u128) -> Self {
        Self { pricing, attached, base: 0, usage: 0, delivery: 0 }
    }

    /// What an outcall that was decided like this costs: with version 2, what every node that had a vote in time has
    /// spent. Of an outcall whose time ran out, the nodes' reports are not read, and the base fee is all.
    pub(super) fn of(asked: &Asked, nodes: usize, decided: &Decided, replicas: &[Replica]) -> Self {
        let bill = Self { base: advance(asked, nodes), ..Self::nothing(asked.pricing, asked.cycles) };
        if decided.is_out_of_time() {
            return bill;
        }
        let usage = voters(replicas).map(|record| record.spent).sum();
        Self { usage, delivery: decided.delivery, ..bill }
    }

    /// Takes up what nodes have spent whose answers came when the result was there.
    pub(super) fn joined_by(&mut self, spent: u128) {
        self.usage += spent;
    }

    /// What was charged: never more than was attached.
    pub fn charged(&self) -> u128 {
        (self.base + self.usage + self.delivery).min(self.attached)
    }

    /// What came back.
    pub fn refunded(&self) -> u128 {
        self.attached - self.charged()
    }
}

/// The cycles that must be there before anything is sent.
///
/// # Errors
/// [`RejectCode::CanisterReject`]; the text is that of `rs/execution_environment/src/execution_environment.rs` in the
/// `dfinity/ic` repository.
pub(super) fn check_advance(asked: &Asked, nodes: usize) -> Result<(), Reject> {
    let (attached, required) = (asked.cycles, advance(asked, nodes));
    if attached >= required {
        return Ok(());
    }
    let message =
        format!("{} request sent with {attached} cycles, but {required} cycles are required.", asked.method);
    Err(Reject::new(RejectCode::CanisterReject, message))
}

fn advance(asked: &Asked, nodes: usize) -> u128 {
    match asked.pricing {
        Pricing::Version1 => price::version_1(nodes, asked.request_bytes(), asked.request.max_response_bytes),
        Pricing::Version2 => price::base(nodes, asked.request_bytes(), asked.replication),
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pricing, attached, base, usage, delivery } = *self;
        write!(f, "{} charged", Grouped(self.charged()))?;
        match pricing {
            _ if base == 0 => {}
            Pricing::Version1 => write!(f, " in advance, price version 1")?,
            Pricing::Version2 => write!(
                f,
                " = base {} + nodes {} + delivery {}",
                Grouped(base),
                Grouped(usage),
                Grouped(delivery)
            )?,
        }
        write!(f, "; {} attached, {} refunded", Grouped(attached), Grouped(self.refunded()))
    }
}

/// A number with commas between its thousands.
pub(crate) struct Grouped(pub(crate) u128);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (position, digit) in digits.char_indices() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_names_its_parts_and_is_never_more_than_was_attached() {
        let bill =
            Bill { pricing: Pricing::Version2, attached: 2_000, base: 1_000, usage: 100, delivery: 70 };
        assert_eq!((bill.charged(), bill.refunded()), (1_170, 830));
        let paid = "1,170 charged = base 1,000 + nodes 100 + delivery 70; 2,000 attached, 830 refunded";
        assert_eq!(bill.to_string(), paid);
        let poor = Bill { attached: 1_100, ..bill };
        assert_eq!((poor.charged(), poor.refunded()), (1_100, 0));
    }
}
