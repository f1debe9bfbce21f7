//! What the gateway says of a question while its answer takes minutes: still running, or how it ended.
//!
//! Pure. A poll may be told two kinds of things: of the poll itself (*running*, or that there is no such ticket), and what the
//! question was answered. A receipt tells them apart, since it names the request that it belongs to. Where the replicas'
//! agreement is all there is, status and problem must do.

use outcall_protocol::ticket::Ticket;
use serde::Deserialize;

use crate::{
    questions::State,
    reading::{Cause, Reading, problem, read},
};

/// What an answer is to, by its receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The question: it is what the POST was answered, or is now.
    Question,
    /// The POST, as the replicas agree that it was answered; there is no receipt.
    Posted,
    /// The poll that asked for it.
    Poll,
    /// To the question or to the poll; there is no receipt.
    Unsaid,
}

/// What was heard of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its call runs under this ticket; ask again in so many seconds.
    Running {
        /// Where to ask.
        ticket: Ticket,
        /// The wait that the gateway suggests.
        retry_after_s: u64,
    },
    /// It is over.
    Ended(State),
    /// Nothing is known of it for now.
    NotYet(Cause),
}

/// Reads what the gateway answered.
pub fn read_answer(status: u16, body: &[u8], subject: Subject) -> Told {
    if let Some(running) = running(status, body) {
        return running;
    }
    let words = || String::from_utf8_lossy(body).into_owned();
    let reading = match problem(status, body) {
        Some(reading) => match of_the_poll(status, &reading, subject) {
            Some(told) => return told,
            None => reading,
        },
        // A gateway answers polls with tickets and problems only: this one's route has no tickets.
        None if subject == Subject::Poll => {
            return no_news(format!(
                "The poll was answered with status {status}, which says nothing of the ticket."
            ));
        }
        // Where nobody signs, an edge says this for a gateway that is just being restarted. Were it the backend's own,
        // whoever asks would hear it again.
        None if matches!((subject, status), (Subject::Posted | Subject::Unsaid, 502..=504)) => {
            return no_news(format!("Status {status}, by the backend or by somebody before the gateway."));
        }
        None => read(status, body),
    };
    Told::Ended(match reading {
        Reading::Success => State::Answered { status, body: words() },
        Reading::Declined => State::Declined { status, body: words() },
        Reading::NotExecuted(cause) => State::NotExecuted(cause),
        Reading::Executed(cause) => State::Executed(cause),
        Reading::Unknown(cause) if cause.kind == "cancelled" => State::Cancelled(cause),
        Reading::Unknown(cause) => State::Unknown(cause),
    })
}

fn no_news(detail: String) -> Told {
    Told::NotYet(Cause { kind: "status".into(), detail })
}

/// What a problem says of a poll and its ticket, and not of what became of the question: calls that ended badly are told with
/// 502 and 504, and nothing else is.
fn of_the_poll(status: u16, reading: &Reading, subject: Subject) -> Option<Told> {
    let (Reading::NotExecuted(cause) | Reading::Executed(cause) | Reading::Unknown(cause)) = reading else {
        return None;
    };
    let cause = cause.clone();
    match (subject, cause.kind.as_str()) {
        (Subject::Question | Subject::Posted, _) => None,
        (_, "ticket-expired") => Some(Told::Ended(State::Expired(cause))),
        (_, "ticket-unknown") => Some(Told::Ended(State::Forgotten(cause))),
        // Of a poll: the gateway that was to answer it is gone. Of the question it is said as `outcome-unknown`.
        (_, "leader-lost") => Some(Told::NotYet(cause)),
        (Subject::Unsaid, _) if matches!(status, 502 | 504) => None,
        _ => Some(Told::NotYet(cause)),
    }
}

/// `{"status":"running","ticket":"…","retry_after":5}`, under 202.
fn running(status: u16, body: &[u8]) -> Option<Told> {
    #[derive(Deserialize)]
    struct Running {
        status: String,
        ticket: String,
        retry_after: u64,
    }
    let told: Running = serde_json::from_slice(body).ok().filter(|_| status == 202)?;
    let ticket = Ticket::parse(&told.ticket).filter(|_| told.status == "running")?;
    Some(Told::Running { ticket, retry_after_s: told.retry_after })
}

#[cfg(test)]
mod tests;
