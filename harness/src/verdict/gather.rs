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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        adapter::Fetched,
        http_response,
        outcall::{Reject, RejectCode, Response},
    };

    const THREE: Committee =
        Committee { nodes: 13, total_requests: 3, min_responses: 2, max_responses: 3, allowance: 1 << 60 };

    /// A node that votes for that body, or for a reject where there is none.
    fn voted(number: usize, body: &str) -> Replica {
        let response = Response { status: 200, headers: Vec::new(), body: body.into() };
        let (reply, reject) =
            (http_response::encode(&response).unwrap(), Reject::new(RejectCode::SysFatal, "no"));
        let outcome = if body.is_empty() { Err(reject) } else { Ok(response) };
        let (took, failed) = (Duration::from_millis(30), outcome.is_err());
        let fetched = Fetched { outcome, attempts: 1, took, downloaded_bytes: 9 };
        let record = Replica::fetched(number, Duration::from_millis(number as u64), fetched);
        if failed { record } else { record.voting(Content::Success(reply)) }
    }

    fn delivered(records: &mut [Replica]) -> Vec<usize> {
        match gather(&THREE, 7, records) {
            Verdict::Gathered { numbers, .. } => numbers,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_late_is_not_delivered_and_not_missed() {
        let mut records = [voted(0, "a"), voted(1, "b"), voted(2, "c").arriving_late()];
        assert_eq!(delivered(&mut records), [0, 1]);
        assert!(records.iter().all(|record| record.hash.is_some() && record.group.is_some()));
        let mut records = [voted(0, "a"), voted(1, "b").arriving_late(), voted(2, "c").arriving_late()];
        let verdict = gather(&THREE, 7, &mut records);
        assert!(matches!(verdict, Verdict::Failed { failure: Failure::Timeout, .. }), "{verdict}");
        assert!(!verdict.is_agreed() && verdict.outcome().unwrap().is_ok(), "an error is a reply");
    }

    #[test]
    fn what_comes_after_sixty_seconds_finds_the_time_over() {
        let mut records = [voted(0, "a"), voted(1, "b")];
        assert_eq!(delivered(&mut records), [0, 1]);
        records[1].answered = Some(TIMEOUT + Duration::from_millis(1));
        let verdict = gather(&THREE, 7, &mut records);
        assert!(matches!(verdict, Verdict::Failed { failure: Failure::Timeout, .. }), "{verdict}");
    }

    #[test]
    fn a_node_that_was_restarted_offers_what_it_got_first() {
        let mut records = [voted(0, "first"), voted(0, "b"), voted(1, "second")];
        assert_eq!(delivered(&mut records), [0, 1]);
        let mut records = [voted(0, ""), voted(0, "b"), voted(1, "second")];
        let verdict = gather(&THREE, 7, &mut records);
        assert!(matches!(verdict, Verdict::Failed { failure: Failure::Timeout, .. }), "{verdict}");
    }

    #[test]
    fn equal_responses_are_a_group_though_nobody_counts_it() {
        let mut records = [voted(0, "a"), voted(1, "b"), voted(2, "a")];
        assert_eq!(gather(&THREE, 7, &mut records).to_string().find("gathered: 3 responses, "), Some(0));
        assert_eq!(records.map(|record| record.group), [Some(0), Some(1), Some(0)]);
    }
}
