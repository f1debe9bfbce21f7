//! Which header values are a key, and which of them are the same one.

use outcall_tests::replica::{Outcall, agreed};

use crate::stage::{Stage, refused};

const MISSING: &str = "key-missing";
const INVALID: &str = "key-invalid";

fn post(key: &str) -> Outcall {
    Outcall::post("/r").key(key).body("{}")
}

#[tokio::test]
async fn the_quoted_and_the_bare_form_are_one_key() {
    let stage = Stage::varying("").await;
    for (number, (bare, quoted)) in
        [("abc", r#""abc""#), (r"a\b", r#""a\\b""#), ("a;b=1,c", r#""a;b=1,c""#), ("'a'", r#""'a'""#)]
            .into_iter()
            .enumerate()
    {
        let answers = [
            stage.send(&post(bare)).await,
            stage.send(&post(quoted)).await,
            stage.send(&post(&format!("  {quoted}\t"))).await,
        ];
        assert_eq!(agreed(&answers).status, 200, "{bare} and {quoted}");
        assert_eq!(stage.upstream.hits(), number + 1, "{bare} and {quoted}");
    }
}

#[tokio::test]
async fn keys_that_differ_in_any_character_are_other_keys() {
    let stage = Stage::varying("").await;
    let keys = ["abc", "Abc", "abc;", "abc,", "'abc'", r#""\"abc\"""#, r"abc\", "%61bc"];
    for key in keys {
        assert_eq!(stage.send(&post(key)).await.status, 200, "{key}");
    }
    assert_eq!(stage.upstream.hits(), keys.len());
}

#[tokio::test]
async fn a_key_of_255_characters_is_fine_in_both_forms() {
    let stage = Stage::varying("").await;
    let longest = "k".repeat(255);
    let escaped = format!("\"{}\"", r"\\".repeat(255));
    let answers = [stage.send(&post(&longest)).await, stage.send(&post(&format!("\"{longest}\""))).await];
    assert_eq!(agreed(&answers).status, 200);
    let answers = [stage.send(&post(&escaped)).await, stage.send(&post(&r"\".repeat(255))).await];
    assert_eq!(agreed(&answers).status, 200, "length is judged after unquoting");
    assert_eq!(stage.upstream.hits(), 2);
}

#[tokio::test]
async fn what_is_no_key_is_refused_on_every_route_and_method() {
    let stage = Stage::varying("").await;
    let (long, long_quoted) = ("k".repeat(256), format!("\"{}\"", "k".repeat(256)));
    let invalid = [
        "",
        r#""""#,
        &long,
        &long_quoted,
        "a b",
        r#""a b""#,
        "a\tb",
        r#"a"b"#,
        r#"a""#,
        r#"""#,
        r#""a"#,
        r#""a";p=1"#,
        r#""a" ;p"#,
        r#""a", "b""#,
        r#""a"b"#,
        r#""a\"#,
        r#""a\n""#,
        "ä",
        r#""ä""#,
    ];
    for key in invalid {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = stage.send(&Outcall::new(method, "/r").key(key)).await;
            assert_eq!(answer.status, 400, "{method} with {key:?}: {answer:?}");
            if method != "HEAD" {
                refused(&answer, 400, INVALID, "no");
            }
        }
    }
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn bytes_beyond_ascii_are_no_key() {
    let stage = Stage::varying("").await;
    for key in [b"a\xff".as_slice(), b"\"\xe4\"", b"\x80"] {
        let head = [b"POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: ", key, b"\r\n\r\n"].concat();
        refused(&stage.send_bytes(head).await.unwrap(), 400, INVALID, "no");
    }
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn two_key_fields_are_refused_also_when_they_say_the_same() {
    let stage = Stage::varying("").await;
    for second in ["a", "b", "", r#""a""#] {
        let outcall = Outcall::post("/r").key("a").header("IDEMPOTENCY-KEY", second);
        refused(&stage.send(&outcall).await, 400, INVALID, "no");
    }
    assert_eq!(stage.upstream.hits(), 0);
    assert_eq!(stage.send(&Outcall::post("/r").key("a")).await.status, 200, "a refused key is not used up");
}

#[tokio::test]
async fn without_a_key_what_changes_something_is_refused_and_what_asks_is_not() {
    let stage = Stage::varying("").await;
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        refused(&stage.send(&Outcall::new(method, "/r").body("{}")).await, 400, MISSING, "no");
    }
    assert_eq!(stage.upstream.hits(), 0);
    for (number, method) in ["GET", "HEAD", "OPTIONS"].into_iter().enumerate() {
        let outcall = Outcall::new(method, "/r");
        let answers = [stage.send(&outcall).await, stage.send(&outcall).await];
        assert_eq!(agreed(&answers).status, 200, "{method}");
        assert_eq!(stage.upstream.hits(), number + 1, "{method}");
    }
}

#[tokio::test]
async fn a_route_can_require_a_key_of_every_request() {
    let stage = Stage::varying(r#""key": "require""#).await;
    for method in ["GET", "OPTIONS", "POST"] {
        refused(&stage.send(&Outcall::new(method, "/r")).await, 400, MISSING, "no");
    }
    assert_eq!(stage.send(&Outcall::head("/r")).await.status, 400);
    assert_eq!(stage.upstream.hits(), 0);
    assert_eq!(stage.send(&Outcall::get("/r").key("a")).await.status, 200);
    assert_eq!(stage.send(&Outcall::head("/r").key("b")).await.status, 200);
}

#[tokio::test]
async fn a_key_is_taken_where_none_is_needed() {
    let stage = Stage::varying(r#""key": "derive", "methods": ["GET", "HEAD", "OPTIONS"]"#).await;
    let answers =
        [stage.send(&Outcall::get("/r").key("a")).await, stage.send(&Outcall::get("/r").key("a")).await];
    assert_eq!(agreed(&answers).status, 200);
    let keyless = stage.send(&Outcall::get("/r")).await;
    assert_ne!(keyless, answers[0], "with a key and without are two outcalls");
    refused(&stage.send(&Outcall::get("/r?other").key("a")).await, 422, "key-reused", "no");
    assert_eq!(stage.upstream.hits(), 2);
}
