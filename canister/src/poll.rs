//! A look for the answer to a question: one node asks, and what it hands over is believed if it is the gateway's word on this
//! poll, or its recorded answer to the question itself.

use ic_cdk::api::time;
use ic_cdk_management_canister::{HttpRequest, HttpRequestArgs, HttpRequestResult};

use crate::{
    config::{Config, Receipts},
    limits::GATEWAY_AHEAD_S_MAX,
    outcall::{self, Heard, Trust},
    receipt,
    ticket::Subject,
};

/// What came of a poll, and what it is the answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// The answer, if there is one that is believed.
    pub heard: Heard,
    /// To the poll or to the question, where a receipt says so.
    pub subject: Subject,
}

/// Polls once. `question` is the POST as it went out at `asked_ns`. Without receipts all nodes ask.
pub async fn poll(
    config: &Config,
    request: HttpRequest,
    question: &HttpRequestArgs,
    asked_ns: u64,
) -> Polled {
    let Some(receipts) = &config.receipts else {
        let heard = outcall::send(config, request, Trust::Replicas, 0).await;
        return Polled { heard, subject: Subject::Unsaid };
    };
    let asked = request.args().clone();
    match outcall::signed(config, request.non_replicated()).await {
        Ok(answer) => {
            let now_s = time() / 1_000_000_000;
            believed(receipts, config.caller(), (&asked, question), &answer, now_s, asked_ns / 1_000_000_000)
        }
        Err(heard) => Polled { heard, subject: Subject::Poll },
    }
}

/// A poll's own answer must be fresh. That to the question may be as old as the question, and no older.
fn believed(
    receipts: &Receipts,
    caller: &str,
    (poll, question): (&HttpRequestArgs, &HttpRequestArgs),
    answer: &HttpRequestResult,
    now_s: u64,
    asked_s: u64,
) -> Polled {
    let since_asked_s = now_s.saturating_sub(asked_s).saturating_add(GATEWAY_AHEAD_S_MAX);
    let to_poll = receipt::judge(receipts, caller, poll, answer.clone(), receipts.age_s_max, now_s);
    let to_question = || receipt::judge(receipts, caller, question, answer.clone(), since_asked_s, now_s);
    match to_poll {
        Heard::Silence(cause) if cause.kind == receipt::OTHER_REQUEST => {
            Polled { heard: to_question(), subject: Subject::Question }
        }
        heard => Polled { heard, subject: Subject::Poll },
    }
}

#[cfg(test)]
mod tests;
