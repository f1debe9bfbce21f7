//! What would make the answers agree, tried on the very answers that were recorded. Where nothing would, why.

use super::{cost::Cost, route::Route, rules::Rules, suspect::Suspect, transform};
use crate::{
    finding::{Cause, Finding, classes, coding},
    http_response,
    outcall::{Content, Reject, RejectCode, Request, Response, Transform},
    replica::Replica,
    rules::limits,
    verdict::{Place, Verdict, judge},
};

/// How many places are named in one reason.
const PLACES_NAMED_MAX: usize = 4;

/// Why a route takes nothing away.
const KEPT_WHOLE: &str = "nothing is taken away but what --drop names: what a POST is answered, an id above all, may be \
                          what it was sent for";

/// Whether a route passes the answer on whole: what is asked once needs nothing taken away, and what is ordered once is
/// answered once.
pub(crate) fn keeps_answer(request: &Request) -> bool {
    request.method == "POST"
}

/// What is said beside the route of a POST.
pub(crate) const KEY_NEEDED: &str = "The canister sends an Idempotency-Key, the same on every replica and another for \
                                     each order; without one the gateway refuses it.";

/// What is said beside a route for a URL with a query, which may be a secret.
pub(crate) const QUERY_GOES_ALONG: &str =
    "The query is not in the route: the canister sends it, and it goes along.";

/// A transform or a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Ready to be pasted; none where it could not keep its promise.
    pub text: Option<String>,
    /// Whether the recorded answers, put through it one by one, are all the same. A route without it still makes
    /// replicas agree, since it asks once and gives all of them that one answer.
    pub alike: bool,
    /// Why the answers do not become alike, and what to do about it; empty where they do.
    pub why: Vec<String>,
    /// What the canister gets; none without a text.
    pub answer: Option<Response>,
    /// What it would cost; none without a text.
    pub cost: Option<Cost>,
}

impl Remedy {
    fn none(why: Vec<String>) -> Self {
        Self { text: None, alike: false, why, answer: None, cost: None }
    }
}

/// What remedies are made of.
pub(super) struct Case<'r> {
    pub(super) request: &'r Request,
    pub(super) nodes: usize,
    pub(super) replicas: &'r [Replica],
    pub(super) findings: &'r [Finding],
    pub(super) suspects: &'r [Suspect],
    pub(super) rules: &'r Rules,
}

impl Case<'_> {
    /// The transform, if it makes all answers one.
    pub(super) fn transform(&self) -> Remedy {
        let cap = self.request.max_response_bytes;
        let whole = Rules::keeping_the_rest(self.findings).in_one_spelling();
        let rules = if keeps_answer(self.request) && self.differs_in_body() { &whole } else { self.rules };
        let vote = |response: &Response| {
            let content = encoded(&transform::apply(rules, response));
            let made = match &content {
                Content::Success(reply) => Ok(&**reply),
                Content::Reject(reject) => Err(reject),
            };
            limits::check_transformed(made, cap).map_or_else(Content::Reject, |()| content)
        };
        let (verdict, records) = self.judged(|record| record.raw.as_ref().map(|raw| voted(raw, vote)));
        let first = self.replicas.iter().find_map(|record| record.raw.as_ref()?.as_ref().ok());
        if is_one(&verdict, &records) && !self.is_an_address() {
            let named = Transform { method: "transform".to_owned(), context: Vec::new() };
            let request_bytes = limits::request_bytes(self.request, Some(&named));
            return Remedy {
                text: Some(transform::text(rules, self.request)),
                alike: true,
                why: Vec::new(),
                answer: first.map(|response| transform::apply(rules, response)),
                cost: Some(Cost::of(self.nodes, request_bytes, &verdict, &records)),
            };
        }
        let mut why = self.obstacles();
        if keeps_answer(self.request) {
            let noise = self.findings.iter().filter(|it| it.cause != Cause::Unwanted && it.path().is_some());
            let flags = drops(noise);
            let unless = if flags.is_empty() { "" } else { ". If it is of no interest, say so: " };
            why.push(format!(
                "what a POST is answered, an id above all, may be what it was sent for, and no transform keeps it from being \
                 carried out {} times: send it through the gateway{unless}{flags}",
                self.nodes
            ));
        }
        if self.replicas.iter().any(|record| is_packed(record) && self.differs_in_body()) {
            why.push(
                "the body is compressed, which a transform would have to undo first: ask plainly, or through the gateway, \
                 which decompresses"
                    .to_owned(),
            );
        }
        if why.is_empty() {
            why.push(format!("what is left still differs: {verdict}"));
        }
        Remedy::none(why)
    }

    /// The route, and whether its rules alone make all answers one.
    pub(super) fn route(&self) -> Remedy {
        // A success first: it is what the gateway is asked for, and nobody else asks beside it.
        let raw: Vec<&Result<Response, Reject>> =
            self.replicas.iter().filter_map(|record| record.raw.as_ref()).collect();
        let answers: Vec<&Response> = classes(&raw).into_iter().flatten().collect();
        let whole = Rules::keeping_the_rest(self.findings);
        let rules = if keeps_answer(self.request) { &whole } else { self.rules };
        let route = match Route::new(rules, self.request, &answers) {
            Ok(route) => route,
            Err(why) => return Remedy::none(vec![format!("no route leads there: {why}")]),
        };
        let method = &self.request.method;
        if let Some(closed) = answers.iter().find_map(|answer| coding::closed(answer)) {
            return Remedy::none(vec![format!(
                "no route can be tried: bodies came {closed}, which the gateway undoes and this probe does not. {}",
                coding::ASK_PLAINLY
            )]);
        }
        let finish = |response: &Response| route.finished(method, response);
        let Some(first) = answers.iter().find_map(|response| finish(response).ok()) else {
            let refused = answers.iter().find_map(|response| finish(response).err());
            let why = refused.map_or("there was no answer".to_owned(), |why| {
                format!("the gateway would refuse the answer: {why}")
            });
            return Remedy::none(vec![format!("no route can be tried: {why}")]);
        };
        let text = Some(route.text.clone());
        let refused = |why: String| Reject::new(RejectCode::SysFatal, why);
        let vote = |response: &Response| {
            finish(response).map_or_else(|why| Content::Reject(refused(why)), |it| encoded(&it))
        };
        let (verdict, records) = self.judged(|record| record.raw.as_ref().map(|raw| voted(raw, vote)));
        let alike = is_one(&verdict, &records);
        let mut why = match alike {
            true => Vec::new(),
            false if keeps_answer(self.request) => vec![KEPT_WHOLE.to_owned()],
            false => self.obstacles(),
        };
        if !alike && why.is_empty() {
            why.push(format!("what is left still differs: {verdict}"));
        }
        // One request: everybody gets the answer of one.
        let (verdict, mut records) = self.judged(|record| record.raw.as_ref().map(|_| encoded(&first)));
        records.iter_mut().for_each(|record| record.downloaded_bytes = first.bytes());
        let request_bytes = limits::request_bytes(self.request, None);
        let cost = Some(Cost::of(self.nodes, request_bytes, &verdict, &records));
        Remedy { text, alike, why, answer: Some(first), cost }
    }

    /// The same records with other votes, and what the subnet says to them.
    fn judged(&self, vote: impl Fn(&Replica) -> Option<Content>) -> (Verdict, Vec<Replica>) {
        let records = self.replicas.iter().map(|record| match vote(record) {
            Some(content) => record.clone().voting(content),
            None => record.clone(),
        });
        let mut records: Vec<Replica> = records.collect();
        (judge(self.nodes, 0, &mut records), records)
    }

    /// Everything that can be taken away by no rule.
    fn obstacles(&self) -> Vec<String> {
        let of = |cause: Cause| self.findings.iter().filter(move |finding| finding.cause == cause);
        let values = |finding: &Finding| finding.difference.to_string();
        let mut why = Vec::new();
        why.extend(of(Cause::TooMany).map(|finding| {
            format!(
                "429 for some ({}): the service counts {} requests where one is meant. One request through the gateway \
                 is counted once",
                values(finding),
                self.replicas.len()
            )
        }));
        why.extend(of(Cause::Status).map(|finding| {
            format!("some have another answer ({}): one request through the gateway has one", values(finding))
        }));
        why.extend(of(Cause::SizeCap).map(|finding| {
            format!("the cap is too small for some ({}): raise max_response_bytes", values(finding))
        }));
        why.extend(of(Cause::Failure).map(|finding| format!("some have no answer ({})", values(finding))));
        if let Some(places) = named(of(Cause::Moves)) {
            why.push(format!(
                "the value itself moves: {places}. Ask for one that stands still (a closed candle, a URL with a \
                 timestamp), take several with a flexible outcall, or send one request through the gateway. If it is of \
                 no interest, say so: {}",
                drops(of(Cause::Moves))
            ));
        }
        let is_json = |finding: &&Finding| finding.path().is_some();
        if let Some(places) = named(of(Cause::Unknown).filter(is_json)) {
            why.push(format!(
                "no cause is known for {places}. If it is of no interest, say so: {}",
                drops(of(Cause::Unknown).filter(is_json))
            ));
        }
        if self.findings.iter().any(|finding| {
            finding.cause == Cause::Unknown && matches!(finding.difference.place, Place::Body(_))
        }) {
            why.push("the body is no JSON, and differs: no rule can tell what of it matters".to_owned());
        }
        if self.is_an_address() {
            why.push(
                "the body is the address of whoever asks, and each replica has its own: nothing of it is the same for all"
                    .to_owned(),
            );
        }
        why
    }

    /// Whether nothing but the replica's own address is in the body, so that a transform leaves nothing of it.
    fn is_an_address(&self) -> bool {
        let differs = self.findings.iter().map(|finding| (&finding.difference.place, finding.cause));
        let suspect = self.suspects.iter().map(|suspect| (&suspect.place, suspect.cause));
        differs.chain(suspect).any(|told| matches!(told, (Place::Body(_), Cause::OwnAddress)))
    }

    fn differs_in_body(&self) -> bool {
        let bodies =
            self.replicas.iter().filter_map(|record| Some(&record.raw.as_ref()?.as_ref().ok()?.body));
        let bodies: Vec<&Vec<u8>> = bodies.collect();
        bodies.windows(2).any(|pair| pair[0] != pair[1])
    }
}

fn is_packed(record: &Replica) -> bool {
    matches!(&record.raw, Some(Ok(response)) if !coding::codings(response).is_empty())
}

/// Whether there is an agreement that nobody stands outside of.
fn is_one(verdict: &Verdict, records: &[Replica]) -> bool {
    verdict.is_agreed() && records.iter().all(|record| record.group == Some(0))
}

fn voted(raw: &Result<Response, Reject>, vote: impl Fn(&Response) -> Content) -> Content {
    match raw {
        Ok(response) => vote(response),
        Err(reject) => Content::Reject(reject.clone()),
    }
}

/// What is voted for without a transform.
pub(super) fn encoded(response: &Response) -> Content {
    match http_response::encode(response) {
        Ok(reply) => Content::Success(reply),
        Err(error) => Content::Reject(Reject::new(RejectCode::SysFatal, error.to_string())),
    }
}

/// The first few places, in words; none when there is none.
fn named<'f>(findings: impl Iterator<Item = &'f Finding>) -> Option<String> {
    let places: Vec<String> = findings.map(|finding| finding.difference.place.to_string()).collect();
    let shown = places.iter().take(PLACES_NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    match places.len().saturating_sub(PLACES_NAMED_MAX) {
        _ if places.is_empty() => None,
        0 => Some(shown),
        more => Some(format!("{shown} and {more} more")),
    }
}

/// The flags that call these places of no interest.
fn drops<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    let mut flags: Vec<String> = Vec::new();
    for path in findings.filter_map(Finding::path) {
        let flag = format!("--drop '{}'", super::Pattern::general(path));
        if !flags.contains(&flag) && flags.len() < PLACES_NAMED_MAX {
            flags.push(flag);
        }
    }
    flags.join(" ")
}
