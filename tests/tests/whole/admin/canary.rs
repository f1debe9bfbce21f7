//! Nothing that is somebody's secret can be seen on the admin port, whatever has happened.

use super::{ADMIN, Act, BINARY, Outcall, Process, Replica, Script, Upstream, ask};
use outcall_protocol::digest;
use outcall_tests::upstream::Reply;

/// Every one of these stands somewhere in what is sent, answered or configured.
const SECRETS: [&str; 9] =
    ["tttoken", "kkkey", "hhheader", "qqquery", "pppath", "bbbody", "iiinjected", "ooown", "aaanswer"];

fn config(upstream: &Upstream) -> String {
    format!(
        r#"{{"/r": {{"upstream": "{0}?key=ooown", "inject": {{"x-secret": "iiinjected"}}}},
            "/down": "http://127.0.0.1:1/ooown?ooown",
            "/json": {{"upstream": "{0}", "response": {{"canonical_json": true}}}},
            "/some": {{"upstream": "{0}", "allow": ["shop"]}},
            "callers": {{"shop": {{"tokens_sha256": ["{1}"]}}}}}}"#,
        upstream.url("/ooown"),
        digest::plain(b"tttoken"),
    )
}

#[tokio::test]
async fn no_view_of_the_admin_port_holds_a_secret() {
    let script = Script::each(|seen| match &seen.target {
        target if target.contains("/reset/") => Act::ResetAfterReading,
        target if target.contains("/garbage/") => Act::Garbage,
        _ => Act::Answer(Reply::new(200).header("x-a", "aaanswer").body("aaanswer")),
    });
    let upstream = Upstream::start(script).await;
    let gateway = Process::start(BINARY, &config(&upstream), &ADMIN).await;
    let replica = Replica::new(gateway.addr());
    let secretive = |path: &str, key: &str| {
        let outcall = Outcall::post(&format!("{path}/pppath?qqquery")).key(key).body("bbbody");
        outcall.header("x-api-key", "hhheader")
    };
    for outcall in [
        secretive("/r", "kkkey-1"),
        secretive("/r", "kkkey-1"),
        secretive("/r", "kkkey-1").body("other bbbody"),
        secretive("/r/reset", "kkkey-2"),
        secretive("/r/garbage", "kkkey-3"),
        secretive("/down", "kkkey-4"),
        secretive("/json", "kkkey-5"),
        secretive("/some", "kkkey-6").header("authorization", "Bearer tttoken"),
        secretive("/some", "kkkey-7").header("authorization", "Bearer hhheader"),
        secretive("/pppath", "kkkey-8"),
    ] {
        replica.send(&outcall).await.unwrap();
    }
    let keys = ask(gateway.admin(), &Outcall::get("/api/keys")).await.json();
    for key in keys["keys"].as_array().unwrap() {
        let path = format!("/api/keys/{}", key["digest"].as_str().unwrap());
        let text = ask(gateway.admin(), &Outcall::get(&path)).await.raw_text();
        assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
    }
    for (path, told) in
        [("/", "POST /r"), ("/live", "shop"), ("/metrics", "key-reused"), ("/api/keys", "outcome-unknown")]
    {
        let text = ask(gateway.admin(), &Outcall::get(path)).await.raw_text();
        assert!(text.contains(told), "the control: {path} does not tell of {told}:\n{text}");
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} is to be seen on {path}:\n{text}");
        }
    }
}
