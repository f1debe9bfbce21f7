//! Every row of *What is recorded* (DESIGN.md), for requests that are safe to repeat and for those that are not:
//! whatever the upstream does, thirteen replicas and those who come late get the same bytes, the answer says what is
//! known, and nothing that must not be repeated goes out twice.

use futures_util::future::join_all;
use outcall_gateway::limits;
use outcall_tests::{
    gateway::Gateway,
    h2_upstream::{H2Act, H2Upstream},
    replica::{Answer, Outcall, Replica, Subnet, agreed},
    tls::Authority,
    upstream::{Act, Script, Upstream},
};

mod broken;
mod complete;
mod http2;
mod mixed;
mod refused;
mod too_late;
mod unreachable;

/// Attempts of a call that may be repeated and never succeeds.
const ATTEMPTS: usize = limits::ATTEMPTS_MAX as usize;

/// A request, as far as the table tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    GetKeyless,
    Get,
    IdempotentPost,
    Post,
    Put,
    Patch,
    Delete,
}

use Kind::{Delete, Get, GetKeyless, IdempotentPost, Patch, Post, Put};

const SAFE: [Kind; 3] = [GetKeyless, Get, IdempotentPost];
const UNSAFE: [Kind; 4] = [Post, Put, Patch, Delete];
const ALL: [Kind; 7] = [GetKeyless, Get, IdempotentPost, Post, Put, Patch, Delete];

impl Kind {
    /// A request of this kind for the routes of [`config`].
    fn outcall(self) -> Outcall {
        let keyed = |method: &str, path: &str| Outcall::new(method, path).key("k-1");
        match self {
            GetKeyless => Outcall::get("/r"),
            Get => keyed("GET", "/r"),
            IdempotentPost => keyed("POST", "/idempotent").json(r#"{"amount":5}"#),
            Post => keyed("POST", "/r").json(r#"{"amount":5}"#),
            Put => keyed("PUT", "/r").json(r#"{"amount":5}"#),
            Patch => keyed("PATCH", "/r").json(r#"{"amount":5}"#),
            Delete => keyed("DELETE", "/r"),
        }
    }
}

/// The same case for each of these kinds, side by side: most of the time they wait.
async fn for_each(kinds: impl IntoIterator<Item = Kind>, case: impl AsyncFn(Kind)) {
    join_all(kinds.into_iter().map(|kind| case(kind))).await;
}

/// Both routes to this upstream, with the further members of each.
fn config(upstream: &str, members: &str, authority: Option<&Authority>) -> String {
    let server = authority.map_or(String::new(), |authority| {
        format!(r#""server": {{"upstream_ca": {:?}}},"#, authority.root_path())
    });
    let comma = if members.is_empty() { "" } else { ", " };
    format!(
        r#"{{{server}
        "/r": {{"upstream": "{upstream}"{comma}{members}}},
        "/idempotent": {{"upstream": "{upstream}", "upstream_idempotent": true{comma}{members}}}}}"#
    )
}

/// Thirteen replicas at once, then one that asks twice: the answer that all of them got.
async fn everybody(gateway: &Gateway, outcall: &Outcall) -> Answer {
    let mut answers = Subnet::new(gateway.addr(), 13).burst(outcall).await;
    let late = Replica::new(gateway.addr()).send_twice(outcall).await;
    answers.extend(late.unwrap_or_else(|error| panic!("a late replica got no answer: {error}")));
    agreed(&answers).clone()
}

/// What everybody gets for one request of this kind, and the upstream that saw it.
async fn against(kind: Kind, members: &str, script: Script<Act>) -> (Answer, Upstream) {
    let upstream = Upstream::start(script).await;
    let gateway = Gateway::start(&config(&upstream.url("/u"), members, None)).await;
    (everybody(&gateway, &kind.outcall()).await, upstream)
}

/// As [`against`], over TLS with a certificate that the gateway trusts.
async fn against_tls(kind: Kind, script: Script<Act>) -> (Answer, Upstream) {
    let authority = Authority::new();
    let upstream = Upstream::start_tls(script, &authority).await;
    let gateway = Gateway::start(&config(&upstream.url("/u"), "", Some(&authority))).await;
    (everybody(&gateway, &kind.outcall()).await, upstream)
}

/// As [`against`], over HTTP/2.
async fn against_h2(kind: Kind, members: &str, script: Script<H2Act>) -> (Answer, H2Upstream) {
    let authority = Authority::new();
    let upstream = H2Upstream::start(script, &authority).await;
    let gateway = Gateway::start(&config(&upstream.url("/u"), members, Some(&authority))).await;
    (everybody(&gateway, &kind.outcall()).await, upstream)
}

/// Asserts that an answer is one of the gateway's own: status, type and `executed`.
#[track_caller]
fn assert_problem(kind: Kind, answer: &Answer, status: u16, problem: &str, executed: &str) {
    assert_eq!(answer.status, status, "{kind:?}: {answer:?}");
    let body = answer.problem();
    let found = (body["type"].as_str(), body["status"].as_u64(), body["executed"].as_str());
    let name = format!("urn:outcall-gateway:{problem}");
    assert_eq!(found, (Some(name.as_str()), Some(status.into()), Some(executed)), "{kind:?}: {answer:?}");
}

/// Asserts that an answer is the upstream's.
#[track_caller]
fn assert_passed_on(kind: Kind, answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.text().as_str()), (status, body), "{kind:?}: {answer:?}");
}
