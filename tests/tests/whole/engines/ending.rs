//! What the caller is told, without what no two subnets have in common: hashes, numbers of outcalls, names of nodes and
//! canisters.

use candid::Principal;
use ic_management_canister_types::{FlexibleHttpGlobalError, FlexibleHttpRequestResult, HttpRequestResult};
use outcall_harness::{
    reject::{Reject, RejectCode},
    subnet::Update,
    verdict::Verdict,
};

/// How an outcall ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Agreed,
    Diverged,
    TimedOut,
    Rejected,
    Gathered,
    Failed,
}

/// What the caller of the canister is told of it.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub(super) ending: Ending,
    answer: Answer,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Reply(Vec<u8>),
    /// In an order of ours; the platform promises none.
    Responses(Vec<HttpRequestResult>),
    /// The error, and of each node what is told of it.
    Error(Option<FlexibleHttpGlobalError>, String, Vec<Option<(String, String)>>),
    Reject(RejectCode, String),
}

impl Ending {
    /// What a round of the embedded subnet says.
    pub(super) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Agreed { .. } => Self::Agreed,
            Verdict::Diverged { .. } => Self::Diverged,
            Verdict::TimedOut { .. } => Self::TimedOut,
            Verdict::Rejected { .. } => Self::Rejected,
            Verdict::Gathered { .. } => Self::Gathered,
            Verdict::Failed { .. } => Self::Failed,
            Verdict::HandedOver { .. } => panic!("nobody but PocketIC knows"),
        }
    }
}

impl Told {
    /// By the answer alone: the canister hands back what it got.
    pub(super) fn of(update: &Update, is_flexible: bool, canister: Principal) -> Self {
        assert_eq!(update.stopped, None, "{update}");
        match &update.reply {
            Ok(reply) if is_flexible => Self::gathered(reply),
            Ok(reply) => Self { ending: Ending::Agreed, answer: Answer::Reply(reply.clone()) },
            Err(reject) => Self::rejected(reject, canister),
        }
    }

    fn gathered(reply: &[u8]) -> Self {
        match candid::decode_one(reply).unwrap() {
            FlexibleHttpRequestResult::Ok(mut responses) => {
                responses.sort_by(|one, other| one.body.cmp(&other.body));
                Self { ending: Ending::Gathered, answer: Answer::Responses(responses) }
            }
            FlexibleHttpRequestResult::Err(error) => {
                let details = error.node_details.into_iter();
                let mut details: Vec<Option<(String, String)>> =
                    details.map(|detail| detail.error.map(|error| (error.code, error.message))).collect();
                details.sort();
                let answer = Answer::Error(error.global_error, error.message, details);
                Self { ending: Ending::Failed, answer }
            }
        }
    }

    fn rejected(Reject { code, message }: &Reject, canister: Principal) -> Self {
        let ending = match message.as_str() {
            text if text.starts_with("No consensus could be reached") => Ending::Diverged,
            "Canister http request timed out" => Ending::TimedOut,
            _ => Ending::Rejected,
        };
        let message = match ending {
            Ending::Diverged => groups(message),
            // How the replica goes on about a trap is its own affair.
            _ => message
                .replace(&canister.to_text(), "{canister}")
                .replace("wasm ", "")
                .split('\n')
                .next()
                .unwrap_or("")
                .to_owned(),
        };
        Self { ending, answer: Answer::Reject(*code, message) }
    }
}

/// The sentence, and how large the groups are.
fn groups(message: &str) -> String {
    let (sentence, details) = message.split_once(" Details: ").unwrap_or((message, ""));
    let sizes = details.split(['[', ']']).filter_map(|group| group.split_once(": ")).map(|(_, size)| size);
    let sizes: Vec<&str> = sizes.filter(|size| size.chars().all(|digit| digit.is_ascii_digit())).collect();
    format!("{sentence} {}", sizes.join(", "))
}
