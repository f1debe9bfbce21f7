//! The arguments of `http_request`, read and judged as the management canister does.

use candid::{DecoderConfig, Principal};
use ic_management_canister_types::{HttpMethod, HttpRequestArgs, TransformContext};

use super::bill::{Pricing, check_advance};
use crate::{
    engine::{Call, CallId},
    outcall::{Reject, RejectCode, Request, Transform},
    rules::{limits, price::Replication},
};

/// Decoding stops after this much work; honest arguments need a fraction.
const DECODING_QUOTA: usize = 100_000_000;

/// An outcall that a canister asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The subnet's number for it.
    pub(super) id: u64,
    /// The call that it answers.
    pub(super) call: CallId,
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
            request: Request::default(),
            transform: None,
            replication: Replication::Full,
            pricing: Pricing::Version1,
            cycles: call.cycles,
        };
        let mut config = DecoderConfig::new();
        config.set_decoding_quota(DECODING_QUOTA).set_skipping_quota(DECODING_QUOTA);
        let args: HttpRequestArgs = match candid::utils::decode_one_with_config(&call.arg, &config) {
            Ok(args) => args,
            Err(error) => {
                let message = format!("Error decoding candid: {error}");
                return (asked, Err(Reject::new(RejectCode::CanisterError, message)));
            }
        };
        let transform = args.transform.clone();
        asked.take(args);
        let judged = judged(&asked, transform.as_ref(), nodes, caller);
        (asked, judged)
    }

    /// The request's size, as prices count it.
    pub(super) fn request_bytes(&self) -> u64 {
        limits::request_bytes(&self.request, self.transform.as_ref())
    }

    /// How many votes decide: of all nodes, or of one.
    pub(super) fn voters(&self, nodes: usize) -> usize {
        self.replication.senders(nodes)
    }

    fn take(&mut self, args: HttpRequestArgs) {
        let method = match args.method {
            HttpMethod::GET => "GET",
            HttpMethod::HEAD => "HEAD",
            HttpMethod::POST => "POST",
            HttpMethod::PUT => "PUT",
            HttpMethod::DELETE => "DELETE",
            HttpMethod::PATCH => "PATCH",
        };
        self.request = Request {
            url: args.url,
            method: method.to_owned(),
            headers: args.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            body: args.body.unwrap_or_default(),
            max_response_bytes: args.max_response_bytes,
        };
        self.transform = args
            .transform
            .map(|transform| Transform { method: transform.function.0.method, context: transform.context });
        if args.is_replicated == Some(false) {
            self.replication = Replication::Single;
        }
        if args.pricing_version == Some(2) {
            self.pricing = Pricing::Version2;
        }
    }
}

fn judged(
    asked: &Asked,
    transform: Option<&TransformContext>,
    nodes: usize,
    caller: &Principal,
) -> Result<(), Reject> {
    limits::check_request(&asked.request, asked.replication)?;
    if let Some(transform) = transform {
        limits::check_transform_principal(caller, &transform.function.0.principal)?;
    }
    check_advance(asked, nodes)
}
