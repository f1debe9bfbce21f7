use super::*;

const TICKET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SUBJECTS: [Subject; 4] = [Subject::Question, Subject::Posted, Subject::Poll, Subject::Unsaid];

fn running_body(ticket: &str) -> String {
    format!(r#"{{"status":"running","ticket":"{ticket}","retry_after":5}}"#)
}

fn problem(kind: &str, executed: &str) -> Vec<u8> {
    let kind = format!("urn:outcall-gateway:{kind}");
    format!(r#"{{"type":"{kind}","title":"T","status":502,"detail":"D.","executed":"{executed}"}}"#)
        .into_bytes()
}

fn cause(kind: &str) -> Cause {
    Cause { kind: kind.into(), detail: "D.".into() }
}

#[test]
fn a_ticket_is_running_whatever_it_is_the_answer_to() {
    for subject in SUBJECTS {
        let told = read_answer(202, running_body(TICKET).as_bytes(), subject);
        assert_eq!(told, Told::Running { ticket: Ticket::parse(TICKET).unwrap(), retry_after_s: 5 });
    }
}

#[test]
fn what_only_looks_like_a_ticket_is_the_backends_answer() {
    let upper = running_body(&TICKET.to_uppercase());
    let done = running_body(TICKET).replace("running", "done");
    for (status, body) in [(200, running_body(TICKET)), (202, upper), (202, done), (202, "{}".into())] {
        let told = read_answer(status, body.as_bytes(), Subject::Question);
        assert_eq!(told, Told::Ended(State::Answered { status, body }));
    }
}

#[test]
fn every_end_has_a_name_of_its_own() {
    for (status, kind, executed, end) in [
        (502, "outcome-unknown", "unknown", State::Unknown(cause("outcome-unknown"))),
        (502, "cancelled", "unknown", State::Cancelled(cause("cancelled"))),
        (502, "upstream-unreachable", "no", State::NotExecuted(cause("upstream-unreachable"))),
        (502, "answer-too-large", "yes", State::Executed(cause("answer-too-large"))),
        (504, "upstream-timeout", "unknown", State::Unknown(cause("upstream-timeout"))),
    ] {
        for subject in [Subject::Question, Subject::Unsaid] {
            assert_eq!(
                read_answer(status, &problem(kind, executed), subject),
                Told::Ended(end.clone()),
                "{kind}"
            );
        }
    }
    for (status, kind, end) in [
        (410, "ticket-expired", State::Expired(cause("ticket-expired"))),
        (404, "ticket-unknown", State::Forgotten(cause("ticket-unknown"))),
    ] {
        for subject in [Subject::Poll, Subject::Unsaid] {
            assert_eq!(
                read_answer(status, &problem(kind, "unknown"), subject),
                Told::Ended(end.clone()),
                "{kind}"
            );
        }
    }
}

#[test]
fn what_hinders_a_poll_ends_no_question() {
    let refused = problem("draining", "no");
    for subject in [Subject::Poll, Subject::Unsaid] {
        assert_eq!(read_answer(503, &refused, subject), Told::NotYet(cause("draining")));
        assert_eq!(
            read_answer(502, &problem("leader-lost", "unknown"), subject),
            Told::NotYet(cause("leader-lost"))
        );
    }
    assert_eq!(
        read_answer(503, &refused, Subject::Question),
        Told::Ended(State::NotExecuted(cause("draining")))
    );
}

/// A node that has a poll answered otherwise than by a ticket has not shown the answer to the question.
#[test]
fn an_answer_to_the_poll_is_not_taken_for_one_to_the_question() {
    assert!(matches!(read_answer(200, b"Paris", Subject::Poll), Told::NotYet(_)));
    assert!(matches!(
        read_answer(502, &problem("outcome-unknown", "unknown"), Subject::Poll),
        Told::NotYet(_)
    ));
    let answered = State::Answered { status: 200, body: "Paris".into() };
    assert_eq!(read_answer(200, b"Paris", Subject::Question), Told::Ended(answered));
}

/// An edge whose gateway is being restarted says so without a receipt, and without a problem.
#[test]
fn somebody_between_ends_no_question() {
    for status in [502, 503, 504] {
        let told = |subject| read_answer(status, b"Bad Gateway", subject);
        for unsigned in [Subject::Posted, Subject::Unsaid] {
            assert!(matches!(told(unsigned), Told::NotYet(cause) if cause.kind == "status"), "{status}");
        }
        assert!(
            matches!(told(Subject::Question), Told::Ended(State::Executed(_))),
            "the backend's own: {status}"
        );
    }
    for unsigned in [Subject::Posted, Subject::Unsaid] {
        assert!(matches!(read_answer(500, b"oops", unsigned), Told::Ended(State::Executed(_))));
    }
    let refused = problem("upstream-busy", "no");
    assert!(matches!(read_answer(503, &refused, Subject::Posted), Told::Ended(State::NotExecuted(_))));
}

#[test]
fn the_backends_own_words_end_it_as_they_would_end_an_order() {
    let told = |status| read_answer(status, b"words", Subject::Question);
    assert_eq!(told(422), Told::Ended(State::Declined { status: 422, body: "words".into() }));
    assert!(matches!(told(500), Told::Ended(State::Executed(_))));
}
