//! A Redis behind TLS: `rediss://`, and whose certificate is trusted.

use std::process::Stdio;

use outcall_gateway::ledger::redis::{Options, Redis as Store, accept_loss};
use outcall_tests::{
    gateway::Process,
    redis::Redis,
    replica::{Outcall, Subnet, agreed},
    tls::Authority,
    upstream::{Act, Script, Upstream},
};
use tokio::process::Command;

use crate::config::route;

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");

/// What an operator's command needs to trust the authority.
fn trusting(authority: &Authority) -> String {
    authority.root_path().display().to_string()
}

/// Runs a command of the gateway to its end: whether it went well, and what it said.
async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(BINARY);
    command.env_clear().envs(variables.iter().copied()).args(arguments).stdin(Stdio::null());
    let output = command.output().await.unwrap_or_else(|error| panic!("{BINARY}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn two_gateways_share_a_redis_behind_tls() {
    let authority = Authority::new();
    let redis = Redis::start_secure(&authority).await;
    let root = trusting(&authority);
    let variables = [("SSL_CERT_FILE", root.as_str())];
    let (went_well, said) = run(&["accept-loss", "--store", &redis.url()], &variables).await;
    assert!(went_well, "{said}");

    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = route("/pay", &upstream.url("/u"));
    let (store, url) = ("--store", redis.url());
    let arguments = [store, url.as_str(), "--log", "off"];
    let one = Process::start_with(BINARY, &config, &arguments, &variables).await;
    let other = Process::start_with(BINARY, &config, &arguments, &variables).await;
    let outcall = Outcall::post("/pay").key("over-tls").body("5 ICP");
    let answer = agreed(&Subnet::new(one.addr(), 7).burst(&outcall).await).clone();
    assert_eq!(*agreed(&Subnet::new(other.addr(), 6).burst(&outcall).await), answer);
    assert_eq!(upstream.hits(), 1);
}

/// The control: whom nobody told of the authority does not talk to its server.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_redis_with_a_certificate_of_nobodys_is_refused() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let redis = Redis::start_secure(&authority).await;
    let root = trusting(&stranger);
    let (went_well, said) = run(&["accept-loss", "--store", &redis.url()], &[("SSL_CERT_FILE", &root)]).await;
    assert!(!went_well && said.contains("invalid peer certificate"), "{said}");
}

/// The control: TLS is not left out because the other side would do without it.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_redis_without_tls_is_no_rediss() {
    let redis = Redis::start().await;
    let plain = redis.url();
    assert!(accept_loss(&plain.parse().unwrap(), None).await.is_ok());
    let secure = plain.replace("redis://", "rediss://").parse().unwrap();
    assert!(Store::open(&secure, Options::with_room(1 << 20)).await.is_err());
}
