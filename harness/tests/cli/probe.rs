//! `probe`: real requests to a server of the test's own; every word, the exit status, the JSON.

use serde_json::Value;

use super::{
    Canister, Ran, Server,
    recorder::{Act, Server as Recorder},
    run,
};

/// Answers in which everything is noise but the price.
pub(super) fn noise(number: usize) -> String {
    let (a, b) = (token(number), token(number + 1_000));
    let noisy = if number.is_multiple_of(2) { "0.3" } else { "0.30000000000000004" };
    let members = [
        r#""price":"6.88""#.to_owned(),
        format!(r#""id":"{a}""#),
        format!(r#""list":[{{"id":"{b}","n":1}},2]"#),
        format!(r#""noise":{noisy}"#),
    ];
    let turned: Vec<String> = members.iter().cycle().skip(number % 4).take(4).cloned().collect();
    format!(
        "content-type: application/json\r\nx-request-id: {a}\r\nset-cookie: s={b}\r\nserver: t\r\n\r\n{{{}}}",
        turned.join(",")
    )
}

/// Sixteen hexadecimal digits that no other number has.
fn token(number: usize) -> String {
    format!("{:016x}", (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

async fn probe(server: &Server, arguments: &[&str]) -> Ran {
    let url = format!("{}v1/price", server.url());
    run(&[&["probe", &url, "--seed", "7", "--skew", "1ms"], arguments].concat()).await
}

async fn probed(server: &Server, arguments: &[&str]) -> (Ran, Value) {
    let ran = probe(server, &[&["--json"], arguments].concat()).await;
    let told = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, told)
}

fn places(told: &Value) -> Vec<(&str, &str)> {
    let differences = told["differences"].as_array().unwrap().iter();
    differences.map(|it| (it["place"].as_str().unwrap(), it["cause"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn answers_that_are_the_same_agree_and_nothing_is_proposed() {
    let server = Server::answering(|_| "x-price: 4\r\n\r\n4.23".to_owned()).await;
    let ran = probe(&server, &[]).await;
    assert_eq!((ran.code, ran.error().as_str(), server.hits()), (Some(0), "", 13), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines[0], format!("GET {}v1/price: 13 replicas, seed 7, skew up to 1ms", server.url()));
    assert!(lines[1].starts_with("✓ agreed: all 13 replicas, "), "{ran:?}");
    assert_eq!(lines[2], "  13 requests sent, 1 different answer: AAAAAAAAAAAAA");
    assert_eq!(lines[3..5], ["  http: on the mainnet replicas accept https only.", "  nothing differs"]);
    assert!(!ran.stdout.contains("transform(") && !ran.stdout.contains("upstream"), "{ran:?}");
    assert_eq!(lines.last(), Some(&"Again: --seed 7"));
}

#[tokio::test]
async fn a_hostile_upstream_is_named_field_by_field_and_both_remedies_are_printed() {
    let server = Server::answering(noise).await;
    let (ran, told) = probed(&server, &["-n", "34"]).await;
    assert_eq!((ran.code, server.hits()), (Some(1), 34), "{ran:?}");
    let mut found = places(&told);
    found.sort_unstable();
    let expected = [
        ("$.id", "random-id"),
        ("$.list[0].id", "random-id"),
        ("$.noise", "float-noise"),
        ("header content-length", "follows"),
        ("header set-cookie", "cookie"),
        ("header x-request-id", "proxy"),
        ("order of the members of $", "order"),
    ];
    assert_eq!(found, expected);
    assert_eq!((told["verdict"].as_str(), told["groups"].as_u64()), (Some("diverged"), Some(34)));
    for remedy in ["transform", "route"] {
        assert_eq!(
            (&told[remedy]["alike"], &told[remedy]["why"]),
            (&true.into(), &Value::Array(Vec::new())),
            "{told}"
        );
    }
    let ran = probe(&server, &[]).await;
    assert_eq!(ran.code, Some(1));
    for text in [
        "\n✗ diverged: of 13 answers 9 would have to be the same, byte for byte\n",
        "\nWhat differs\n  header x-request-id         added per request by a proxy in front\n",
        "\nThis transform makes all 13 answers one; it was tried on them:\n\n// Cargo.toml: ",
        "\nThis route of the gateway makes all 13 answers one, which was tried on them, and asks once:\n\n{\n",
        "\n  with the transform ",
    ] {
        assert!(ran.stdout.contains(text), "{text}\nis missing in\n{}", ran.stdout);
    }
    assert!(ran.lines().iter().all(|line| line.chars().count() <= 120), "{}", ran.stdout);
}

#[tokio::test]
async fn a_price_that_moves_is_told_and_no_transform_is_faked() {
    let server =
        Server::answering(|number| format!("\r\n{{\"price\":\"{number}.5\",\"serial\":{number}}}")).await;
    let ran = probe(&server, &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let said = "\nNo transform makes the answers one:\n  - the value itself moves: $.price. Ask for one that stands still";
    assert!(ran.stdout.contains(said) && !ran.stdout.contains("fn transform"), "{ran:?}");
    assert!(
        ran.stdout
            .contains("gateway makes the replicas agree, since it asks once and gives all of them that"),
        "{ran:?}"
    );
    let (ran, told) = probed(&server, &["--drop", "$.price"]).await;
    assert_eq!((ran.code, told["transform"]["alike"].as_bool()), (Some(1), Some(true)), "{told}");
    let (_, told) = probed(&server, &[]).await;
    assert_eq!((&told["transform"]["text"], &told["route"]["alike"]), (&Value::Null, &false.into()));
    assert!(told["route"]["text"].is_string() && told["transform"]["why"][0].is_string(), "{told}");
}

#[tokio::test]
async fn a_cap_that_some_exceed_and_one_that_all_exceed_are_told_apart() {
    let server =
        Server::answering(|number| format!("\r\n{}", "x".repeat(if number < 6 { 90 } else { 10 }))).await;
    let (ran, told) = probed(&server, &["--max-response-bytes", "50"]).await;
    assert_eq!((ran.code, places(&told)[0]), (Some(1), ("outcome", "size-cap")), "{told}");
    let server = Server::answering(|_| format!("\r\n{}", "x".repeat(90))).await;
    let ran = probe(&server, &["--max-response-bytes", "50"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stdout.contains("\n✗ rejected: 13 of 13 replicas have no answer: SysFatal: Http body exceeds"),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("\n  Every answer is beyond the cap: raise max_response_bytes.\n"),
        "{ran:?}"
    );
}

/// What is told of 13 replicas, nine of whom get this answer and four that one.
async fn told_of(nine: &str, four: &str) -> (Option<i32>, Value) {
    let answers = (0..13).map(|number| if number < 9 { nine } else { four });
    let answer = |(number, answer): (usize, &str)| {
        let (head, body) = answer.split_once('|').unwrap();
        let body = body.replace('#', &number.to_string());
        Act::reply(&format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
    };
    let server = Recorder::start(answers.enumerate().map(answer)).await;
    let ran = run(&["probe", &server.url("/"), "--skew", "1ms", "--json"]).await;
    (ran.code, serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}")))
}

#[tokio::test]
async fn a_rate_for_some_and_each_callers_own_address_are_named_and_what_looks_like_them_is_not() {
    let (code, told) = told_of("200 OK|{}", "429 Too Many Requests|{}").await;
    assert_eq!((code, places(&told)), (Some(0), vec![("status", "too-many")]), "nine are enough: {told}");
    assert!(told["transform"]["why"][0].as_str().unwrap().starts_with("429 for some"), "{told}");
    let (_, told) = told_of("200 OK|{}", "503 Busy|{}").await;
    assert_eq!(places(&told), [("status", "status")], "the control: no rate");

    let own = r#"200 OK|{"seen":"10.0.0.1#"}"#;
    let (code, told) = told_of(own, own).await;
    let found: Vec<_> = places(&told).into_iter().filter(|(place, _)| place.starts_with('$')).collect();
    assert_eq!((code, found), (Some(1), vec![("$.seen", "own-address")]), "{told}");
    assert_eq!(told["transform"]["alike"], true, "{told}");
    let value = r#"200 OK|{"seen":"10.0 #"}"#;
    let (_, told) = told_of(value, value).await;
    assert!(!told["differences"].to_string().contains("own-address"), "the control: no address: {told}");
}

#[tokio::test]
async fn a_post_is_sent_only_when_it_is_meant() {
    let server = Server::answering(|_| "\r\n{}".to_owned()).await;
    let ran = probe(&server, &["--method", "post"]).await;
    assert_eq!((ran.code, ran.stdout.as_str(), server.hits()), (Some(2), "", 0), "{ran:?}");
    let why = "POST: 13 replicas are 13 requests, and the server may carry out each of them. Give the key by which it \
               knows them for one (--key KEY), or say that it may (--yes)";
    assert_eq!(ran.error(), why);
    let ran = probe(&server, &["--body", "{}"]).await;
    assert_eq!((ran.code, server.hits()), (Some(2), 0), "a body makes it a POST: {ran:?}");
    let ran = probe(&server, &["--method", "POST", "--yes"]).await;
    assert_eq!((ran.code, server.hits()), (Some(0), 13), "{ran:?}");
    let said =
        "\n  POST: 13 requests were sent, and the server may have carried out each of them. On a subnet";
    assert!(ran.stdout.contains(said), "{ran:?}");
    assert!(!ran.stderr.contains("a server that does not honour it"), "{ran:?}");
    let ran = probe(&server, &["--method", "POST", "--key", "k"]).await;
    assert_eq!((ran.code, server.hits()), (Some(0), 26), "{ran:?}");
    assert!(
        ran.stderr
            .contains("… POST with one key: a server that does not honour it carries it out 13 times\n"),
        "{ran:?}"
    );
}

/// A route that took the id of an order away, or asked for one pair whoever asks, would agree on what is of no use.
#[tokio::test]
async fn the_route_of_an_order_keeps_its_answer_and_no_route_has_a_query() {
    let server = Server::answering(|number| format!("\r\n{{\"order_id\":\"{}\"}}", token(number))).await;
    let query = "The query is not in the route: the canister sends it, and it goes along.\n";
    let url = format!("{}v1/orders", server.url());
    let ran = run(&["probe", &url, "--seed", "7", "--skew", "1ms", "-d", "{}", "--yes"]).await;
    assert!(
        ran.stdout.contains("  - nothing is taken away but what --drop names: what a POST is answered"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("\"methods\": [\"POST\"]\n    }\n}\n"), "no filter: {ran:?}");
    let why = "No transform makes the answers one:\n  - what a POST is answered, an id above all, may be what it was sent for";
    assert!(ran.stdout.contains(why), "{ran:?}");
    let dropped =
        ["probe", &url, "--seed", "7", "--skew", "1ms", "-d", "{}", "--yes", "--drop", "$.order_id"];
    let ran = run(&dropped).await;
    assert!(ran.stdout.contains("  - it does not keep the POST from being carried out 13 times"), "{ran:?}");
    assert!(
        ran.stdout.contains("The canister sends an Idempotency-Key, the same on every replica"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains(query), "{ran:?}");
    let ran = run(&["probe", &format!("{url}?key=secret"), "--seed", "7", "--skew", "1ms"]).await;
    assert!(
        ran.stdout.contains(&format!("\"upstream\": \"{url}\",")) && ran.stdout.contains(query),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("del(.order_id?)"), "the control: of a question an id is noise: {ran:?}");
}

#[tokio::test]
async fn what_is_given_is_what_every_replica_sends() {
    let ok = || Act::reply("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let server = Recorder::start((0..4).map(|_| ok())).await;
    let (url, body) = (server.url("/v1/price"), Canister::did("7"));
    let file = format!("@{}", body.path());
    let arguments = ["--key", "k-1", "--header", "X-A: b:c", "-H", "accept:text/plain", "-X", "GET"];
    let probe = ["probe", &url, "-n", "4", "--skew", "1ms", "-d", &file];
    let ran = run(&[&probe[..], &arguments].concat()).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let expected = format!(
        "GET /v1/price HTTP/1.1\r\nx-a: b:c\r\naccept: text/plain\r\nidempotency-key: k-1\r\nuser-agent: ic/1.0\r\n\
         host: {}\r\ncontent-length: 1\r\n\r\n7",
        server.address
    );
    let seen: Vec<String> = server.seen().into_iter().map(|seen| seen.bytes).collect();
    assert_eq!(seen, vec![expected; 4]);
}

#[tokio::test]
async fn who_cannot_be_asked_is_told_why_and_the_status_is_2() {
    let ran = run(&["probe", "http://127.0.0.1:1/", "--skew", "1ms"]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert!(
        ran.error().starts_with("nobody could be asked: SysTransient: Connecting to 127.0.0.1 failed"),
        "{ran:?}"
    );
    let ran = run(&["probe", "http://127.0.0.1:1/", "--skew", "1ms", "--json"]).await;
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, told["verdict"].as_str()), (Some(2), Some("failed")), "{ran:?}");
    let long = format!("http://127.0.0.1:1/{}", "x".repeat(8_200));
    for (arguments, said) in [
        (&["probe"][..], "<URL>"),
        (
            &["probe", "api.example.com"],
            "URL: found \"api.example.com\", expected one that starts with https://",
        ),
        (&["probe", "http://a b/", "--skew", "1ms"], "nobody could be asked: SysFatal: Failed to parse URL"),
        (&["probe", &long], "rejected before anything was sent: CanisterReject: url size 8219 exceeds 8192"),
        (&["probe", "http://127.0.0.1:1/", "--method", "PUT"], "PUT is for outcalls of a single node"),
        (&["probe", "http://127.0.0.1:1/", "--method", "LOOK"], "expected GET, HEAD or POST"),
        (&["probe", "http://127.0.0.1:1/", "--header", "x"], "expected a name, a colon and a value"),
        (&["probe", "http://127.0.0.1:1/", "--drop", "price"], "expected a path such as $.data.items[*].id"),
        (&["probe", "http://127.0.0.1:1/", "-n", "201"], "1..=200"),
        (&["probe", "http://127.0.0.1:1/", "--max-response-bytes", "2000001"], "[0..2000000], got 2000001"),
        (&["probe", "http://127.0.0.1:1/", "--body", "@/nowhere"], "--body: /nowhere: found No such file"),
        (&["probe", "http://127.0.0.1:1/", "--trust", "/nowhere"], "--trust: /nowhere: found No such file"),
        (
            &["probe", "http://127.0.0.1:1/", "--key", "k", "--header", "Idempotency-Key: l"],
            "--key beside the header Idempotency-Key: expected one of them",
        ),
    ] {
        let ran = run(arguments).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.error().contains(said), "{arguments:?}: {ran:?}");
    }
    let ran = run(&["probe", "x", "--json"]).await;
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, told["verdict"].as_str()), (Some(2), Some("failed")), "{ran:?}");
}

#[tokio::test]
async fn help_tells_what_probe_is_for() {
    let ran = run(&["probe", "--help"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for word in [
        "--nodes",
        "--key",
        "--yes",
        "--drop",
        "--max-response-bytes",
        "--skew",
        "--seed",
        "--json",
        "--report",
        "Exit status",
        "Examples:",
    ] {
        assert!(ran.stdout.contains(word), "{word} is missing in\n{}", ran.stdout);
    }
}
