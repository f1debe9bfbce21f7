//! A service as they are in the wild. No two of its answers are alike: a cookie, a request id, a price that moves,
//! members in an order by chance. It executes each order that reaches it, and one of its paths breaks the connection
//! off when the order has been read, another one works for minutes.

use std::sync::{Arc, Mutex, PoisonError};

use outcall_harness::upstream::{Answer, Gate, Seen};

/// The path that reads an order and never answers.
pub(crate) const BREAKING: &str = "/breaking";

/// The path at which a model is at work until it is told to be done.
pub(crate) const SLOW: &str = "/llm";

pub(crate) struct Upstream {
    service: outcall_harness::Upstream,
    work: Arc<Mutex<Gate>>,
}

impl Upstream {
    /// On a free port of loopback, until the process ends.
    pub(crate) async fn start() -> Self {
        let work = Arc::new(Mutex::new(Gate::new()));
        let at_work = work.clone();
        let script = outcall_harness::Upstream::script()
            .on(BREAKING, Answer::closed())
            .each(SLOW, move |seen| {
                answer(seen).behind(&at_work.lock().unwrap_or_else(PoisonError::into_inner))
            })
            .each("*", answer);
        Self { service: script.start().await, work }
    }

    pub(crate) fn url(&self) -> String {
        self.service.url("")
    }

    /// What is being worked on is answered now; what comes later is not.
    pub(crate) fn finish_work(&self) {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *work).open();
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
