use http::Request;

use super::*;

const TOKEN: &str = "ogw_0123456789abcdef";

fn access(address: &str, token: bool) -> Access {
    let token = token.then(|| TOKEN.to_owned());
    let guard = Guard { token, hosts: vec!["Gateway.internal".to_owned()], ..Guard::default() };
    Access::new(address.parse().unwrap(), guard).unwrap()
}

fn head(method: Method, path: &str, headers: &[(&str, &str)]) -> Parts {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap().into_parts().0
}

fn look(path: &str, headers: &[(&str, &str)]) -> Parts {
    head(Method::GET, path, headers)
}

const HERE: (&str, &str) = ("host", "127.0.0.1:9090");

#[test]
fn a_page_of_others_cannot_rebind_its_name_to_us() {
    let access = access("127.0.0.1:9090", false);
    for known in
        ["127.0.0.1:9090", "[::1]:9090", "localhost", "LOCALHOST:9090", "10.1.2.3", "gateway.internal:1"]
    {
        assert_eq!(access.ask(&look("/", &[("host", known)])), Ok(()), "{known}");
    }
    for other in
        ["rebound.example", "localhost.example:9090", "gateway.internal.example", "", "a b", "[::1", "x:y"]
    {
        for path in ["/", "/metrics", "/api/keys", "/live"] {
            assert_eq!(access.ask(&look(path, &[("host", other)])), Err(Denied::Host), "{other:?} {path}");
        }
        assert_eq!(access.ask(&look("/healthz", &[("host", other)])), Ok(()), "the control: {other:?}");
    }
    assert_eq!(access.ask(&look("/", &[])), Err(Denied::Host));
    assert_eq!(access.ask(&look("/", &[HERE, ("host", "rebound.example")])), Err(Denied::Host));
}

#[test]
fn a_page_of_others_cannot_change_anything() {
    for (address, token) in [("127.0.0.1:9090", false), ("0.0.0.0:9090", true)] {
        let access = access(address, token);
        let bearer = format!("Bearer {TOKEN}");
        let known = [HERE, ("authorization", bearer.as_str())];
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(access.ask(&head(method.clone(), "/api/keys/x/forget", &known)), Err(Denied::Change));
            let ours = [known.as_slice(), &[("x-outcall-admin", "1")]].concat();
            assert_eq!(access.ask(&head(method, "/api/keys/x/forget", &ours)), Ok(()), "the control");
        }
        // Nor by the way of what is open.
        assert_eq!(access.ask(&head(Method::POST, "/healthz", &known)), Err(Denied::Change));
    }
}

#[test]
fn off_loopback_only_health_and_metrics_are_open() {
    for address in ["0.0.0.0:9090", "[::]:9090", "10.0.0.1:9090"] {
        for (token, denied) in [(false, Denied::Closed), (true, Denied::Token)] {
            let access = access(address, token);
            assert_eq!(access.is_closed(), !token);
            for path in ["/healthz", "/readyz", "/metrics"] {
                assert_eq!(access.ask(&look(path, &[("host", "any.example")])), Ok(()));
            }
            for path in ["/", "/live", "/api/keys", "/metrics/", "//metrics", "/HEALTHZ"] {
                assert_eq!(access.ask(&look(path, &[HERE])), Err(denied), "{path}");
            }
        }
    }
    for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(access(address, false).ask(&look("/", &[HERE])), Ok(()), "the control: {address}");
    }
}

#[test]
fn the_token_comes_from_a_program_or_from_the_form_of_a_browser() {
    let plain =
        Access::new("0.0.0.0:1".parse().unwrap(), Guard { token: Some(TOKEN.into()), ..Guard::default() });
    let digest = digest::plain(TOKEN.as_bytes()).to_string();
    let hashed = Guard { token_sha256: Some(digest), ..Guard::default() };
    let hashed = Access::new("0.0.0.0:1".parse().unwrap(), hashed);
    let basic = |pair: &str| format!("Basic {}", base64::standard(pair.as_bytes()));
    for access in [plain.unwrap(), hashed.unwrap()] {
        let ask = |value: &str| access.ask(&look("/", &[HERE, ("authorization", value)]));
        for right in [
            format!("Bearer {TOKEN}"),
            format!("bearer {TOKEN}"),
            basic(&format!("any:{TOKEN}")),
            basic(&format!(":{TOKEN}")),
        ] {
            assert_eq!(ask(&right), Ok(()), "{right}");
        }
        for wrong in [
            format!("Bearer {TOKEN}x"),
            "Bearer".into(),
            "Bearer ".into(),
            basic(TOKEN),
            basic("any:"),
            TOKEN.into(),
            "Basic %%".into(),
        ] {
            assert_eq!(ask(&wrong), Err(Denied::Token), "{wrong}");
        }
        let twice = [HERE, ("authorization", &*format!("Bearer {TOKEN}")), ("authorization", "Bearer x")];
        assert_eq!(access.ask(&look("/", &twice)), Err(Denied::Token));
    }
}

#[test]
fn what_would_guard_nobody_is_refused() {
    let with = |token: Option<&str>, sha256: Option<&str>, hosts: &[&str]| {
        let guard = Guard {
            token: token.map(str::to_owned),
            token_sha256: sha256.map(str::to_owned),
            hosts: hosts.iter().map(ToString::to_string).collect(),
        };
        Access::new("127.0.0.1:1".parse().unwrap(), guard).map(|_| ()).map_err(|wrong| wrong.to_string())
    };
    assert_eq!(with(Some(TOKEN), None, &["gateway.internal"]), Ok(()));
    for token in ["", "short", "fifteen-letters", "a token with spaces"] {
        let wrong = with(Some(token), None, &[]).unwrap_err();
        assert!(wrong.contains("--admin-token") && (token.is_empty() || !wrong.contains(token)), "{wrong}");
    }
    assert!(with(None, Some("ABC"), &[]).is_err());
    for host in ["", "gateway:80", "a b", "https://gateway", "*"] {
        assert!(with(None, None, &[host]).unwrap_err().contains("--admin-host"), "{host}");
    }
    assert!(with(None, None, &["a"; 17]).is_err());
}
