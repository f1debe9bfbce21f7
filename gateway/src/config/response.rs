//! What is made of an upstream's response.

use std::sync::Arc;

use http::HeaderName;
use outcall_protocol::jq::Projection;

use super::{
    error::{Problems, one_line},
    file,
    headers::{self, Purpose},
    judge,
    locate::Place,
};
use crate::limits;

/// How a response becomes an answer.
#[derive(Debug, Clone)]
pub struct ResponseRules {
    /// The headers that are kept: sorted, each once.
    pub keep_headers: Arc<[HeaderName]>,
    /// The filter that a 2xx JSON body goes through, compiled.
    pub jq: Option<Projection>,
    /// Whether a 2xx JSON body is written in its canonical form.
    pub canonical_json: bool,
    /// What the finished answer may measure, headers and body, in bytes.
    pub max_bytes: usize,
    /// What the upstream's body may measure once decoded, before jq and canonical JSON, in bytes.
    pub max_upstream_bytes: usize,
}

pub(super) fn judge(file: &file::Response, place: &Place<'_>, problems: &mut Problems<'_>) -> ResponseRules {
    let keep_headers = match &file.keep_headers {
        Some(names) => {
            let place = place.member("keep_headers");
            headers::judge(names, limits::KEEP_HEADERS_MAX, Purpose::Kept, &place, problems)
        }
        None => headers::kept_by_default(),
    };
    let jq = file.jq.as_ref().and_then(|source| match Projection::compile(source) {
        Ok(projection) => Some(projection),
        Err(error) => {
            let expected = format!("a jq filter that can be run: {}", one_line(&error.to_string()));
            problems.value(&place.member("jq"), expected);
            None
        }
    });
    let mut bytes = |written: Option<u64>, name, default, bytes_max: usize| {
        let judged = written
            .and_then(|bytes| judge::whole(bytes, 1..=bytes_max as u64, &place.member(name), problems));
        judged.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(default)
    };
    ResponseRules {
        keep_headers: keep_headers.into(),
        jq,
        canonical_json: file.canonical_json,
        max_bytes: bytes(file.max_bytes, "max_bytes", limits::ANSWER_BYTES_MAX, limits::ANSWER_BYTES_MAX),
        max_upstream_bytes: bytes(
            file.max_upstream_bytes,
            "max_upstream_bytes",
            limits::UPSTREAM_BODY_BYTES_DEFAULT,
            limits::UPSTREAM_BODY_BYTES_MAX,
        ),
    }
}
