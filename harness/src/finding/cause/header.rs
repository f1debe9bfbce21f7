//! Headers that are known by their names.

use super::{Cause, value};

/// What proxies, load balancers and delivery networks add, or count, for each request.
const PROXY: [&str; 58] = [
    "age",
    "akamai-grn",
    "apigw-requestid",
    "cdn-requestid",
    "cf-cache-status",
    "cf-ray",
    "cf-request-id",
    "eagleid",
    "fly-request-id",
    "function-execution-id",
    "nel",
    "rndr-id",
    "report-to",
    "request-id",
    "server-timing",
    "traceparent",
    "tracestate",
    "via",
    "x-akamai-request-id",
    "x-amz-apigw-id",
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-azure-ref",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-cache",
    "x-cache-hits",
    "x-cdn-request-id",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-datadog-trace-id",
    "x-envoy-attempt-count",
    "x-envoy-upstream-service-time",
    "x-fastly-request-id",
    "x-github-request-id",
    "x-goog-trace",
    "x-guploader-uploadid",
    "x-hw",
    "x-kong-proxy-latency",
    "x-kong-request-id",
    "x-kong-upstream-latency",
    "x-ms-request-id",
    "x-nf-request-id",
    "x-proxy-cache",
    "x-railway-request-id",
    "x-request-id",
    "x-served-by",
    "x-timer",
    "x-trace-id",
    "x-transaction-id",
    "x-upstream",
    "x-varnish",
    "x-vercel-id",
    "x-yandex-req-id",
];

const RATE: [&str; 4] = ["x-ratelimit-", "ratelimit", "x-rate-limit-", "retry-after"];
const FOLLOWS: [&str; 7] =
    ["content-length", "content-md5", "digest", "content-digest", "repr-digest", "etag", "vary"];
const MACHINE: [&str; 7] =
    ["server", "x-backend", "x-backend-server", "x-server", "x-host", "x-node", "x-instance-id"];
const DURATION: [&str; 4] = ["x-runtime", "x-response-time", "x-process-time", "x-execution-time"];
const OWN_ADDRESS: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip"];

/// Why a header with these values differs. `None` stands for an answer without it.
pub(crate) fn cause(name: &str, values: &[Option<String>], now_seconds: f64) -> Cause {
    if let Some(cause) = named(name) {
        return cause;
    }
    let present: Vec<&str> = values.iter().flatten().map(String::as_str).collect();
    value::of_texts(name, &present, now_seconds)
        .filter(|cause| *cause != Cause::Moves)
        .unwrap_or(Cause::Unknown)
}

/// Whether a header differs from one request to the next, as its name says, whether or not it did here. With what
/// follows from the body it depends on the body.
#[cfg(feature = "probe")]
pub(crate) fn always_differs(name: &str) -> Option<Cause> {
    match named(name)? {
        Cause::Proxy if matches!(name, "via" | "nel" | "report-to" | "x-cache" | "cf-cache-status") => None,
        cause @ (Cause::Proxy | Cause::Cookie | Cause::Rate | Cause::Duration | Cause::OwnAddress) => {
            Some(cause)
        }
        Cause::Clock if name == "date" => Some(Cause::Clock),
        _ => None,
    }
}

fn named(name: &str) -> Option<Cause> {
    let is = |names: &[&str]| names.contains(&name);
    Some(match name {
        "date" | "expires" | "last-modified" => Cause::Clock,
        "set-cookie" | "set-cookie2" => Cause::Cookie,
        "content-encoding" => Cause::Coding,
        _ if is(&PROXY) => Cause::Proxy,
        _ if RATE.iter().any(|start| name.starts_with(start)) => Cause::Rate,
        _ if is(&FOLLOWS) => Cause::Follows,
        _ if is(&MACHINE) => Cause::Machine,
        _ if is(&DURATION) => Cause::Duration,
        _ if is(&OWN_ADDRESS) => Cause::OwnAddress,
        _ => return None,
    })
}
