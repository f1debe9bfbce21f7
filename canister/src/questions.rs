//! The questions that are remembered: what is to be done next about each, and when.
//!
//! Pure: time comes in as nanoseconds, and nothing here sends. `next` plans the outcall after the one that it hands out, so that
//! neither a trap nor an upgrade nor a lost answer can end the polling: a timer is set before anything is awaited.
//!
//! ```text
//! begin ──► posting ──► running ──► running …      each poll under a key of its own, waits doubling up to a cap
//!              │           └──────► answered · declined · not executed · executed · unknown
//!              │                    cancelled · expired · forgotten · given up
//!              ├──► posting          the same POST under the same key, 6 times at most and within its window
//!              └──► answered …       what answers at once needs no ticket
//! ```

use std::collections::BTreeMap;

use candid::{CandidType, Principal};
use serde::Deserialize;

use crate::{
    limits::{ASK_LOST_AFTER_S, ASKS_PER_ATTEMPT, POLL_WAIT_S_MAX, QUESTIONS_MAX},
    orders::Request,
    reading::Cause,
    ticket::Told,
};

const NANOS_PER_S: u64 = 1_000_000_000;
/// The wait before a POST whose answer was lost is sent again for the first time, in seconds.
const POST_WAIT_S: u64 = 5;

/// Every question that is remembered, by its number; [`QUESTIONS_MAX`] at most.
#[derive(CandidType, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Questions that were ever begun.
    asked: u64,
    remembered: BTreeMap<u64, Entry>,
}

/// How a question stands. `canister.did` says of each what to do.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The POST has no answer yet.
    #[serde(rename = "posting")]
    Posting,
    /// The gateway has given a ticket, and the backend is at work.
    #[serde(rename = "running")]
    Running {
        /// The URL at which its answer is asked for.
        location: String,
    },
    /// The backend's answer.
    #[serde(rename = "answered")]
    Answered {
        /// Its status, 2xx.
        status: u16,
        /// Its words.
        body: String,
    },
    /// The backend refused.
    #[serde(rename = "declined")]
    Declined {
        /// Its status, 4xx.
        status: u16,
        /// Its words.
        body: String,
    },
    /// Nothing reached the backend.
    #[serde(rename = "not_executed")]
    NotExecuted(Cause),
    /// The backend answered, and its answer is lost or says neither yes nor no.
    #[serde(rename = "executed")]
    Executed(Cause),
    /// The call broke off or ran out of time.
    #[serde(rename = "unknown")]
    Unknown(Cause),
    /// Somebody had the gateway stop the call.
    #[serde(rename = "cancelled")]
    Cancelled(Cause),
    /// The gateway had the answer, and has dropped it.
    #[serde(rename = "expired")]
    Expired(Cause),
    /// The gateway does not know the ticket.
    #[serde(rename = "forgotten")]
    Forgotten(Cause),
    /// There was no answer in time; why the last poll had none.
    #[serde(rename = "given_up")]
    GivenUp(Cause),
}

/// What its asker is told of a question.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How it stands.
    pub state: State,
    /// How often the answer was asked for.
    pub polls: u32,
    /// Why the last outcall had no use, if it had none.
    pub hindered: Option<Cause>,
}

/// An outcall that is to be made for a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Which question.
    pub number: u64,
    /// When it was asked.
    pub asked_ns: u64,
    /// The POST, byte for byte.
    pub request: Request,
    /// What is sent now.
    pub send: Send,
}

/// The two kinds of outcalls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Send {
    /// The POST, under the question's key.
    Post,
    /// A look for the answer, under a key of its own.
    Poll {
        /// Where.
        location: String,
        /// Which poll it is, from 1.
        poll: u32,
    },
}

/// How long is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Seconds in which the POST may be sent again: after them the gateway may have forgotten its key.
    pub post_within_s: u64,
    /// Seconds after which no more is asked.
    pub give_up_after_s: u64,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
struct Entry {
    asker: Principal,
    request: Request,
    state: State,
    asked_ns: u64,
    /// When the next outcall is due.
    due_ns: u64,
    /// The wait after the outcall that is made now, in seconds.
    wait_s: u64,
    posts: u32,
    polls: u32,
    hindered: Option<Cause>,
}

impl Questions {
    /// Writes a question down, and hands out its POST; none when there is no room.
    pub fn begin(&mut self, asker: Principal, request: Request, now_ns: u64) -> Option<Errand> {
        if !self.make_room() {
            return None;
        }
        self.asked += 1;
        let entry = Entry {
            asker,
            request,
            state: State::Posting,
            asked_ns: now_ns,
            due_ns: after(now_ns, ASK_LOST_AFTER_S),
            wait_s: POST_WAIT_S,
            posts: 1,
            polls: 0,
            hindered: None,
        };
        let errand = entry.errand(self.asked, Send::Post);
        self.remembered.insert(self.asked, entry);
        Some(errand)
    }

    /// What is to be sent for it now, if it is time: the next one is due then, should nothing be heard of this one.
    pub fn next(&mut self, number: u64, patience: Patience, now_ns: u64) -> Option<Errand> {
        let entry =
            self.remembered.get_mut(&number).filter(|entry| !entry.is_over() && entry.due_ns <= now_ns)?;
        let age_s = now_ns.saturating_sub(entry.asked_ns) / NANOS_PER_S;
        if age_s >= patience.give_up_after_s {
            let silence = Cause { kind: "running".into(), detail: "The backend was still at work.".into() };
            let cause = entry.hindered.clone().unwrap_or(silence);
            entry.end(State::GivenUp(cause), now_ns);
            return None;
        }
        let send = match &entry.state {
            State::Running { location } => {
                let location = location.clone();
                entry.polls = entry.polls.saturating_add(1);
                Send::Poll { location, poll: entry.polls }
            }
            _ if entry.posts >= ASKS_PER_ATTEMPT || age_s >= patience.post_within_s => {
                let cause = entry.hindered.clone().unwrap_or_else(interrupted);
                entry.end(State::Unknown(cause), now_ns);
                return None;
            }
            _ => {
                entry.posts += 1;
                Send::Post
            }
        };
        entry.due_ns = after(now_ns, ASK_LOST_AFTER_S);
        Some(entry.errand(number, send))
    }

    /// Writes down what was heard. What is over stays as it ended.
    pub fn settle(&mut self, errand: &Errand, told: Told, now_ns: u64) {
        let Some(entry) = self.remembered.get_mut(&errand.number).filter(|entry| !entry.is_over()) else {
            return;
        };
        entry.hindered = None;
        match (told, &errand.send) {
            // The same key may be asked again, and is until its asks are used up.
            (Told::NotYet(cause) | Told::Ended(State::Unknown(cause)), Send::Post) => {
                entry.hindered = Some(cause)
            }
            (Told::NotYet(cause), Send::Poll { .. }) => entry.hindered = Some(cause),
            (Told::Ended(state), _) => return entry.end(state, now_ns),
            (Told::Running { ticket, retry_after_s }, Send::Post) => {
                if entry.state == State::Posting {
                    entry.state = State::Running { location: ticket.location(&entry.request.url) };
                    entry.wait_s = retry_after_s;
                }
            }
            (Told::Running { .. }, Send::Poll { .. }) => {}
        }
        entry.wait_s = entry.wait_s.clamp(1, POLL_WAIT_S_MAX);
        entry.due_ns = after(now_ns, entry.wait_s);
        entry.wait_s *= 2;
    }

    /// Its first POST was not made: as if it had not been asked, unless a second one was made meanwhile.
    pub fn forget(&mut self, number: u64) {
        if self.remembered.get(&number).is_some_and(|entry| entry.posts == 1) {
            self.remembered.remove(&number);
        }
    }

    /// When its next outcall is due; none when it is over.
    pub fn due_ns(&self, number: u64) -> Option<u64> {
        self.remembered.get(&number).filter(|entry| !entry.is_over()).map(|entry| entry.due_ns)
    }

    /// The questions that are not over.
    pub fn unfinished(&self) -> Vec<u64> {
        let open = self.remembered.iter().filter(|(_, entry)| !entry.is_over());
        open.map(|(number, _)| *number).collect()
    }

    /// How a question stands, for who asked it, and for those who may see all.
    pub fn answer(&self, number: u64, who: &Principal, may_see_all: bool) -> Option<Answer> {
        let entry = self.remembered.get(&number).filter(|entry| may_see_all || entry.asker == *who)?;
        Some(Answer { state: entry.state.clone(), polls: entry.polls, hindered: entry.hindered.clone() })
    }

    fn make_room(&mut self) -> bool {
        if self.remembered.len() < QUESTIONS_MAX {
            return true;
        }
        let over = self.remembered.iter().filter(|(_, entry)| entry.is_over());
        let oldest = over.min_by_key(|(_, entry)| entry.due_ns).map(|(number, _)| *number);
        oldest.is_some_and(|number| self.remembered.remove(&number).is_some())
    }
}

impl Entry {
    fn is_over(&self) -> bool {
        !matches!(self.state, State::Posting | State::Running { .. })
    }

    /// From now on nothing is due; that is since when it is over. The request is needed no more.
    fn end(&mut self, state: State, now_ns: u64) {
        self.state = state;
        self.due_ns = now_ns;
        self.request = Request::default();
    }

    fn errand(&self, number: u64, send: Send) -> Errand {
        Errand { number, asked_ns: self.asked_ns, request: self.request.clone(), send }
    }
}

fn after(now_ns: u64, seconds: u64) -> u64 {
    now_ns.saturating_add(seconds.saturating_mul(NANOS_PER_S))
}

fn interrupted() -> Cause {
    let detail = "The canister was interrupted while it waited for the answer.";
    Cause { kind: "interrupted".into(), detail: detail.into() }
}

#[cfg(test)]
mod tests;
