//! A gateway of a few lines, which answers questions with tickets and polls from a book, byte for byte as the contract says, and
//! signs what it records. What it is told to lie about it lies about.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use outcall_harness::upstream::{Answer, Gate, Seen, Upstream};
use outcall_protocol::{
    key::IdempotencyKey,
    outcall_id::{Key, outcall_id},
    receipt::{KeyId, OutcallRequest, Response, Sent, sign},
    ticket::{Ticket, TicketPath},
};

use super::super::receipts::BEGINNING_S;
use crate::receipts::secret;

const ROUTE: &str = "/llm";
const RETRY_AFTER_S: u64 = 5;

/// What becomes of the backend's work.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// It ends with this status and body.
    Recorded(u16, String),
    /// So it ends, and nobody signs it.
    Unsigned(u16, String),
    /// Polls get what was recorded of another question.
    OfAnother(u16, String),
    /// Polls are told so of their ticket.
    Ticket(u16, &'static str),
}

pub(super) struct Scripted {
    service: Upstream,
    book: Arc<Mutex<Book>>,
}

/// What is recorded.
#[derive(Default)]
struct Book {
    now_s: u64,
    /// The question by its ticket: the request as it came first, and since when.
    questions: BTreeMap<String, Seen>,
    /// Every answer by its key.
    recorded: BTreeMap<String, (Seen, Answer)>,
    end: Option<(End, u64)>,
    /// At which the answers to polls wait.
    gate: Option<Gate>,
}

impl Scripted {
    pub(super) async fn start() -> Self {
        let book = Arc::new(Mutex::new(Book { now_s: BEGINNING_S, ..Book::default() }));
        let script = Upstream::script();
        let (asking, polling) = (book.clone(), book.clone());
        let service = script
            .each("POST /llm", move |seen| lock(&asking).post(seen))
            .each("GET /llm/ticket/*", move |seen| {
                let mut book = lock(&polling);
                let answer = book.poll(seen);
                book.gate.as_ref().map_or(answer.clone(), |gate| answer.behind(gate))
            })
            .start()
            .await;
        Self { service, book }
    }

    pub(super) fn url(&self) -> String {
        self.service.url("")
    }

    /// Its clock goes on.
    pub(super) fn passes(&self, seconds: u64) {
        lock(&self.book).now_s += seconds;
    }

    /// The backend has ended like this, now.
    pub(super) fn ends(&self, end: End) {
        let mut book = lock(&self.book);
        book.end = Some((end, book.now_s));
    }

    /// From now on polls are answered when that gate is open.
    pub(super) fn holds_polls_at(&self, gate: &Gate) {
        lock(&self.book).gate = Some(gate.clone());
    }

    /// The keys of all requests with that method, each once, in order.
    pub(super) fn keys(&self, method: &str) -> Vec<String> {
        let mut keys: Vec<String> = self.requests(method).iter().map(key).collect();
        keys.dedup();
        keys
    }

    pub(super) fn requests(&self, method: &str) -> Vec<Seen> {
        self.service.requests().into_iter().filter(|seen| seen.method == method).collect()
    }
}

impl Book {
    /// One 202 for each key.
    fn post(&mut self, seen: &Seen) -> Answer {
        let id = outcall_id(ROUTE, "", &Key::Given(IdempotencyKey::parse([key(seen).as_bytes()]).unwrap()));
        let ticket = Ticket::of(id);
        self.questions.entry(ticket.to_string()).or_insert_with(|| seen.clone());
        self.once(seen, |book| book.signed(running(&ticket), seen, book.now_s))
    }

    /// What the first replica of a poll sees all of them see.
    fn poll(&mut self, seen: &Seen) -> Answer {
        let rest = seen.path.strip_prefix(ROUTE).unwrap();
        let Some(TicketPath::Poll(Some(ticket))) = TicketPath::parse(rest) else {
            panic!("no ticket: {seen}")
        };
        let Some(question) = self.questions.get(&ticket.to_string()).cloned() else {
            panic!("a ticket that was not given: {seen}")
        };
        self.once(seen, |book| match book.end.clone() {
            None => book.signed(running(&ticket), seen, book.now_s),
            Some((End::Recorded(status, body), then_s)) => {
                book.signed(recorded(status, &body), &question, then_s)
            }
            Some((End::Unsigned(status, body), _)) => bare(recorded(status, &body)),
            Some((End::OfAnother(status, body), then_s)) => {
                let other = Seen { body: b"{\"prompt\":\"another\"}".into(), ..question };
                book.signed(recorded(status, &body), &other, then_s)
            }
            Some((End::Ticket(status, kind), _)) => {
                book.signed(recorded(status, &problem(kind, "unknown")), seen, book.now_s)
            }
        })
    }

    /// The record of a key, which belongs to one request.
    fn once(&mut self, seen: &Seen, answer: impl FnOnce(&Self) -> Answer) -> Answer {
        let key = key(seen);
        if let Some((first, answer)) = self.recorded.get(&key) {
            let same = (&first.method, &first.path, &first.body) == (&seen.method, &seen.path, &seen.body);
            assert!(same, "one key, two requests: {first} and {seen}");
            return answer.clone();
        }
        let answer = answer(self);
        self.recorded.insert(key, (seen.clone(), answer.clone()));
        answer
    }

    /// The answer with the receipt that makes it the one to that request.
    fn signed(&self, answer: Bare, to: &Seen, created_s: u64) -> Answer {
        let (status, headers, body) = answer;
        let names = ["accept", "content-type"].map(str::to_owned);
        let sent: Vec<(&str, &str)> = to.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let url = format!("https://g{}", to.path);
        let sent = Sent { method: &to.method, url: &url, headers: &sent, body: &to.body, caller: "" };
        let request = OutcallRequest { digest: sent.digest(&names).unwrap(), names: names.into() };
        let fields: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let response = Response { status, headers: &fields, body: body.as_bytes() };
        let receipt = sign(&secret("now"), &KeyId::parse("now").unwrap(), &response, &request, created_s);
        let bare = bare((status, headers, body));
        receipt.into_iter().fold(bare, |answer, (name, value)| answer.header(name, value))
    }
}

/// An answer before it is signed: status, headers, body.
type Bare = (u16, Vec<(&'static str, String)>, String);

fn bare((status, headers, body): Bare) -> Answer {
    headers
        .into_iter()
        .fold(Answer::new(status), |answer, (name, value)| answer.header(name, value))
        .body(body)
}

fn running(ticket: &Ticket) -> Bare {
    let body = format!(r#"{{"status":"running","ticket":"{ticket}","retry_after":{RETRY_AFTER_S}}}"#);
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("location", ticket.location(ROUTE)),
        ("retry-after", RETRY_AFTER_S.to_string()),
    ];
    (202, headers, body)
}

fn recorded(status: u16, body: &str) -> Bare {
    (status, vec![("content-type", "application/json".to_owned())], body.to_owned())
}

fn key(seen: &Seen) -> String {
    seen.header("idempotency-key").unwrap_or_else(|| panic!("no key: {seen}")).to_owned()
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A problem of the gateway's.
pub(super) fn problem(kind: &str, executed: &str) -> String {
    format!(r#"{{"type":"urn:outcall-gateway:{kind}","title":"T","detail":"D.","executed":"{executed}"}}"#)
}
