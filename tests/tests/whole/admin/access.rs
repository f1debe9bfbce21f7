//! Every rule of `gateway/src/admin/access.rs`, over the wire.

use super::{Act, BINARY, House, Outcall, Process, Script, ask};
use crate::cli::Folder;

const TOKEN: &str = "ogw_0123456789abcdef";

/// Everything that is no health and no metrics.
const CLOSED: [&str; 5] = ["/", "/live", "/style.css", "/api/keys", "/nothing"];

async fn off_loopback(arguments: &[&str], variables: &[(&str, &str)]) -> (Process, std::net::SocketAddr) {
    let arguments = [&["--admin", "0.0.0.0:0"], arguments].concat();
    let gateway = Process::start_with(BINARY, r#"{"/r": "http://127.0.0.1:1"}"#, &arguments, variables).await;
    let port = gateway.admin().port();
    (gateway, ([127, 0, 0, 1], port).into())
}

#[tokio::test]
async fn off_loopback_without_a_token_health_and_metrics_are_all() {
    let (gateway, admin) = off_loopback(&[], &[]).await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(ask(admin, &Outcall::get(path)).await.status, 200, "{path}");
    }
    for path in CLOSED {
        let answer = ask(admin, &Outcall::get(path)).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("--admin-token"), "{}", answer.text());
    }
    gateway.signal("KILL").await;
    let said = gateway.last_words().await.1;
    assert!(said.contains("health and metrics alone") && said.contains("has no token"), "{said}");
}

#[tokio::test]
async fn off_loopback_a_token_opens_the_rest() {
    let digest = outcall_protocol::digest::plain(TOKEN.as_bytes()).to_string();
    for variables in [[("OUTCALL_ADMIN_TOKEN", TOKEN)], [("OUTCALL_ADMIN_TOKEN_SHA256", digest.as_str())]] {
        let (gateway, admin) = off_loopback(&[], &variables).await;
        let answer = ask(admin, &Outcall::get("/")).await;
        assert_eq!((answer.status, answer.header("www-authenticate").is_some()), (401, true));
        let bearer = format!("Bearer {TOKEN}");
        let with = |path: &str| Outcall::get(path).header("authorization", &bearer);
        let page = ask(admin, &with("/")).await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains(TOKEN) && !page.text().contains(&digest));
        assert_eq!(
            ask(admin, &Outcall::get("/").header("authorization", "Bearer nonsense")).await.status,
            401
        );
        assert_eq!(ask(admin, &with("/").header("host", "rebound.example")).await.status, 403);
        gateway.signal("KILL").await;
        let said = gateway.last_words().await.1;
        assert!(!said.contains(TOKEN) && !said.contains("has no token"), "{said}");
    }
}

#[tokio::test]
async fn on_loopback_the_host_must_be_one_that_nobody_can_point_here() {
    let house =
        House::with(Script::always(Act::Varying), &["--admin-host", "gateway.internal,other.internal"]).await;
    for path in ["/", "/live", "/metrics", "/api/keys"] {
        for host in ["rebound.example", "rebound.example:80", "gateway.internal.example"] {
            let answer = ask(house.admin, &Outcall::get(path).header("host", host)).await;
            assert_eq!(answer.status, 403, "{path} {host}");
        }
        for host in ["localhost:1", "gateway.internal", "other.internal:80", "[::1]"] {
            let answer = ask(house.admin, &Outcall::get(path).header("host", host)).await;
            assert_ne!(answer.status, 403, "the control: {path} {host}");
        }
    }
}

#[tokio::test]
async fn a_browser_may_do_nothing_with_the_page_but_show_it() {
    let house = House::new().await;
    for path in ["/", "/live", "/style.css", "/script.js", "/icon.svg", "/metrics", "/nothing"] {
        let answer = house.look(path).await;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn what_would_guard_nobody_is_misuse() {
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    for (arguments, said) in [
        (&["--admin", "nowhere"][..], "nowhere"),
        (&["--admin", "127.0.0.1:0", "--admin-token", "too-short"], "--admin-token"),
        (&["--admin", "127.0.0.1:0", "--admin-token-sha256", "abc"], "--admin-token-sha256"),
        (&["--admin", "127.0.0.1:0", "--admin-host", "https://x"], "--admin-host"),
        (&["--admin-token", TOKEN, "--admin-token-sha256", "abc"], "--admin-token-sha256"),
    ] {
        let ran = folder.run(&[&["--store", "memory"], arguments].concat(), &[]).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?} {ran:?}");
        assert!(ran.stderr.contains(said) && !ran.stderr.contains("too-short"), "{}", ran.stderr);
    }
}
