//! The life of a question, case by case; `model` plays random ones.

use outcall_protocol::{digest::Digest, ticket::Ticket};

use super::*;

mod model;

const PATIENCE: Patience = Patience { post_within_s: 3_600, give_up_after_s: 900 };

fn asker() -> Principal {
    Principal::from_slice(&[1])
}

fn request() -> Request {
    Request { url: "https://g/llm".into(), body: "{}".into() }
}

fn running(retry_after_s: u64) -> Told {
    Told::Running { ticket: Ticket::of(Digest::from_bytes([7; 32])), retry_after_s }
}

fn not_yet() -> Told {
    Told::NotYet(cause("reject"))
}

fn cause(kind: &str) -> Cause {
    Cause { kind: kind.into(), detail: "D.".into() }
}

fn answered() -> State {
    State::Answered { status: 200, body: "Paris".into() }
}

/// One question, and the time, which passes until something is due.
struct Life {
    questions: Questions,
    now_ns: u64,
    errand: Errand,
}

impl Life {
    fn begun() -> Self {
        let mut questions = Questions::default();
        let errand = questions.begin(asker(), request(), 0).unwrap();
        Self { questions, now_ns: 0, errand }
    }

    /// A question that has a ticket, and a suggested wait.
    fn running(retry_after_s: u64) -> Self {
        let mut life = Self::begun();
        life.hears(running(retry_after_s));
        life
    }

    fn hears(&mut self, told: Told) {
        self.questions.settle(&self.errand, told, self.now_ns);
    }

    /// Lets time pass until the next outcall is due, and makes it; how many seconds passed.
    fn waits(&mut self) -> Option<u64> {
        let due_ns = self.questions.due_ns(self.errand.number)?;
        let waited_s = (due_ns - self.now_ns) / NANOS_PER_S;
        assert_eq!(self.questions.next(self.errand.number, PATIENCE, due_ns - 1), None, "too early");
        self.now_ns = due_ns;
        self.errand = self.questions.next(self.errand.number, PATIENCE, due_ns)?;
        Some(waited_s)
    }

    fn state(&self) -> State {
        self.answer().state
    }

    fn answer(&self) -> Answer {
        self.questions.answer(self.errand.number, &asker(), false).unwrap()
    }
}

#[test]
fn a_question_is_posted_and_then_polled_for_with_waits_that_double_up_to_a_cap() {
    let mut life = Life::running(5);
    let location = format!("https://g/llm/ticket/{}", "07".repeat(32));
    assert_eq!(life.state(), State::Running { location: location.clone() });
    for (poll, waited_s) in [5, 10, 20, 40, 40, 40].into_iter().enumerate() {
        assert_eq!(life.waits(), Some(waited_s));
        assert_eq!(life.errand.send, Send::Poll { location: location.clone(), poll: poll as u32 + 1 });
        life.hears(running(5));
    }
    life.waits();
    life.hears(Told::Ended(answered()));
    assert_eq!(life.answer(), Answer { state: answered(), polls: 7, hindered: None });
    assert_eq!(life.questions.due_ns(life.errand.number), None);
}

#[test]
fn a_suggested_wait_is_kept_within_what_a_no_is_believed_for() {
    for (suggested, waited) in [(0, 1), (1, 1), (40, 40), (60, 40), (u64::MAX, 40)] {
        assert_eq!(Life::running(suggested).waits(), Some(waited), "{suggested}");
    }
}

#[test]
fn a_poll_that_is_lost_is_followed_by_another_with_a_number_of_its_own() {
    let mut life = Life::running(5);
    life.waits();
    life.hears(not_yet());
    assert_eq!(life.answer().hindered, Some(cause("reject")));
    life.waits();
    assert!(matches!(life.errand.send, Send::Poll { poll: 2, .. }), "{:?}", life.errand);
    life.hears(running(5));
    assert_eq!(life.answer().hindered, None, "it is over when a poll was of use");
}

/// A trap behind the outcall, or an upgrade: what was planned before it was sent remains.
#[test]
fn nothing_needs_to_be_heard_for_the_asking_to_go_on() {
    let mut life = Life::begun();
    assert_eq!(life.waits(), Some(ASK_LOST_AFTER_S));
    assert_eq!(life.errand.send, Send::Post, "the same POST");
    assert_eq!(life.errand.request, request());
    life.hears(running(5));
    life.waits();
    assert_eq!(life.waits(), Some(ASK_LOST_AFTER_S));
    assert!(matches!(life.errand.send, Send::Poll { poll: 2, .. }));
}

#[test]
fn a_post_is_sent_six_times_at_most_and_then_perhaps_executed() {
    let mut life = Life::begun();
    let mut waits = Vec::new();
    loop {
        life.hears(not_yet());
        match life.waits() {
            Some(waited_s) => waits.push(waited_s),
            None => break,
        }
        assert_eq!(life.errand.send, Send::Post);
    }
    assert_eq!(waits, [5, 10, 20, 40, 40]);
    assert_eq!(life.state(), State::Unknown(cause("reject")));
}

#[test]
fn a_post_whose_outcome_is_unknown_is_asked_again_and_one_that_was_not_executed_is_not() {
    let mut life = Life::begun();
    life.hears(Told::Ended(State::Unknown(cause("ledger-unreachable"))));
    assert_eq!((life.state(), life.answer().hindered), (State::Posting, Some(cause("ledger-unreachable"))));
    life.waits();
    life.hears(Told::Ended(State::NotExecuted(cause("rate-limited"))));
    assert_eq!(life.state(), State::NotExecuted(cause("rate-limited")));
    assert_eq!(life.waits(), None);
}

#[test]
fn behind_the_window_a_post_is_not_sent_again() {
    let mut life = Life::begun();
    let patience = Patience { post_within_s: ASK_LOST_AFTER_S, ..PATIENCE };
    let due_ns = life.questions.due_ns(1).unwrap();
    assert_eq!(life.questions.next(1, patience, due_ns), None);
    assert!(matches!(life.state(), State::Unknown(cause) if cause.kind == "interrupted"));
}

#[test]
fn a_running_question_is_given_up_in_time_and_says_why_the_last_poll_was_of_no_use() {
    for (told, kind) in [(running(5), "running"), (not_yet(), "reject")] {
        let mut life = Life::running(5);
        while life.waits().is_some() {
            life.hears(told.clone());
        }
        assert!(matches!(life.state(), State::GivenUp(cause) if cause.kind == kind));
        let seconds = life.now_ns / NANOS_PER_S;
        assert!((900..900 + POLL_WAIT_S_MAX).contains(&seconds), "{seconds}");
    }
}

#[test]
fn what_is_over_stays_as_it_ended() {
    let mut life = Life::running(5);
    life.waits();
    let poll = life.errand.clone();
    life.hears(Told::Ended(answered()));
    life.questions.settle(&poll, Told::Ended(State::Forgotten(cause("ticket-unknown"))), life.now_ns);
    assert_eq!(life.state(), answered());
}

/// A POST that was thought lost is answered behind its ticket: the polls go on as they were.
#[test]
fn a_second_ticket_changes_nothing() {
    let mut life = Life::begun();
    let first = life.errand.clone();
    life.waits();
    life.hears(running(5));
    let before = life.state();
    life.questions.settle(&first, running(9), life.now_ns);
    assert_eq!(life.state(), before);
}

#[test]
fn only_who_asked_and_who_may_see_all_is_told() {
    let life = Life::begun();
    let other = Principal::from_slice(&[2]);
    assert_eq!(life.questions.answer(1, &other, false), None);
    assert!(life.questions.answer(1, &other, true).is_some());
    assert_eq!(life.questions.answer(2, &asker(), true), None);
}

#[test]
fn the_longest_settled_makes_room_and_what_waits_does_not() {
    let mut questions = Questions::default();
    let mut begin = |now_ns| questions.begin(asker(), request(), now_ns);
    let errands: Vec<Errand> = (0..QUESTIONS_MAX as u64).map(|now_ns| begin(now_ns).unwrap()).collect();
    assert_eq!(begin(1_000), None, "all of them wait");
    for (number, now_ns) in [(9, 3_000), (3, 2_000)] {
        questions.settle(&errands[number], Told::Ended(answered()), now_ns);
    }
    let next = questions.begin(asker(), request(), 4_000).unwrap().number;
    assert_eq!(next, QUESTIONS_MAX as u64 + 1, "no number is used twice");
    let is_known = |number: usize| questions.answer(errands[number].number, &asker(), false).is_some();
    assert_eq!([is_known(9), is_known(3)], [true, false]);
    assert_eq!(questions.unfinished().len(), QUESTIONS_MAX - 1);
}

#[test]
fn a_question_that_was_not_sent_was_never_asked() {
    let mut life = Life::begun();
    life.questions.forget(life.errand.number);
    assert_eq!(life.questions, Questions { asked: 1, ..Questions::default() });
}

/// The first POST waited for a signature for so long that the second one overtook it.
#[test]
fn a_question_that_was_sent_by_its_second_post_is_not_forgotten_for_its_first() {
    let mut life = Life::begun();
    life.waits();
    life.questions.forget(life.errand.number);
    assert_eq!(life.state(), State::Posting);
}
