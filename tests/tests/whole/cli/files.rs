//! `check` looks at what the configuration names: files, and with `--online` the upstreams.

use std::net::SocketAddr;

use outcall_tests::{
    tls::Authority,
    upstream::{Act, Script, Upstream},
};
use tokio::net::TcpListener;

use super::Folder;

#[tokio::test]
async fn every_file_that_cannot_be_used_is_named() {
    let folder = Folder::with(
        "proxy_conf.json",
        r#"{
  "/r": "https://127.0.0.1:1",
  "receipts": {"keyid": "k", "key_file": "nokey.pem"},
  "server": {"tls": {"certificate": "nocert.pem", "key": "nokey.pem"}, "upstream_ca": "noca.pem"},
}"#,
    );
    let ran = folder.run(&["check"], &[]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    insta::assert_snapshot!(ran.stderr, @r"
    proxy_conf.json: receipts.key_file: nokey.pem: No such file or directory (os error 2)
    proxy_conf.json: server.tls.certificate: nocert.pem: found I/O error: No such file or directory (os error 2), expected a certificate chain in PEM
    proxy_conf.json: server.tls.key: nokey.pem: found I/O error: No such file or directory (os error 2), expected a private key in PEM
    proxy_conf.json: server.upstream_ca: noca.pem: found No such file or directory (os error 2), expected a readable PEM file of certificates
    ");
    // There, and not what they should be.
    for name in ["nokey.pem", "nocert.pem", "noca.pem"] {
        std::fs::write(folder.path().join(name), "SECRET").unwrap();
    }
    let ran = folder.run(&["check"], &[]).await;
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(2), 4), "{ran:?}");
    assert!(!ran.stderr.contains("SECRET"), "{ran:?}");
}

/// The control: with files that can be used it is good.
#[tokio::test]
async fn files_that_can_be_used_are_good() {
    let authority = Authority::new();
    let folder = Folder::new();
    assert_eq!(folder.run(&["keygen", "k.pem"], &[]).await.code, Some(0));
    let config = format!(
        r#"{{
  "/r": "https://127.0.0.1:1",
  "receipts": {{"keyid": "k", "key_file": "k.pem"}},
  "server": {{"tls": {{"certificate": "{}", "key": "{}"}}, "upstream_ca": "{}"}},
}}"#,
        authority.leaf_path().display(),
        authority.key_path().display(),
        authority.root_path().display(),
    );
    std::fs::write(folder.path().join("proxy_conf.json"), config).unwrap();
    let ran = folder.run(&["check"], &[]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
}

/// The lines about upstreams, without the times.
fn upstreams(stdout: &str) -> Vec<String> {
    let lines = stdout.lines().skip_while(|line| !line.starts_with("upstreams, ")).skip(1);
    let timeless = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| word.parse::<u64>().is_err()).collect();
        words.join(" ")
    };
    lines.map(timeless).collect()
}

async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn online_each_upstream_is_connected_to_and_none_is_sent_a_request() {
    let authority = Authority::new();
    let plain = Upstream::start(Script::<Act>::steps([])).await;
    let tls = Upstream::start_tls(Script::<Act>::steps([]), &authority).await;
    let folder = Folder::with(
        "proxy_conf.json",
        &format!(
            r#"{{"/plain": "{}", "/tls": "{}", "/again": "{}", "/any": {{"hosts": ["*.example.com"]}}, "server": {{"upstream_ca": "{}"}}}}"#,
            plain.url("/u"),
            tls.url("/u"),
            plain.url("/v?secret=SECRET"),
            authority.root_path().display(),
        ),
    );
    let ran = folder.run(&["check", "--online"], &[]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert_eq!(
        upstreams(&ran.stdout),
        [
            format!("/plain http://{}: reached in ms", plain.addr()),
            format!("/tls {}: reached in ms", tls.url("").trim_end_matches('/')),
            format!("/again http://{}: reached in ms", plain.addr()),
            "/any https://*.example.com: not tried: it may be any of many hosts".to_owned(),
        ]
    );
    assert!(!ran.stdout.contains("SECRET"), "{ran:?}");
    assert_eq!((plain.connections(), tls.connections()), (1, 1), "once for each door");
    assert_eq!((plain.finish().await.len(), tls.finish().await.len()), (0, 0));
}

#[tokio::test]
async fn an_upstream_that_is_not_reached_is_named_with_the_cause() {
    let authority = Authority::new();
    let untrusted = Upstream::start_tls(Script::<Act>::steps([]), &authority).await;
    let closed = nobody().await;
    let folder = Folder::with(
        "proxy_conf.json",
        &format!(
            r#"{{"/closed": "http://{closed}", "/tls": "{}", "/name": "https://nowhere.invalid", "/here": {{"hosts": ["localhost"]}}}}"#,
            untrusted.url("/u"),
        ),
    );
    let ran = folder.run(&["check", "--online"], &[]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
    let [closed, tls, name, here] = &upstreams(&ran.stdout)[..] else { panic!("{ran:?}") };
    assert!(closed.contains("not reached, after") && closed.contains("Connection refused"), "{closed}");
    assert!(tls.contains("invalid peer certificate: UnknownIssuer"), "{tls}");
    assert!(name.contains("https://nowhere.invalid: not reached") && name.contains("dns error"), "{name}");
    assert!(here.contains("https://localhost: not reached") && here.contains("public"), "{here}");
    assert_eq!(folder.run(&["check"], &[]).await.code, Some(0), "the control: offline it is good");
    untrusted.finish().await;
}
