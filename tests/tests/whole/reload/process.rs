//! The real binary: a file that is renamed into its place, a bad one, SIGHUP, and a route whose keys live.

use outcall_tests::{
    gateway::Process,
    replica::{Outcall, Replica},
    upstream::{Act, Script, Upstream},
};

use super::*;

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");
const RELOADED: &str = "the configuration was reloaded";
const REFUSED: &str = "the configuration is not reloaded: the one before is served on";

#[tokio::test]
async fn a_file_that_is_renamed_into_its_place_is_served_and_a_bad_one_is_not() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let mut gateway = Process::start(BINARY, &route("/r", &upstream.url("/u")), &[]).await;
    let replica = Replica::new(gateway.addr());
    let served = async |path: &str| replica.send(&Outcall::get(path)).await.unwrap().status;
    assert_eq!((served("/r").await, served("/s").await), (200, 404));

    gateway.rewrite(&route("/s", &upstream.url("/u")));
    let said = gateway.said(RELOADED).await;
    assert!(said.contains(r#"added="/s" removed="/r""#), "{said}");
    assert!(gateway.said("a route with live keys is gone").await.contains("/s"), "where it went to");
    assert_eq!((served("/r").await, served("/s").await), (404, 200));

    gateway.rewrite(r#"{"/t": "https://a.example", "/u": {"upstream": "nowhere"}"#);
    let said = gateway.said(REFUSED).await;
    assert!(said.contains("expected a closing }"), "{said}");
    assert_eq!((served("/s").await, served("/t").await), (200, 404));

    gateway.rewrite(&route("/t", &upstream.url("/u")));
    gateway.said(RELOADED).await;
    assert_eq!((served("/s").await, served("/t").await), (404, 200));
    gateway.signal("TERM").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success(), "{said}");
}

#[tokio::test]
async fn a_hangup_is_a_wish_to_read_the_file_again() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let mut gateway = Process::start(BINARY, &route("/r", &upstream.url("/u")), &[]).await;
    gateway.signal("HUP").await;
    gateway.said("the configuration was read again: nothing has changed").await;
    gateway.rewrite("{}");
    gateway.signal("HUP").await;
    gateway.said(REFUSED).await;
    assert_eq!(Replica::new(gateway.addr()).send(&Outcall::get("/r")).await.unwrap().status, 200);
}

#[tokio::test]
async fn what_takes_a_restart_is_named() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = |settings: &str| format!(r#"{{"/r": "{}", {settings}}}"#, upstream.url("/u"));
    let mut gateway = Process::start(BINARY, &config(r#""server": {}"#), &["--log-format", "json"]).await;
    gateway.rewrite(&config(r#""server": {"listen": "127.0.0.1:1", "drain": "5s"}"#));
    let said = gateway.said(RELOADED).await;
    assert!(said.contains(r#""needs_restart":"server.listen""#), "{said}");
    assert!(said.contains(r#""settings":"server.drain""#), "{said}");
    assert_eq!(Replica::new(gateway.addr()).send(&Outcall::get("/r")).await.unwrap().status, 200);
}

/// The demo's route stays, whatever the file says.
#[tokio::test]
async fn the_demo_stays() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = route("/r", &upstream.url("/u"));
    let mut gateway = Process::start(BINARY, &config, &["--with-demo-upstream"]).await;
    gateway.rewrite(&route("/s", &upstream.url("/u")));
    gateway.said(RELOADED).await;
    let replica = Replica::new(gateway.addr());
    for path in ["/demo", "/s"] {
        assert_eq!(replica.send(&Outcall::get(path)).await.unwrap().status, 200, "{path}");
    }
    gateway.rewrite(&route("/demo", &upstream.url("/u")));
    let said = gateway.said(REFUSED).await;
    assert!(said.contains("expected none"), "{said}");
}
