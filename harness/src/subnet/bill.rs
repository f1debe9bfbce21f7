//! What an outcall cost, by part, and what the canister gets back.

use std::fmt;

use super::http_request::Asked;
use crate::{
    outcall::{Content, Reject, RejectCode},
    replica::Replica,
    rules::price::{self, Usage},
    verdict::Verdict,
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
    /// For putting the answer into a block. With version 1 it is 0.
    pub delivery: u128,
}

impl Bill {
    /// Nothing was sent: everything comes back.
    pub(super) fn nothing(pricing: Pricing, attached: u128) -> Self {
        Self { pricing, attached, base: 0, usage: 0, delivery: 0 }
    }

    /// What an outcall that was decided like this costs.
    ///
    /// Usage is that of the nodes whose votes made the decision: those that agreed or, where nobody could agree, all
    /// that voted. An outcall whose time ran out pays the base alone; no source is known for that one.
    pub(super) fn of(asked: &Asked, nodes: usize, verdict: &Verdict, replicas: &[Replica]) -> Self {
        let advance = advance(asked, nodes);
        let bill = Self { base: advance, ..Self::nothing(asked.pricing, asked.cycles) };
        if asked.pricing == Pricing::Version1 {
            return bill;
        }
        let bytes = match verdict {
            Verdict::Agreed { reply, .. } => reply.len() as u64,
            Verdict::Rejected { reject, .. } | Verdict::Diverged { reject, .. } => {
                Content::Reject(reject.clone()).bytes()
            }
            Verdict::TimedOut { .. } => return bill,
        };
        let usage =
            used(verdict, replicas).map(|usage| price::per_node(nodes, &usage, asked.replication)).sum();
        Self { usage, delivery: price::delivery(nodes, bytes), ..bill }
    }

    /// What was charged: never more than was attached.
    pub fn charged(&self) -> u128 {
        self.due().min(self.attached)
    }

    /// What was not there, beyond the fee in advance. If it is not 0, such an outcall fails on the Internet Computer after its
    /// request was sent. With which reject is not known to us, so the round is decided as if it had been paid.
    pub fn missing(&self) -> u128 {
        self.due().saturating_sub(self.attached)
    }

    fn due(&self) -> u128 {
        self.base + self.usage + self.delivery
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
        format!("http_request request sent with {attached} cycles, but {required} cycles are required.");
    Err(Reject::new(RejectCode::CanisterReject, message))
}

fn advance(asked: &Asked, nodes: usize) -> u128 {
    match asked.pricing {
        Pricing::Version1 => price::version_1(nodes, asked.request_bytes(), asked.request.max_response_bytes),
        Pricing::Version2 => price::base(nodes, asked.request_bytes(), asked.replication),
    }
}

/// One usage for each node that has a part in the decision, however often it sent.
fn used<'a>(verdict: &Verdict, replicas: &'a [Replica]) -> impl Iterator<Item = Usage> + use<'a> {
    let diverged = matches!(verdict, Verdict::Diverged { .. });
    let counts = move |record: &Replica| !record.late && (diverged || record.group == Some(0));
    replicas
        .iter()
        .enumerate()
        .filter(move |(index, record)| {
            let before = &replicas[..*index];
            counts(record) && !before.iter().any(|other| other.number == record.number && counts(other))
        })
        .filter_map(|(_, record)| record.usage())
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
        write!(f, "; {} attached, {} refunded", Grouped(attached), Grouped(self.refunded()))?;
        match self.missing() {
            0 => Ok(()),
            missing => {
                let fails = "on the Internet Computer this outcall fails after its request was sent";
                write!(f, "; {} missing: {fails}", Grouped(missing))
            }
        }
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
    fn what_is_not_paid_for_is_missing_and_said_so() {
        let bill =
            Bill { pricing: Pricing::Version2, attached: 1_170, base: 1_000, usage: 100, delivery: 70 };
        assert_eq!((bill.charged(), bill.missing(), bill.refunded()), (1_170, 0, 0));
        let paid = "1,170 charged = base 1,000 + nodes 100 + delivery 70; 1,170 attached, 0 refunded";
        assert_eq!(bill.to_string(), paid);
        let poor = Bill { attached: 1_000, ..bill };
        assert_eq!((poor.charged(), poor.missing(), poor.refunded()), (1_000, 170, 0));
        let text = "1,000 charged = base 1,000 + nodes 100 + delivery 70; 1,000 attached, 0 refunded; 170 missing: on \
                    the Internet Computer this outcall fails after its request was sent";
        assert_eq!(poor.to_string(), text);
    }
}
