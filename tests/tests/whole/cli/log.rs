//! The log: one line for each request, and nothing in it that is anybody's secret.

use outcall_protocol::digest;
use outcall_tests::{
    gateway::Process,
    replica::{Outcall, Replica, Stage},
    upstream::{Act, Reply, Script, Upstream},
};
use serde_json::Value;

use super::BINARY;

/// Every one of these stands somewhere in what is sent.
const SECRETS: [&str; 10] = [
    "tttoken",
    "kkkey",
    "hhheader",
    "qqquery",
    "pppath",
    "bbbody",
    "iiinjected",
    "ooown",
    "aaanswer",
    "tttype",
];

fn config(upstream: &Upstream) -> String {
    format!(
        r#"{{"/r": {{"upstream": "{0}?key=ooown", "inject": {{"x-secret": "iiinjected"}}, "timeout": "2s"}},
             "/jq": {{"upstream": "{0}", "response": {{"jq": ".a.b | error(\"ours\")"}}}},
             "/index": {{"upstream": "{0}", "response": {{"jq": ".a.b.c"}}}},
             "/json": {{"upstream": "{0}", "response": {{"canonical_json": true}}}},
             "/down": "http://127.0.0.1:1/ooown?ooown",
             "/some": {{"upstream": "{0}", "allow": ["shop"]}},
             "/others": {{"upstream": "{0}", "allow": ["cron"]}},
             "callers": {{"shop": {{"tokens_sha256": ["{1}"]}}, "cron": {{"tokens_sha256": ["{2}"]}}}}}}"#,
        upstream.url("/ooown"),
        digest::plain(b"tttoken"),
        digest::plain(b"another"),
    )
}

fn secretive(outcall: Outcall) -> Outcall {
    outcall.header("authorization", "Bearer hhheader").header("x-other", "hhheader").body("bbbody")
}

fn bearing(outcall: Outcall) -> Outcall {
    outcall.header("authorization", "Bearer tttoken").body("bbbody")
}

/// Makes requests that end in every way there is; returns how many of them were requests at all.
async fn requests(gateway: &Process) -> usize {
    let replica = Replica::new(gateway.addr());
    let outcalls = [
        secretive(Outcall::post("/r/pppath?qqquery").key("kkkey-1")),
        secretive(Outcall::post("/r/pppath?qqquery").key("kkkey-1")),
        secretive(Outcall::get("/r/pppath?qqquery")),
        secretive(Outcall::post("/r/pppath?other-qqquery").key("kkkey-1")),
        secretive(Outcall::post("/r/reset/pppath?qqquery").key("kkkey-2")),
        secretive(Outcall::get("/r/reset/pppath?qqquery")),
        secretive(Outcall::post("/r/garbage/pppath?qqquery").key("kkkey-3")),
        secretive(Outcall::post("/down/pppath?qqquery").key("kkkey-4")),
        secretive(Outcall::post("/pppath/pppath?qqquery").key("kkkey-5")),
        secretive(Outcall::post("/r/../pppath?qqquery").key("kkkey-6")),
        secretive(Outcall::post("/r/pppath").key("kkkey 7")),
        secretive(Outcall::post("/r/pppath?qqquery")),
        secretive(Outcall::new("PPPATH", "/r/pppath").key("kkkey-8")),
        secretive(Outcall::post("/r/coding/pppath").key("kkkey-9")),
        secretive(Outcall::get("/jq/pppath")),
        secretive(Outcall::get("/index/pppath")),
        secretive(Outcall::get("/json/pppath")),
        secretive(Outcall::get("/index/json/pppath")),
        secretive(Outcall::get("/jq/json/pppath")),
        secretive(Outcall::get("/some/pppath")),
        bearing(Outcall::get("/some/pppath")),
        bearing(Outcall::get("/others/pppath")),
        Outcall::get("/some/pppath"),
    ];
    for outcall in &outcalls {
        replica.send(outcall).await.unwrap();
    }
    for stage in Stage::ALL {
        replica.send_and_leave(&outcalls[0].clone().key("kkkey-left"), stage).await.unwrap();
    }
    let mut malformed = replica.session().await.unwrap();
    malformed.write_bytes(b"GET /pppath?qqquery kkkey HTTP/1.1\r\nhhheader\r\n\r\n").await.unwrap();
    malformed.closed().await.unwrap();
    outcalls.len()
}

/// All that a gateway says with this filter and format, and how many requests there were.
async fn said(arguments: &[&str]) -> (String, usize) {
    let script = Script::each(|seen| match &seen.target {
        target if target.contains("/reset/") => Act::ResetAfterReading,
        target if target.contains("/json/") => Act::json(r#"{"a": "aaanswer", "aaanswer": "aaanswer"}"#),
        target if target.contains("/garbage/") => Act::Garbage,
        target if target.contains("/coding/") => {
            Act::Answer(Reply::encoded("aaanswer", b"aaanswer".to_vec()))
        }
        _ => Act::Answer(
            Reply::new(200).header("content-type", "x/tttype").header("x-a", "aaanswer").body("aaanswer"),
        ),
    });
    let upstream = Upstream::start(script).await;
    let gateway = Process::start(BINARY, &config(&upstream), arguments).await;
    let made = requests(&gateway).await;
    // What was answered has been logged; nobody needs to wait for the drain.
    gateway.signal("KILL").await;
    (gateway.last_words().await.1, made)
}

fn assert_no_secret(said: &str) {
    // What the operator wrote into his own file is shown to him once, without its query.
    let (start, log) = said.split_once("listening").unwrap();
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    for secret in ["iiinjected", "?key=", "ooown?ooown"] {
        assert!(!start.contains(secret), "{secret} is in the print at the start:\n{start}");
    }
}

#[tokio::test]
async fn the_log_for_people_holds_no_secret() {
    let (said, _) = said(&[]).await;
    assert_no_secret(&said);
    assert!(said.contains("answered"), "{said}");
}

#[tokio::test]
async fn the_most_talkative_log_of_ours_holds_no_secret() {
    let (said, _) = said(&["--log", "outcall_gateway=trace"]).await;
    assert_no_secret(&said);
}

#[tokio::test]
async fn every_request_is_one_line_of_json() {
    let (said, made) = said(&["--log-format", "json"]).await;
    assert_no_secret(&said);
    let (_, log) = said.split_once("listening").unwrap();
    let lines: Vec<Value> = log
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert!(answered.len() >= made, "{} of {made} requests were logged:\n{log}", answered.len());
    for line in &answered {
        let members: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        for member in ["timestamp", "level", "method", "role", "status", "body_bytes", "duration_ms"] {
            assert!(members.contains(&member), "{member} is missing in {line}");
        }
    }
    let found: Vec<_> = answered[..made]
        .iter()
        .map(|line| {
            let text = |member: &str| line[member].as_str().unwrap_or("-").to_owned();
            let number =
                |member: &str| line[member].as_u64().map_or("-".to_owned(), |number| number.to_string());
            let key = if line["key"].is_null() { "-" } else { "key" };
            format!(
                "{} {} {key} {} {} upstream {} executed {} problem {}",
                text("method"),
                text("route"),
                text("role"),
                number("status"),
                number("upstream_status"),
                text("executed"),
                text("problem")
            )
        })
        .collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    POST /r key lead 200 upstream 200 executed - problem -
    POST /r key replay 200 upstream 200 executed - problem -
    GET /r key lead 200 upstream 200 executed - problem -
    POST /r key none 422 upstream - executed no problem key-reused
    POST /r key lead 502 upstream - executed unknown problem outcome-unknown
    GET /r key lead 502 upstream - executed unknown problem upstream-failed
    POST /r key lead 502 upstream - executed unknown problem outcome-unknown
    POST /down key lead 502 upstream - executed no problem upstream-unreachable
    POST - - none 404 upstream - executed unknown problem no-route
    POST - - none 400 upstream - executed no problem path-invalid
    POST /r - none 400 upstream - executed no problem key-invalid
    POST /r - none 400 upstream - executed no problem key-missing
    PPPATH - - none 405 upstream - executed unknown problem method-not-allowed
    POST /r key lead 502 upstream 200 executed yes problem answer-coding
    GET /jq key lead 502 upstream 200 executed yes problem answer-not-json
    GET /index key lead 502 upstream 200 executed yes problem answer-not-json
    GET /json key lead 502 upstream 200 executed yes problem answer-not-json
    GET /index key lead 502 upstream 200 executed yes problem answer-projection
    GET /jq key lead 502 upstream 200 executed yes problem answer-projection
    GET /some - none 401 upstream - executed unknown problem token-invalid
    GET /some key lead 200 upstream 200 executed - problem -
    GET /others - none 403 upstream - executed unknown problem caller-not-allowed
    GET /some - none 401 upstream - executed unknown problem token-missing
    ");
    let callers: Vec<&Value> =
        answered.iter().map(|line| &line["caller"]).filter(|name| !name.is_null()).collect();
    assert_eq!(callers, ["shop"]);
}

#[tokio::test]
async fn a_log_that_is_turned_off_is_silent() {
    let (said, _) = said(&["--log", "off"]).await;
    let (_, log) = said.split_once("listening").unwrap();
    assert_eq!(log.lines().count(), 2, "the address and a blank line:\n{log}");
}
