//! The arguments of `http_request` and `flexible_http_request`, read and judged as the management canister does.

use candid::{CandidType, DecoderConfig, Principal};
use ic_management_canister_types::{
    FlexibleHttpRequestArgs, HttpHeader, HttpMethod, HttpRequestArgs, ReplicationCounts, TransformContext,
};
use serde::de::DeserializeOwned;

use super::bill::{Pricing, check_advance};
use crate::{
    engine::{Call, CallId},
    outcall::{Reject, RejectCode, Request, Transform},
    rules::{
        budget::{self, Budget},
        flexible::Committee,
        limits,
        price::Replication,
    },
};

/// Decoding stops after this much work; honest arguments need a fraction.
const DECODING_QUOTA: usize = 100_000_000;
/// The methods that are read here.
pub(super) const HTTP_REQUEST: &str = "http_request";
pub(super) const FLEXIBLE_HTTP_REQUEST: &str = "flexible_http_request";

/// An outcall that a canister asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The subnet's number for it.
    pub(super) id: u64,
    /// The call that it answers.
    pub(super) call: CallId,
    /// The method of the management canister.
    pub(super) method: String,
    pub(super) request: Request,
    pub(super) transform: Option<Transform>,
    pub(super) replication: Replication,
    pub(super) pricing: Pricing,
    /// What is attached.
    pub(super) cycles: u128,
}

impl Asked {
    /// Reads the arguments of a call and says whether the subnet does what they ask for.
    ///
    /// Arguments that cannot be read make an empty request; it is refused.
    pub(super) fn read(call: &Call, id: u64, nodes: usize, caller: &Principal) -> (Self, Result<(), Reject>) {
        let mut asked = Self {
            id,
            call: call.id,
            method: call.method.clone(),
            request: Request::default(),
            transform: None,
            replication: Replication::Full,
            pricing: Pricing::Version1,
            cycles: call.cycles,
        };
        let transform = if call.method == FLEXIBLE_HTTP_REQUEST {
            decoded(&call.arg).map(|args| asked.take_flexible(args, nodes))
        } else {
            decoded(&call.arg).map(|args| asked.take(args))
        };
        let judged = transform.and_then(|transform| judged(&asked, transform.as_ref(), nodes, caller));
        (asked, judged)
    }

    /// The request's size, as prices count it.
    pub(super) fn request_bytes(&self) -> u64 {
        limits::request_bytes(&self.request, self.transform.as_ref())
    }

    /// How many votes decide: of all nodes, of one, or of a committee.
    pub(super) fn voters(&self, nodes: usize) -> usize {
        self.replication.senders(nodes)
    }

    /// What each node that sends may spend; nothing is metered at price version 1.
    pub(super) fn allowance(&self, nodes: usize) -> Option<u128> {
        let cap = self.request.max_response_bytes;
        let allowance = || budget::allowance(nodes, self.request_bytes(), cap, self.replication, self.cycles);
        (self.pricing == Pricing::Version2).then(allowance)
    }

    /// The purse of one node that sends.
    pub(super) fn budget(&self, nodes: usize) -> Option<Budget> {
        self.allowance(nodes).map(|allowance| Budget::new(nodes, self.replication, allowance))
    }

    /// Who is asked for individual responses, if that is what the canister wants.
    pub(super) fn committee(&self, nodes: usize) -> Option<Committee> {
        let Replication::Flexible { total_requests, min_responses, max_responses } = self.replication else {
            return None;
        };
        let allowance = self.allowance(nodes).unwrap_or(0);
        Some(Committee { nodes, total_requests, min_responses, max_responses, allowance })
    }

    fn take(&mut self, args: HttpRequestArgs) -> Option<TransformContext> {
        let HttpRequestArgs { url, max_response_bytes, method, headers, body, transform, .. } = args;
        self.request = request(url, max_response_bytes, &method, headers, body);
        if args.is_replicated == Some(false) {
            self.replication = Replication::Single;
        }
        if args.pricing_version == Some(2) {
            self.pricing = Pricing::Version2;
        }
        self.keep(transform)
    }

    fn take_flexible(&mut self, args: FlexibleHttpRequestArgs, nodes: usize) -> Option<TransformContext> {
        let FlexibleHttpRequestArgs { url, max_response_bytes, method, headers, body, transform, .. } = args;
        self.request = request(url, max_response_bytes, &method, headers, body);
        self.pricing = Pricing::Version2;
        self.replication = args.replication.map_or(Replication::flexible_by_default(nodes), counted);
        self.keep(transform)
    }

    fn keep(&mut self, transform: Option<TransformContext>) -> Option<TransformContext> {
        self.transform = transform.as_ref().map(|transform| Transform {
            method: transform.function.0.method.clone(),
            context: transform.context.clone(),
        });
        transform
    }
}

fn decoded<T: CandidType + DeserializeOwned>(arg: &[u8]) -> Result<T, Reject> {
    let mut config = DecoderConfig::new();
    config.set_decoding_quota(DECODING_QUOTA).set_skipping_quota(DECODING_QUOTA);
    candid::utils::decode_one_with_config(arg, &config)
        .map_err(|error| Reject::new(RejectCode::CanisterError, format!("Error decoding candid: {error}")))
}

fn request(
    url: String,
    max_response_bytes: Option<u64>,
    method: &HttpMethod,
    headers: Vec<HttpHeader>,
    body: Option<Vec<u8>>,
) -> Request {
    let method = match method {
        HttpMethod::GET => "GET",
        HttpMethod::HEAD => "HEAD",
        HttpMethod::POST => "POST",
        HttpMethod::PUT => "PUT",
        HttpMethod::DELETE => "DELETE",
        HttpMethod::PATCH => "PATCH",
    };
    Request {
        url,
        method: method.to_owned(),
        headers: headers.into_iter().map(|header| (header.name, header.value)).collect(),
        body: body.unwrap_or_default(),
        max_response_bytes,
    }
}

fn counted(counts: ReplicationCounts) -> Replication {
    Replication::Flexible {
        total_requests: counts.total_requests as usize,
        min_responses: counts.min_responses as usize,
        max_responses: counts.max_responses as usize,
    }
}

fn judged(
    asked: &Asked,
    transform: Option<&TransformContext>,
    nodes: usize,
    caller: &Principal,
) -> Result<(), Reject> {
    limits::check_replication(asked.replication, nodes)?;
    limits::check_request(&asked.request, asked.replication)?;
    if let Some(transform) = transform {
        limits::check_transform_principal(caller, &transform.function.0.principal)?;
    }
    check_advance(asked, nodes)
}
