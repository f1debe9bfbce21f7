//! The verdict on a flexible outcall: nobody has to agree.

use super::{Verdict, grouped};
use crate::{
    flexible_result,
    outcall::Content,
    replica::Replica,
    rules::{
        consensus::TIMEOUT,
        flexible::{Committee, Decision, Failure, Share},
    },
};

/// Decides as the subnet does when everybody who is not late has answered, and writes the hash and the group into every
/// record that has something to offer: equal responses are in one group.
///
/// A replica that sent twice offers what it got first. Replies that are no `http_response` cannot be delivered; the
/// outcall that has chosen one of them runs out of time.
pub fn gather(committee: &Committee, id: u64, records: &mut [Replica]) -> Verdict {
    let _ = grouped(id, records);
    let offers = offers(records);
    let shares: Vec<Share> = offers.iter().map(|(record, content)| share(record, content)).collect();
    let content = |number| {
        offers.iter().find(|(record, _)| record.number == number).map(|(_, content)| Content::clone(content))
    };
    let failure = match committee.decision(&shares) {
        Decision::Delivered(numbers) => {
            let chosen: Vec<Content> = numbers.iter().copied().filter_map(content).collect();
            match flexible_result::ok(&chosen.iter().filter_map(success).collect::<Vec<_>>()) {
                Ok(reply) => return Verdict::Gathered { numbers, reply },
                Err(_) => Failure::Timeout,
            }
        }
        Decision::Failed(failure) => failure,
    };
    // No failure is known that cannot be written.
    let reply = flexible_result::err(&failure, &shares, content).unwrap_or_default();
    Verdict::Failed { failure, reply }
}

/// The first that each node has to offer in time.
fn offers(records: &[Replica]) -> Vec<(&Replica, &Content)> {
    let mut offers: Vec<(&Replica, &Content)> = Vec::new();
    for record in records.iter().filter(|record| !record.late) {
        let in_time = record.answered.is_some_and(|answered| answered <= TIMEOUT);
        if let Some(content) = record.content.as_ref().filter(|_| in_time)
            && !offers.iter().any(|(other, _)| other.number == record.number)
        {
            offers.push((record, content));
        }
    }
    offers
}

fn share(record: &Replica, content: &Content) -> Share {
    Share {
        bytes: content.bytes(),
        spent: record.spent,
        number: record.number,
        is_reject: matches!(content, Content::Reject(_)),
    }
}

fn success(content: &Content) -> Option<&[u8]> {
    match content {
        Content::Success(reply) => Some(reply),
        Content::Reject(_) => None,
    }
}
