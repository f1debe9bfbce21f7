use std::sync::Arc;

use http::HeaderName;
use outcall_protocol::{digest::Hasher, fingerprint::Fingerprint};

use super::*;
use crate::ledger::{Fingerprinted, Repeat, Settlement, Terms};

const LIFE: Duration = Duration::from_secs(120);
const MILLI: Duration = Duration::from_millis(1);

fn start() -> Timestamp {
    Timestamp::from_millis(1_000)
}

/// A request whose whole content is a text; the names of headers change what is compared.
struct Text {
    content: &'static str,
    names: Arc<[HeaderName]>,
}

impl Fingerprinted for Text {
    fn names(&self) -> &Arc<[HeaderName]> {
        &self.names
    }
    fn fingerprint(&self, names: &Arc<[HeaderName]>) -> Fingerprint {
        let content = Hasher::new("test").part(self.content.as_bytes());
        let whole = names.iter().fold(content, |hasher, name| hasher.part(name.as_str().as_bytes()));
        Fingerprint::from_digest(whole.finish())
    }
}

fn ask_with(key: usize, content: &'static str, names: &[&'static str]) -> Ask {
    let names = names.iter().map(|name| HeaderName::from_static(name)).collect();
    let lost = Settlement {
        answer: Problem::OutcomeUnknown.answer(&http::Method::POST),
        life: LIFE,
        upstream_status: None,
    };
    let terms =
        Terms { repeat: Repeat::Never, answer_bytes_max: 0, configuration: digest("c"), lost: lost.into() };
    Ask { id: digest(&format!("key {key}")), request: Arc::new(Text { content, names }), terms }
}

fn ask(key: usize) -> Ask {
    ask_with(key, "a", &[])
}

fn digest(text: &str) -> Digest {
    Hasher::new("test").part(text.as_bytes()).finish()
}

fn remember(refusals: &Refusals, ask: &Ask, now: Timestamp) -> Remembered {
    refusals.remember(ask, Problem::LedgerFull, now, LIFE)
}

#[test]
fn a_refusal_is_put_there_once_and_holds_from_the_first() {
    let refusals = Refusals::default();
    assert!(refusals.get(&ask(0).id, start()).is_none());
    assert_eq!(remember(&refusals, &ask(0), start()), Remembered::Now);
    assert_eq!(remember(&refusals, &ask(0), start().after(MILLI)), Remembered::Before);
    let other = ask_with(0, "b", &[]);
    assert_eq!(remember(&refusals, &other, start()), Remembered::Before, "the key has one refusal");
    let refusal = refusals.get(&ask(0).id, start()).unwrap();
    assert_eq!((refusal.problem, refusal.until), (Problem::LedgerFull, start().after(LIFE)));
    assert!(refusals.get(&ask(1).id, start()).is_none(), "another key was not refused");
}

#[test]
fn a_refusal_expires_and_then_the_key_may_be_refused_anew() {
    let refusals = Refusals::default();
    remember(&refusals, &ask(0), start());
    assert!(refusals.get(&ask(0).id, start().after(LIFE - MILLI)).is_some());
    assert!(refusals.get(&ask(0).id, start().after(LIFE)).is_none());
    assert_eq!(remember(&refusals, &ask(0), start().after(LIFE)), Remembered::Now);
}

#[test]
fn another_request_is_told_apart_by_the_headers_of_the_one_that_was_refused() {
    let refusals = Refusals::default();
    remember(&refusals, &ask_with(0, "a", &["accept"]), start());
    let refusal = refusals.get(&ask(0).id, start()).unwrap();
    assert!(refusal.is_for(&ask_with(0, "a", &["accept"])));
    assert!(refusal.is_for(&ask(0)), "the route of the day forwards fewer headers; the request is the same");
    assert!(!refusal.is_for(&ask_with(0, "b", &["accept"])));
}

#[test]
fn a_full_table_remembers_no_more_and_forgets_nothing_before_its_time() {
    let refusals = Refusals::default();
    for key in 0..limits::REFUSALS {
        assert_eq!(remember(&refusals, &ask(key), start()), Remembered::Now, "{key}");
    }
    let late = ask(limits::REFUSALS);
    for _ in 0..2 {
        assert_eq!(remember(&refusals, &late, start().after(LIFE - MILLI)), Remembered::Never);
        assert!(refusals.get(&late.id, start()).is_none());
    }
    assert_eq!(remember(&refusals, &ask(0), start()), Remembered::Before, "what is known stays known");
    assert_eq!(
        remember(&refusals, &late, start().after(LIFE)),
        Remembered::Now,
        "the expired ones make room"
    );
}
