//! Who collects the spans: a URL, what its owner wants to see in every request, and the connection to it.

use std::{fmt, path::Path};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout;

use super::{Span, protobuf};
use crate::{
    limits,
    upstream::{Connector, UpstreamError, connector},
};

/// A collector that takes spans over HTTP.
pub(crate) struct Collector {
    uri: Uri,
    headers: HeaderMap,
    identity: Identity,
    client: Client<Connector, Full<Bytes>>,
}

/// As whom this process is known there.
pub(crate) struct Identity {
    service: String,
    instance: String,
}

/// Why spans cannot go where they are to go.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WrongCollector {
    #[error("--otlp: found {0:?}, expected the URL of a collector, such as \"http://127.0.0.1:4318\"")]
    Url(String),
    /// Its value may be a secret.
    #[error(
        "--otlp-headers: found a pair that is not shown, expected NAME=VALUE,…, percent-encoded where it must be"
    )]
    Headers,
    #[error("--otlp: {0}")]
    Trust(#[from] UpstreamError),
}

/// Why spans were not taken.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// The same will be said again.
    Refused(StatusCode),
    /// It may be another time.
    Away(String),
}

impl Collector {
    /// The collector at this URL, to which `/v1/traces` is added, as it is to `OTEL_EXPORTER_OTLP_ENDPOINT`.
    ///
    /// # Errors
    /// When that is no URL of HTTP, or these are no headers.
    pub(crate) fn new(
        url: &str,
        headers: Option<&str>,
        service: &str,
        extra_ca: Option<&Path>,
    ) -> Result<Self, WrongCollector> {
        let whole = format!("{}/v1/traces", url.trim_end_matches('/'));
        let uri = whole.parse::<Uri>().ok().filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        });
        let uri = uri.ok_or_else(|| WrongCollector::Url(url.to_owned()))?;
        let headers = judged(headers.unwrap_or_default()).ok_or(WrongCollector::Headers)?;
        let instance = format!("{:016x}", fastrand::u64(..));
        let identity = Identity { service: service.to_owned(), instance };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits::POOL_IDLE_SAFE)
            .build(connector(extra_ca)?);
        Ok(Self { uri, headers, identity, client })
    }

    /// Hands these over.
    pub(super) async fn take(&self, spans: &[Span]) -> Result<(), NotTaken> {
        let mut request = Request::new(Full::from(protobuf::request(&self.identity, spans)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let taking = async {
            let answer = self.client.request(request).await.map_err(|error| chain(&error))?;
            let status = answer.status();
            // Read, so that the connection can be used again; what it says is not looked at.
            let _ = Limited::new(answer.into_body(), limits::COLLECTOR_ANSWER_BYTES_MAX).collect().await;
            Ok(status)
        };
        let taken =
            timeout(limits::COLLECTOR_TIMEOUT, taking).await.unwrap_or(Err("it takes too long".to_owned()));
        match taken {
            Ok(status) if status.is_success() => Ok(()),
            // These four are for now (OTLP 1.x, "retryable response codes").
            Ok(status) if [429, 502, 503, 504].contains(&status.as_u16()) => {
                Err(NotTaken::Away(format!("it answers {status}")))
            }
            Ok(status) => Err(NotTaken::Refused(status)),
            Err(cause) => Err(NotTaken::Away(cause)),
        }
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.uri.scheme_str().unwrap_or_default(), self.uri.host().unwrap_or_default());
        write!(f, "{scheme}://{host}")?;
        self.uri.port_u16().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Identity {
    /// What is said of every span.
    pub(super) fn attributes(&self) -> [(&'static str, &str); 3] {
        [
            ("service.name", &self.service),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("service.instance.id", &self.instance),
        ]
    }

    #[cfg(test)]
    pub(super) fn played() -> Self {
        Self { service: "outcall-gateway".to_owned(), instance: "0123456789abcdef".to_owned() }
    }
}

/// `NAME=VALUE,…`, as `OTEL_EXPORTER_OTLP_HEADERS` has it.
fn judged(written: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for pair in written.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let mut value = HeaderValue::from_bytes(&unescaped(value.trim())?).ok()?;
        value.set_sensitive(true);
        headers.append(HeaderName::try_from(name.trim()).ok()?, value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    Some(headers)
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

/// An error with its causes, without the URL.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let whole = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    whole.chars().take(limits::CAUSE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_other_exporters_read_them() {
        let headers = judged("authorization=Bearer%20a%2Cb, x-team = payments,,").unwrap();
        assert_eq!(headers["authorization"], "Bearer a,b");
        assert_eq!(
            (&headers["x-team"], headers["authorization"].is_sensitive()),
            (&"payments".parse::<HeaderValue>().unwrap(), true)
        );
        for wrong in ["authorization", "a b=c", "a=%4", "a=%zz", "a=%0a", "a=%é"] {
            assert!(judged(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_collector_is_named_by_its_url() {
        let at =
            |url: &str| Collector::new(url, None, "s", None).map(|it| (it.uri.to_string(), it.to_string()));
        for (url, uri, shown) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318"),
            (
                "https://user:secret@c.example/otlp/",
                "https://user:secret@c.example/otlp/v1/traces",
                "https://c.example",
            ),
        ] {
            assert_eq!(at(url).unwrap(), (uri.to_owned(), shown.to_owned()));
        }
        for wrong in ["", "localhost:4318", "grpc://127.0.0.1:4317", "http://", "/v1"] {
            assert!(matches!(at(wrong), Err(WrongCollector::Url(_))), "{wrong}");
        }
    }
}
