//! `check`: would this configuration be served?

use super::Folder;

#[tokio::test]
async fn a_bad_file_is_refused_with_line_member_and_expectation() {
    let folder = Folder::with(
        "proxy_conf.json",
        r#"{
  // the price of the day
  "/price": {
    "upstream": "https://api.example.com/v1/price",
    "timout": "2s",
    "ttl": "1s",
  },
  "pay": "https://pay.example.com",
  "/fetch": {"hosts": ["*.example.com"], "inject": {"authorization": "Bearer ${TOKEN}"}}
}
"#,
    );
    let ran = folder.run(&["check"], &[("TOKEN", "SECRET-TOKEN")]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ran.stderr, @r#"
    proxy_conf.json:5:5: /price.timout: found an unknown member, expected one of upstream, hosts, methods, key, ttl, error_ttl, window, timeout, respond_async, forward_headers, inject, allow, upstream_idempotent, upstream_key, follow_redirects, response, rate, concurrency, breaker, cors; did you mean "timeout"?
    proxy_conf.json:6:12: /price.ttl: found "1s", expected a duration from 120s to 30d, such as "24h"
    proxy_conf.json:8:3: pay: found an unknown member, expected routes to start with a slash; did you mean "/pay"?
    proxy_conf.json:9:42: /fetch.inject: found inject beside the wildcard *.example.com, expected hosts to name each host: a wildcard may hand what is injected to anybody below it
    "#);
    let served = folder.run(&[], &[("TOKEN", "SECRET-TOKEN")]).await;
    assert_eq!((served.code, served.stderr), (Some(2), ran.stderr), "serving says the same");
}

#[tokio::test]
async fn a_good_file_is_shown_without_its_secrets() {
    let text = r#"{
  "/price": "https://api.example.com/v1/price?key=SECRET-QUERY",
  "/pay": {"upstream": "http://127.0.0.1:1/", "inject": {"authorization": "Bearer ${TOKEN}", "x-key": "SECRET-PLAIN"}}
}"#;
    let folder = Folder::with("other.json", text);
    for (arguments, env) in [
        (&["check", "--config", "other.json"][..], &[("TOKEN", "SECRET-TOKEN")][..]),
        (&["check"], &[("TOKEN", "SECRET-TOKEN"), ("OUTCALL_CONFIG", "other.json")]),
    ] {
        let ran = folder.run(arguments, env).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
        for shown in [
            "other.json: good",
            "/price",
            "/pay",
            "authorization",
            "x-key",
            "https://api.example.com/v1/price?…",
        ] {
            assert!(ran.stdout.contains(shown), "{shown} is missing in\n{}", ran.stdout);
        }
        assert!(!ran.stdout.contains("SECRET"), "{}", ran.stdout);
    }
    let ran = folder.run(&["check", "--config", "other.json"], &[]).await;
    assert_eq!(ran.code, Some(2), "a secret that is not there");
    assert!(ran.stderr.contains("TOKEN") && ran.stderr.contains(":3:"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("SECRET"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let folder = Folder::new();
    for arguments in [&["check"][..], &["serve"], &[]] {
        let ran = folder.run(arguments, &[]).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(
            ran.stderr.starts_with("proxy_conf.json: found ") && ran.stderr.contains("--config"),
            "{ran:?}"
        );
        assert!(ran.stderr.contains("; outcall-gateway init writes one to start from"), "{ran:?}");
        let serves = arguments != ["check"];
        assert_eq!(ran.stderr.contains("--with-demo-upstream needs none"), serves, "{ran:?}");
    }
    for arguments in
        [&["check", "--config", "nowhere.json"][..], &["--config", "nowhere.json", "--with-demo-upstream"]]
    {
        let ran = folder.run(arguments, &[]).await;
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains("nowhere.json: found "), "who names a file means it: {ran:?}");
        assert!(ran.stderr.contains("; outcall-gateway init nowhere.json writes one"), "{ran:?}");
        assert!(!ran.stderr.contains("--with-demo-upstream needs none"), "it would need this one: {ran:?}");
    }
}

/// A folder in its place, which `init` cannot write over, either.
#[tokio::test]
async fn a_file_that_is_there_and_cannot_be_read_is_nothing_that_init_would_mend() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("proxy_conf.json")).unwrap();
    for arguments in [&["check"][..], &[]] {
        let ran = folder.run(arguments, &[]).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("proxy_conf.json: found ") && !ran.stderr.contains("init"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_file_is_named_in_its_own_place_too_as_init_has_it() {
    let folder = Folder::with("mine.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    for env in [&[][..], &[("OUTCALL_CONFIG", "nowhere.json")], &[("OUTCALL_CONFIG", "mine.json")]] {
        let ran = folder.run(&["check", "mine.json"], env).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
        assert!(ran.stdout.starts_with("mine.json: good\n"), "{ran:?}");
    }
    let ran = folder.run(&["check", "nowhere.json"], &[]).await;
    assert!(ran.stderr.starts_with("nowhere.json: found "), "the control: {ran:?}");
    let ran = folder.run(&["check", "mine.json", "--config", "other.json"], &[]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ran.stderr, @"check: found the files mine.json and --config other.json, expected one of them");
}

#[tokio::test]
async fn the_sample_that_we_ship_is_good() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../proxy_conf.json");
    let ran = Folder::new().run(&["check", "--config", sample], &[]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}
