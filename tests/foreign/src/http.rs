//! `http_request`, spelled out: the management canister's Candid, and a call that pays the price of version 1.

use candid::{CandidType, Deserialize, Nat, Principal};
use ic_cdk::{
    api::{canister_self, cost_http_request},
    call::{Call, CallFailed},
};
use serde_bytes::ByteBuf;

/// Bytes of an answer's headers and body: as many as a station ever sends.
const ANSWER_BYTES_MAX: u64 = 2_000;

#[derive(CandidType, Deserialize, Clone, Debug)]
pub(crate) struct HttpHeader {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(CandidType, Deserialize, Clone, Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: Nat,
    pub(crate) headers: Vec<HttpHeader>,
    pub(crate) body: ByteBuf,
}

#[derive(CandidType, Deserialize)]
pub(crate) struct TransformArgs {
    pub(crate) response: HttpResponse,
    pub(crate) context: ByteBuf,
}

#[derive(CandidType, Deserialize, Clone, Copy)]
pub(crate) enum HttpMethod {
    #[serde(rename = "get")]
    Get,
    #[serde(rename = "post")]
    Post,
}

candid::define_function!(TransformFunction : (TransformArgs) -> (HttpResponse) query);

#[derive(CandidType)]
struct Transform {
    function: TransformFunction,
    context: ByteBuf,
}

/// No `pricing_version`, no `is_replicated`: they did not exist when this was written.
#[derive(CandidType)]
struct HttpRequest {
    url: String,
    max_response_bytes: Option<u64>,
    method: HttpMethod,
    headers: Vec<HttpHeader>,
    body: Option<ByteBuf>,
    transform: Option<Transform>,
}

/// Why there is no answer: the reject code, 0 if the call never left, and the text.
#[derive(CandidType, Deserialize, Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) text: String,
}

/// An outcall in the making.
pub(crate) struct Request {
    pub(crate) url: String,
    pub(crate) method: HttpMethod,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) transform: String,
    pub(crate) context: String,
}

impl Request {
    /// A GET whose answer is tidied up: the members of the context are taken out.
    pub(crate) fn get(url: String, context: &str) -> Self {
        let (method, transform) = (HttpMethod::Get, "tidy".to_owned());
        Self { url, method, headers: Vec::new(), body: Vec::new(), transform, context: context.to_owned() }
    }

    pub(crate) async fn send(self) -> Result<HttpResponse, Refusal> {
        let cycles = cost_http_request(self.bytes(), ANSWER_BYTES_MAX);
        let function = TransformFunction::new(canister_self(), self.transform);
        let header = |(name, value)| HttpHeader { name, value };
        let request = HttpRequest {
            url: self.url,
            max_response_bytes: Some(ANSWER_BYTES_MAX),
            method: self.method,
            headers: self.headers.into_iter().map(header).collect(),
            body: (!self.body.is_empty()).then(|| ByteBuf::from(self.body)),
            transform: Some(Transform { function, context: ByteBuf::from(self.context) }),
        };
        let call = Call::unbounded_wait(Principal::management_canister(), "http_request");
        let response = call.with_arg(request).with_cycles(cycles).await.map_err(refusal)?;
        response.candid().map_err(|error| Refusal { code: 0, text: error.to_string() })
    }

    /// What the price counts.
    fn bytes(&self) -> u64 {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let transform = self.transform.len() + self.context.len();
        (self.url.len() + headers + self.body.len() + transform) as u64
    }
}

fn refusal(failed: CallFailed) -> Refusal {
    match failed {
        CallFailed::CallRejected(rejected) => {
            Refusal { code: rejected.raw_reject_code(), text: rejected.reject_message().to_owned() }
        }
        other => Refusal { code: 0, text: other.to_string() },
    }
}
