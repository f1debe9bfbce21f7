//! No text makes the configuration panic, and no error shows what is injected.

use proptest::{collection::vec, prelude::*, sample::select};

use super::parse;
use crate::limits;

/// Pieces of configurations, good and bad, to be put together in any order.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "//",
    "/*",
    "*/",
    "\n",
    "'",
    "$",
    "${TOKEN}",
    "${",
    "%2e",
    "\u{feff}",
    "é",
    "\u{0}",
    r#""/p": "#,
    r#""/p": {"#,
    r#""upstream": "https://a.example/v1""#,
    r#""hosts": ["*.example.com"]"#,
    r#""inject": {"a": "sesame"}"#,
    r#""ttl": "1h""#,
    r#""ttl": 30"#,
    r#""methods": ["GET"]"#,
    r#""key": "derive""#,
    r#""response": {"jq": "."}"#,
    "null",
    "true",
    "1e999",
    "-1",
    "0.5",
    r#""server": {}"#,
    r#""store": {"room_bytes": 1}"#,
    r#""receipts": {"keyid": "k", "key": "open-sesame"}"#,
    r#""key": 3"#,
    r#""rate": {"per_second": 1}"#,
    r#""breaker": {}"#,
    r#""respond_async": true"#,
    r#""respond_async": {"poll": "5s", "running": 7}"#,
];

const GOOD: &str = r#"{
    "/pay": {
        "upstream": "https://user.example/v1?q", "methods": ["POST"], "ttl": "48h", "timeout": "2.5s", "forward_headers": ["accept"],
        "inject": {"authorization": "Bearer ${TOKEN}"}, "response": {"keep_headers": ["etag"], "jq": ".a", "max_bytes": 1000},
        "rate": {"per_second": 2.5}, "breaker": {"failures": 5, "cooldown": "30s"}, // why
    },
    "/fetch": {"hosts": ["*.example.com"]}, "server": {"drain": "10s"}, "store": {"room_bytes": 400204800},
    "receipts": {"keyid": "now", "key": "open-sesame", "public_keys": {"next": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
}"#;

/// Looks at everything that there is to see of a result.
fn look_at(text: &str) -> String {
    match parse(text) {
        Ok(config) => format!("{config:?}{}", config.summary()),
        Err(error) => {
            assert!(!error.problems().is_empty());
            assert!(error.problems().len() <= limits::CONFIG_PROBLEMS_MAX);
            error.to_string()
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        look_at(&text);
    }

    #[test]
    fn arbitrary_pieces_never_panic(pieces in vec(select(PIECES), 0..40)) {
        look_at(&pieces.concat());
        look_at(&format!("{{\"/p\": {{{}}}}}", pieces.join(",")));
    }

    #[test]
    fn a_mutated_configuration_never_panics_and_shows_no_secret(
        mutations in vec((any::<prop::sample::Index>(), 0_usize..20, select(PIECES)), 1..5),
    ) {
        let mut characters: Vec<char> = GOOD.chars().collect();
        for (index, removed, inserted) in mutations {
            let at = index.index(characters.len());
            let end = (at + removed).min(characters.len());
            characters.splice(at..end, inserted.chars());
            characters.push(' ');
        }
        let text: String = characters.into_iter().collect();
        prop_assert!(!look_at(&text).contains("open-sesame"));
    }

    #[test]
    fn an_arbitrary_duration_never_panics(text in "[0-9]{0,20}[ .]?[0-9]{0,4}(ns|us|ms|s|m|h|d|w|M|y| )?[0-9]{0,12}(ns|ms|s|y)?") {
        look_at(&format!("{{\"/p\": {{\"upstream\": \"https://a.example\", \"ttl\": {text:?}}}}}"));
    }

    #[test]
    fn an_arbitrary_upstream_never_panics(text in "(https?://)?[a-z0-9.:@\\[\\]%/?#\\\\{}\"<>|^-]{0,30}") {
        let text = serde_json::to_string(&text).unwrap();
        look_at(&format!("{{\"/p\": {text}}}"));
        look_at(&format!("{{\"/p\": {{\"hosts\": [{text}]}}}}"));
        look_at(&format!("{{{text}: \"https://a.example\"}}"));
    }
}

#[test]
fn brackets_without_end_are_refused_and_not_followed() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        look_at(&text);
    }
}

#[test]
fn many_problems_are_counted_and_not_all_listed() {
    let members: Vec<String> = (0..1_000).map(|index| format!("\"setting{index}\": 1")).collect();
    let shown = look_at(&format!("{{{}}}", members.join(",\n")));
    assert_eq!(shown.lines().count(), limits::CONFIG_PROBLEMS_MAX + 1);
    assert!(shown.ends_with("\nproxy_conf.json: and 901 more"), "{shown}");
}

#[test]
fn a_file_has_limits() {
    let large = format!("{{{}\"/p\": \"https://a.example\"}}", " ".repeat(limits::CONFIG_BYTES_MAX));
    assert_eq!(
        look_at(&large),
        "proxy_conf.json:1:1: found a file of 1048603 bytes, expected at most 1048576 bytes"
    );
    let routes: Vec<String> =
        (0..=limits::ROUTES_MAX).map(|index| format!("\"/p{index}\": \"https://a.example\"")).collect();
    let many = format!("{{{}}}", routes.join(","));
    assert_eq!(look_at(&many), "proxy_conf.json:1:1: found 1001 routes, expected at most 1000");
}
