//! A service as they are in the wild. No two of its answers are alike: a cookie, a request id, a price that moves,
//! members in an order by chance. It executes each order that reaches it, and one of its paths breaks the connection
//! off when the order has been read.

use outcall_harness::upstream::{Answer, Seen};

/// The path that reads an order and never answers.
pub(crate) const BREAKING: &str = "/breaking";

pub(crate) struct Upstream {
    service: outcall_harness::Upstream,
}

impl Upstream {
    /// On a free port of loopback, until the process ends.
    pub(crate) async fn start() -> Self {
        let script = outcall_harness::Upstream::script().on(BREAKING, Answer::closed()).each("*", answer);
        Self { service: script.start().await }
    }

    pub(crate) fn url(&self) -> String {
        self.service.url("")
    }

    /// Requests that have arrived whole.
    pub(crate) fn served(&self) -> u64 {
        self.service.hits() as u64
    }
}

fn answer(seen: &Seen) -> Answer {
    let id = format!("{:016x}", fastrand::u64(..));
    let mut members = [
        format!(r#""price":"{}.{:02}""#, fastrand::u32(3..9), fastrand::u32(0..100)),
        format!(r#""receipt":{}"#, seen.number + 1),
        format!(r#""request_id":"{id}""#),
    ];
    fastrand::shuffle(&mut members);
    Answer::json(format!("{{{}}}", members.join(",")))
        .header("set-cookie", format!("session={id}"))
        .header("x-request-id", id)
}
