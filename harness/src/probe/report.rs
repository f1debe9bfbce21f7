//! All that a probe has to say, made of what the replicas recorded: no network, no clock.

use super::{
    cost::Cost,
    remedy::{Case, KEY_NEEDED, QUERY_GOES_ALONG, Remedy, keeps_answer},
    rules::Rules,
    suspect::{Suspect, suspects},
};
use crate::{
    finding::{self, Asked, Finding, Folded, classes, coding},
    outcall::{Reject, RejectCode, Request, Response},
    replica::Replica,
    rules::limits,
    verdict::{Place, Verdict, judge},
};

/// What came of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was asked.
    pub request: Request,
    /// How many replicas asked.
    pub nodes: usize,
    /// What each of them sent, got and would vote for without a transform.
    pub replicas: Vec<Replica>,
    /// What a subnet would decide, without a transform.
    pub verdict: Verdict,
    /// Everything in which the answers differ, and nothing else.
    pub findings: Vec<Finding>,
    /// How many more places there are than are listed.
    pub left_out: usize,
    /// What was the same for all, and will not be on a subnet or at another time.
    pub suspects: Vec<Suspect>,
    /// The transform that would help; none where nothing is to be helped.
    pub transform: Option<Remedy>,
    /// The route of the gateway that would help; none where nothing is to be helped.
    pub route: Option<Remedy>,
    /// What the outcall costs as it is.
    pub cost: Cost,
}

impl Report {
    /// Judges the records of `nodes` replicas that asked the same, each with its vote.
    pub(super) fn new(request: Request, nodes: usize, mut replicas: Vec<Replica>, asked: &Asked) -> Self {
        let verdict = judge(nodes, 0, &mut replicas);
        let raw: Vec<&Result<Response, Reject>> =
            replicas.iter().filter_map(|record| record.raw.as_ref()).collect();
        let finding::Findings { found: findings, left_out } = finding::findings(&raw, asked);
        let is_of_body =
            |place: &Place| matches!(place, Place::Body(_) | Place::Json(_) | Place::Spelling(_));
        let differs = |place: &Place| {
            findings
                .iter()
                .map(|finding| &finding.difference.place)
                .any(|other| other == place || matches!(place, Place::Body(_)) && is_of_body(other))
        };
        let main = classes(&raw).into_iter().next().unwrap_or_default();
        let suspects = main.first().map_or_else(Vec::new, |response| suspects(response, differs));
        let mut rules = Rules::of(&findings, &main);
        rules.leave_out(&suspects);
        let case = Case {
            request: &request,
            nodes,
            replicas: &replicas,
            findings: &findings,
            suspects: &suspects,
            rules: &rules,
        };
        let helps = !main.is_empty() && (!findings.is_empty() || !suspects.is_empty());
        let (transform, route) = match helps {
            true => (Some(case.transform()), Some(case.route())),
            false => (None, None),
        };
        let cost = Cost::of(nodes, limits::request_bytes(&request, None), &verdict, &replicas);
        Self { request, nodes, verdict, findings, left_out, suspects, transform, route, cost, replicas }
    }

    /// How many different votes there are.
    pub fn groups(&self) -> usize {
        self.replicas.iter().filter_map(|record| record.group).max().map_or(0, |group| group + 1)
    }

    /// The findings for people: what differs for one cause in many elements of an array is told once.
    pub fn folded(&self) -> Vec<Folded<'_>> {
        finding::folded(&self.findings)
    }

    /// What to know beside the route: what it leaves to the canister.
    pub fn beside_route(&self) -> Vec<&'static str> {
        let key = keeps_answer(&self.request).then_some(KEY_NEEDED);
        let query = self.request.url.contains('?').then_some(QUERY_GOES_ALONG);
        key.into_iter().chain(query).collect()
    }

    /// How often the request may have reached the server.
    pub fn requests(&self) -> u32 {
        self.replicas.iter().map(|record| record.attempts).sum()
    }

    /// Whether every answer is beyond the cap on responses.
    pub fn is_beyond_cap(&self) -> bool {
        matches!(&self.verdict, Verdict::Rejected { reject, .. } if finding::is_size_cap(reject))
    }

    /// What whoever reads the verdict should know beside it; whole sentences, most often none.
    pub fn warnings(&self) -> Vec<String> {
        let (method, requests) = (&self.request.method, self.requests());
        let mut warnings = Vec::new();
        if requests > 1 && !matches!(method.as_str(), "GET" | "HEAD") {
            warnings.push(format!(
                "{method}: {requests} requests were sent, and the server may have carried out each of them. On a subnet it \
                 is the same each time, unless they go through the gateway or the server honours an Idempotency-Key."
            ));
        }
        if self.request.url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:")) {
            warnings.push("http: on the mainnet replicas accept https only.".to_owned());
        }
        if self.is_beyond_cap() {
            warnings.push("Every answer is beyond the cap: raise max_response_bytes.".to_owned());
        }
        let responses = || self.replicas.iter().filter_map(|record| record.raw.as_ref()?.as_ref().ok());
        if let Some(first) = responses().next()
            && responses().all(|response| !(200..300).contains(&response.status))
        {
            warnings.push(match first.status {
                status @ 300..400 => format!("The answer is a {status}: a replica follows no redirect."),
                status => {
                    format!("The answer is a {status}: replicas agree on a failure as on anything else.")
                }
            });
        }
        if let Some(closed) = responses().filter_map(coding::closed).next() {
            warnings.push(format!(
                "Bodies came {closed}, so that nothing is told of what is in them: this probe undoes gzip and deflate \
                 only, and a replica undoes nothing. {}",
                coding::ASK_PLAINLY
            ));
        }
        warnings
    }

    /// Why nobody could be asked: no replica got as far as a server.
    pub fn unasked(&self) -> Option<&Reject> {
        let reject =
            |record: &Replica| matches!(&record.raw, Some(Err(reject)) if is_unasked(record, reject));
        if !self.replicas.iter().all(reject) {
            return None;
        }
        self.replicas.iter().find_map(|record| record.raw.as_ref()?.as_ref().err())
    }
}

/// No attempt came as far as a connection, or the request was refused on this side. A server that took the request and
/// broke off was asked: it may have carried it out.
fn is_unasked(record: &Replica, reject: &Reject) -> bool {
    let unconnected = reject.message.matches("legacy::Error(Connect").count();
    record.attempts == 0
        || reject.code == RejectCode::SysTransient
            && reject.message.starts_with("Connecting to ")
            && u32::try_from(unconnected).is_ok_and(|unconnected| unconnected >= record.attempts)
}
