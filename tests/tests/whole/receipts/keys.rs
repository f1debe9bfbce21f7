//! Where keys come from, who may see them, and where their public halves are.

use outcall_tests::{
    gateway::Process,
    replica::{Outcall, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};

use super::*;
use crate::{
    cli::Folder,
    stage::{refused, send_bytes},
};

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");
const WELL_KNOWN: &str = "/.well-known/outcall-receipts";

#[tokio::test]
async fn keygen_makes_a_key_that_signs_and_the_public_half_of_it_verifies() {
    let folder = Folder::new();
    let made = folder.run(&["keygen", "k.pem"], &[]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let x = made.stdout.trim().strip_prefix("public key ").unwrap().to_owned();
    let pem = std::fs::read_to_string(folder.path().join("k.pem")).unwrap();
    assert_eq!(SecretKey::parse(&pem).unwrap().public().x(), x);
    let line = pem.lines().nth(1).unwrap();
    assert!(!made.stdout.contains(line) && !made.stderr.contains(line), "{made:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("k.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = folder.run(&["keygen", "k.pem"], &[]).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("k.pem")).unwrap(), pem, "the key in use is gone");
    let printed = folder.run(&["keygen"], &[]).await;
    let other = SecretKey::parse(&printed.stdout).unwrap().public().x();
    assert!(printed.stderr.contains(&other) && other != x, "{printed:?}");

    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let key = folder.path().join("k.pem");
    let config = format!(
        r#"{{"/r": "{}", "receipts": {{"keyid": "k", "key_file": "{}", "public_keys": {{"next": "{other}"}}}}}}"#,
        upstream.url("/u"),
        key.display()
    );
    let gateway = Process::start(BINARY, &config, &["--log", "trace"]).await;
    let subnet = Subnet::new(gateway.addr(), 13);
    let answers = subnet.burst(&Outcall::get("/r")).await;
    assert_eq!(agreed(&answers).status, 200);
    let keys = subnet.burst(&Outcall::get(WELL_KNOWN)).await;
    let set = agreed(&keys).json();
    assert_eq!((set["keys"][0]["kid"].as_str(), set["keys"][0]["x"].as_str()), (Some("k"), Some(&*x)));
    assert_eq!((set["keys"][1]["kid"].as_str(), set["keys"][1]["x"].as_str()), (Some("next"), Some(&*other)));
    gateway.signal("TERM").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success(), "{said}");
    assert!(!said.contains(line) && !said.contains("PRIVATE KEY"), "the log shows the key");
    upstream.finish().await;
}

#[tokio::test]
async fn a_key_comes_from_the_environment_and_nowhere_is_it_shown() {
    let folder = Folder::with(
        "proxy_conf.json",
        r#"{"/r": "http://127.0.0.1:9", "receipts": {"keyid": "k", "key": "${RECEIPT_KEY}"}}"#,
    );
    let pem = secret("k").to_pem();
    let line = pem.lines().nth(1).unwrap();
    for key in [pem.as_str(), line] {
        let ran = folder.run(&["check"], &[("RECEIPT_KEY", key)]).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.contains("receipts\n  keyid          k\n"), "{ran:?}");
        assert!(!ran.stdout.contains(&line[20..40]) && !ran.stderr.contains(&line[20..40]), "{ran:?}");
    }
    let broken = line.replacen('M', "N", 1);
    let ran = folder.run(&["check"], &[("RECEIPT_KEY", &broken)]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.starts_with("proxy_conf.json:1:64: receipts.key: found a value that is not shown"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains(&broken[20..40]), "{ran:?}");
}

#[tokio::test]
async fn a_key_file_that_is_not_there_keeps_the_gateway_from_starting() {
    let folder = Folder::with(
        "proxy_conf.json",
        r#"{"/r": "http://127.0.0.1:9", "receipts": {"keyid": "k", "key_file": "nowhere.pem"}}"#,
    );
    let ran = folder.run(&["--store", "memory", "--listen", "127.0.0.1:0"], &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("receipts.key_file: nowhere.pem: "), "{ran:?}");
}

/// Without receipts the path belongs to the routes.
#[tokio::test]
async fn only_a_gateway_that_signs_has_keys_to_tell() {
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let plain = outcall_tests::gateway::Gateway::start(&crate::config::route("/", &upstream.url(""))).await;
    let answer = Replica::new(plain.addr()).send(&Outcall::get(WELL_KNOWN)).await.unwrap();
    assert_eq!((answer.status, answer.json().get("keys")), (200, None));
    let config = format!(r#"{{"/": "{}", {}}}"#, upstream.url(""), signing("now"));
    let signing = outcall_tests::gateway::Gateway::start(&config).await;
    let answer = Replica::new(signing.addr()).send(&Outcall::get(WELL_KNOWN)).await.unwrap();
    assert_eq!(answer.json()["keys"][0]["x"], secret("now").public().x());
    unsigned(&answer);
    upstream.finish().await;
}

/// A front that reads another end of a body than the gateway must not be given a second request by asking for the keys.
#[tokio::test]
async fn whoever_asks_for_the_keys_passes_the_guards_too() {
    let config = format!(r#"{{"/": "http://127.0.0.1:9", {}}}"#, signing("now"));
    let gateway = outcall_tests::gateway::Gateway::start(&config).await;
    for (lines, body, kind) in [
        ("host: g\r\ntransfer-encoding: gzip, chunked", "0\r\n\r\n", Some("transfer-coding")),
        ("host: g\r\nhost: h", "", Some("host-invalid")),
        ("host: g\r\ntransfer-encoding: chunked", "0\r\n\r\n", None),
    ] {
        let bytes = format!("GET {WELL_KNOWN} HTTP/1.1\r\n{lines}\r\n\r\n{body}");
        let answer = send_bytes(gateway.addr(), bytes).await.unwrap();
        match kind {
            Some(kind) => refused(&answer, 400, kind, "no"),
            None => assert_eq!(answer.status, 200, "the control: {answer:?}"),
        }
        assert_eq!(answer.header("connection").is_some(), kind == Some("transfer-coding"), "{answer:?}");
    }
    let absolute = format!("GET http://g{WELL_KNOWN} HTTP/1.1\r\nhost: g\r\n\r\n");
    refused(&send_bytes(gateway.addr(), absolute).await.unwrap(), 400, "absolute-form", "no");
}
