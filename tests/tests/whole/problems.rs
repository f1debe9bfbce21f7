//! What the gateway says, the canister understands: every problem, by its bytes.

use http::Method;
use outcall_canister::{
    limits::RESPONSE_BYTES_MIN,
    reading::{Cause, Reading, read},
};
use outcall_gateway::error::{Executed, Problem};

#[test]
fn the_canister_reads_every_problem_as_the_gateway_means_it() {
    for problem in Problem::ALL {
        let answer = problem.answer(&Method::POST);
        let facts = problem.facts();
        let cause = Cause { kind: facts.kind.into(), detail: facts.detail.into() };
        let meant = match (facts.executed, problem) {
            // It speaks of this request; the one before, with the same key, may have been executed.
            (_, Problem::KeyReused) => Reading::Unknown(cause),
            (Executed::No, _) => Reading::NotExecuted(cause),
            (Executed::Yes, _) => Reading::Executed(cause),
            (Executed::Unknown, _) => Reading::Unknown(cause),
        };
        assert_eq!(read(answer.status().as_u16(), answer.body()), meant, "{problem:?}");
    }
}

#[test]
fn every_problem_fits_into_the_least_answer_that_a_canister_may_ask_for() {
    for problem in Problem::ALL {
        let answer = problem.answer(&Method::POST);
        let headers: usize = answer.headers().map(|(name, value)| name.len() + value.len()).sum();
        let bytes = (headers + answer.body().len()) as u64;
        assert!(bytes <= RESPONSE_BYTES_MIN, "{problem:?} takes {bytes} bytes");
    }
}
