//! The gateway's own errors, byte for byte as they stand on the wire.

use outcall_tests::{
    gateway::Gateway,
    replica::{Answer, Outcall, Replica},
    upstream::{Act, Ending, Refusing, Reply, Script},
};

use crate::{
    config::route,
    stage::{Stage, send_bytes},
};

/// Answers as text, each behind what it is the answer to.
#[derive(Default)]
struct Wall(String);

impl Wall {
    fn add(&mut self, what: &str, answer: &Answer) {
        let raw = answer.raw_text().replace("\r\n", "\n");
        self.0.push_str(&format!("# {what}\n{raw}\n\n"));
    }
}

fn post(path: &str) -> Outcall {
    Outcall::post(path).key("k")
}

#[tokio::test]
async fn these_are_the_refusals_of_what_cannot_be_asked() {
    let stage = Stage::always(Act::json("{}"), r#""methods": ["GET", "POST"]"#).await;
    stage.send(&post("/r")).await;
    let mut wall = Wall::default();
    for (what, outcall) in [
        ("no key", Outcall::post("/r")),
        ("no valid key", Outcall::post("/r").key("a b")),
        ("the key of another request", post("/r").body("{}")),
        ("a path that leaves its route", post("/r/../x")),
        ("too long a URL", Outcall::get(&format!("/r?{}", "x".repeat(8_192)))),
        ("too large a body", post("/r").body(vec![0; 2_000_001])),
        ("too large a head", Outcall::get("/r").header("x", &"x".repeat(65_536))),
        ("no route", post("/none")),
        ("a method that the route does not serve", Outcall::new("PUT", "/r")),
    ] {
        wall.add(what, &stage.send(&outcall).await);
    }
    let absolute = "GET http://g/r HTTP/1.1\r\nhost: g\r\n\r\n";
    wall.add("absolute form", &send_bytes(stage.gateway.addr(), absolute).await.unwrap());
    wall.add("HEAD", &stage.send(&Outcall::head("/none")).await);
    insta::assert_snapshot!(wall.0, @r##"
    # no key
    HTTP/1.1 400 Bad Request
    content-type: application/problem+json
    content-length: 148

    {"type":"urn:outcall-gateway:key-missing","title":"Bad Request","status":400,"detail":"This route needs an Idempotency-Key header.","executed":"no"}

    # no valid key
    HTTP/1.1 400 Bad Request
    content-type: application/problem+json
    content-length: 181

    {"type":"urn:outcall-gateway:key-invalid","title":"Bad Request","status":400,"detail":"The Idempotency-Key must be one header of 1 to 255 visible ASCII characters.","executed":"no"}

    # the key of another request
    HTTP/1.1 422 Unprocessable Entity
    content-type: application/problem+json
    content-length: 171

    {"type":"urn:outcall-gateway:key-reused","title":"Unprocessable Entity","status":422,"detail":"This Idempotency-Key was used before with another request.","executed":"no"}

    # a path that leaves its route
    HTTP/1.1 400 Bad Request
    content-type: application/problem+json
    content-length: 200

    {"type":"urn:outcall-gateway:path-invalid","title":"Bad Request","status":400,"detail":"The path must not contain a backslash, an empty segment, a control character or a dot segment.","executed":"no"}

    # too long a URL
    HTTP/1.1 400 Bad Request
    content-type: application/problem+json
    content-length: 141

    {"type":"urn:outcall-gateway:url-too-long","title":"Bad Request","status":400,"detail":"The URL must not exceed 8192 bytes.","executed":"no"}

    # too large a body
    HTTP/1.1 413 Payload Too Large
    content-type: application/problem+json
    content-length: 161

    {"type":"urn:outcall-gateway:body-too-large","title":"Payload Too Large","status":413,"detail":"The request body must not exceed 2000000 bytes.","executed":"no"}

    # too large a head
    HTTP/1.1 431 Request Header Fields Too Large
    content-type: application/problem+json
    content-length: 205

    {"type":"urn:outcall-gateway:headers-too-large","title":"Request Header Fields Too Large","status":431,"detail":"The request must not have more than 128 headers or 65536 bytes of headers.","executed":"no"}

    # no route
    HTTP/1.1 404 Not Found
    content-type: application/problem+json
    content-length: 144

    {"type":"urn:outcall-gateway:no-route","title":"Not Found","status":404,"detail":"No route of this gateway has this path.","executed":"unknown"}

    # a method that the route does not serve
    HTTP/1.1 405 Method Not Allowed
    allow: GET, POST
    content-type: application/problem+json
    content-length: 162

    {"type":"urn:outcall-gateway:method-not-allowed","title":"Method Not Allowed","status":405,"detail":"This route does not serve this method.","executed":"unknown"}

    # absolute form
    HTTP/1.1 400 Bad Request
    content-type: application/problem+json
    content-length: 162

    {"type":"urn:outcall-gateway:absolute-form","title":"Bad Request","status":400,"detail":"The request target must be a path, not an absolute URL.","executed":"no"}

    # HEAD
    HTTP/1.1 404 Not Found
    content-type: application/problem+json
    "##);
}

#[tokio::test]
async fn these_are_the_failures_of_upstreams() {
    let mut wall = Wall::default();
    let down = Refusing::bind();
    let gateway = Gateway::start(&route("/r", &down.url(""))).await;
    wall.add("nobody listens", &Replica::new(gateway.addr()).send(&post("/r")).await.unwrap());
    for (what, act, members, outcall) in [
        ("sent, no answer", Act::CloseAfterReading, "", post("/r")),
        ("sent again and again, no answer", Act::HalfBody(Ending::Rst), "", Outcall::get("/r")),
        ("too late", Act::Hang, r#""timeout": "100ms""#, Outcall::get("/r")),
        ("too large", Act::Answer(Reply::too_large()), "", post("/r")),
        ("an unknown coding", Act::Answer(Reply::encoded("x", vec![1])), "", post("/r")),
        ("no JSON", Act::json("{"), r#""response": {"canonical_json": true}"#, post("/r")),
        ("no one value", Act::json("{}"), r#""response": {"jq": "empty"}"#, post("/r")),
        (
            "headers",
            Act::Answer(Reply::non_ascii_header()),
            r#""response": {"keep_headers": ["x-city"]}"#,
            post("/r"),
        ),
    ] {
        let stage = Stage::always(act, members).await;
        wall.add(what, &stage.send(&outcall).await);
    }
    insta::assert_snapshot!(wall.0, @r##"
    # nobody listens
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 166

    {"type":"urn:outcall-gateway:upstream-unreachable","title":"Bad Gateway","status":502,"detail":"The upstream could not be reached; nothing was sent.","executed":"no"}

    # sent, no answer
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 206

    {"type":"urn:outcall-gateway:outcome-unknown","title":"Bad Gateway","status":502,"detail":"The request may have been sent, but no complete answer came back; it will not be sent again.","executed":"unknown"}

    # sent again and again, no answer
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 168

    {"type":"urn:outcall-gateway:upstream-failed","title":"Bad Gateway","status":502,"detail":"The upstream broke off before its answer was complete.","executed":"unknown"}

    # too late
    HTTP/1.1 504 Gateway Timeout
    content-type: application/problem+json
    content-length: 155

    {"type":"urn:outcall-gateway:upstream-timeout","title":"Gateway Timeout","status":504,"detail":"The upstream did not answer in time.","executed":"unknown"}

    # too large
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 170

    {"type":"urn:outcall-gateway:answer-too-large","title":"Bad Gateway","status":502,"detail":"The upstream's answer exceeds the size limit of this route.","executed":"yes"}

    # an unknown coding
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 173

    {"type":"urn:outcall-gateway:answer-coding","title":"Bad Gateway","status":502,"detail":"The upstream's answer has a content coding that cannot be undone.","executed":"yes"}

    # no JSON
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 173

    {"type":"urn:outcall-gateway:answer-not-json","title":"Bad Gateway","status":502,"detail":"The upstream's answer is not the JSON that this route promises.","executed":"yes"}

    # no one value
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 166

    {"type":"urn:outcall-gateway:answer-projection","title":"Bad Gateway","status":502,"detail":"The route's jq filter did not yield exactly one value.","executed":"yes"}

    # headers
    HTTP/1.1 502 Bad Gateway
    content-type: application/problem+json
    content-length: 174

    {"type":"urn:outcall-gateway:answer-headers","title":"Bad Gateway","status":502,"detail":"The upstream's answer has headers that the replicas would refuse.","executed":"yes"}
    "##);
}

#[tokio::test]
async fn these_are_the_refusals_of_an_overloaded_gateway() {
    let mut wall = Wall::default();
    let stage = Stage::varying(r#""rate": {"per_second": 0.000001, "burst": 1}"#).await;
    stage.send(&Outcall::get("/r?1")).await;
    wall.add("too many keys", &stage.send(&Outcall::get("/r?2")).await);
    let members = r#""breaker": {"failures": 1, "cooldown": "1h"}"#;
    let stage = Stage::of(Script::steps([Act::CloseAfterReading]), members).await;
    stage.send(&post("/r")).await;
    wall.add("an upstream that is left alone", &stage.send(&Outcall::get("/r")).await);
    insta::assert_snapshot!(wall.0, @r##"
    # too many keys
    HTTP/1.1 429 Too Many Requests
    content-type: application/problem+json
    content-length: 179

    {"type":"urn:outcall-gateway:rate-limited","title":"Too Many Requests","status":429,"detail":"The route's rate of new outcalls is used up; this one was not sent.","executed":"no"}

    # an upstream that is left alone
    HTTP/1.1 503 Service Unavailable
    content-type: application/problem+json
    content-length: 196

    {"type":"urn:outcall-gateway:breaker-open","title":"Service Unavailable","status":503,"detail":"The upstream failed repeatedly and is being left alone; this outcall was not sent.","executed":"no"}
    "##);
}
