use proptest::prelude::*;

use super::*;

mod bombs;
mod refusals;

fn project(filter: &str, json: &str) -> Result<String, ProjectError> {
    let bytes = Projection::compile(filter).unwrap().project(json.as_bytes(), 1_000_000)?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[track_caller]
fn assert_projects(filter: &str, json: &str, expected: &str) {
    assert_eq!(project(filter, json).as_deref(), Ok(expected), "{filter}");
}

fn failed(filter: &str, json: &str) -> String {
    match project(filter, json) {
        Err(ProjectError::Failed(message)) => message,
        other => panic!("{filter}: {other:?}"),
    }
}

#[test]
fn a_projection_can_be_shared() {
    fn check<T: Send + Sync + Clone + fmt::Debug>(_: &T) {}
    let projection = Projection::compile(".a").unwrap();
    check(&projection);
    assert_eq!(format!("{projection:?}"), "Projection(\".a\")");
    assert_eq!(projection.source(), ".a");
}

#[test]
fn what_routes_ask_for_works() {
    for (filter, json, expected) in [
        (".", " { \"b\" : 1, \"a\" : [ ] } ", r#"{"b":1,"a":[]}"#),
        ("{price: .data.price}", r#"{"data":{"price":1.10,"at":"now"}}"#, r#"{"price":1.10}"#),
        (".items | map({id, name})", r#"{"items":[{"name":"x","id":1,"z":0}]}"#, r#"[{"id":1,"name":"x"}]"#),
        ("with_entries(select(.key != \"t\"))", r#"{"a":1,"t":2,"b":3}"#, r#"{"a":1,"b":3}"#),
        ("with_entries(.value += 1)", r#"{"b":1,"a":2}"#, r#"{"b":2,"a":3}"#),
        ("[.[] | select(.ok) | .n]", r#"[{"ok":true,"n":1},{"ok":false,"n":2}]"#, "[1]"),
        ("sort_by(.n) | first", r#"[{"n":2},{"n":1}]"#, r#"{"n":1}"#),
        ("map(.n) | add / length", r#"[{"n":1},{"n":2}]"#, "1.5"),
        ("add", r#"["a","b"]"#, r#""ab""#),
        ("add", "[[1],[2]]", "[1,2]"),
        ("[.a, .b] | map(tostring)", r#"{"a":1.10,"b":"x"}"#, r#"["1.10","x"]"#),
        ("map(tonumber)", r#"["1.50","2",3]"#, "[1.50,2,3]"),
        ("del(.time, .rows[0].t)", r#"{"time":1,"rows":[{"t":1,"v":2}]}"#, r#"{"rows":[{"v":2}]}"#),
        ("del(.[0, 2])", "[1,2,3]", "[2]"),
        (".a.b.c", "{}", "null"),
        (".a // \"none\"", "{}", r#""none""#),
        ("if .n > 2 then \"big\" elif .n == 2 then \"two\" else \"small\" end", r#"{"n":2}"#, r#""two""#),
        (
            "group_by(.k) | map({k: .[0].k, n: length})",
            r#"[{"k":1},{"k":2},{"k":1}]"#,
            r#"[{"k":1,"n":2},{"k":2,"n":1}]"#,
        ),
        ("unique", "[2,1,2]", "[1,2]"),
        ("max_by(.n).id", r#"[{"id":1,"n":1},{"id":2,"n":3}]"#, "2"),
        ("[.[] as [$a, {b: $c}] | $a + $c]", r#"[[1,{"b":2}]]"#, "[3]"),
        ("reduce .[] as $x (0; . + $x)", "[1,2,3]", "6"),
        ("[foreach .[] as $x (0; . + $x; [$x, .])]", "[1,2]", "[[1,1],[2,3]]"),
        ("[limit(2; .[])], [first(.[])] | length | select(. == 2)", "[1,2,3]", "2"),
        ("[.[] | tojson | fromjson]", r#"[{"a":1.0}]"#, r#"[{"a":1.0}]"#),
        ("keys", r#"{"b":1,"a":2}"#, r#"["a","b"]"#),
        ("to_entries", r#"{"b":1}"#, r#"[{"key":"b","value":1}]"#),
        ("from_entries", r#"[{"key":"a","value":1},{"name":"b","v":2}]"#, r#"{"a":1,"b":2}"#),
        ("[paths]", r#"{"a":[1]}"#, r#"[["a"],["a",0]]"#),
        ("[..|numbers]", r#"{"a":[1,{"b":2}]}"#, "[1,2]"),
        ("pick(.a.b)", r#"{"a":{"b":1,"c":2},"d":3}"#, r#"{"a":{"b":1}}"#),
        ("walk(if isnumber then . + 1 else . end)", r#"[1,{"a":2}]"#, r#"[2,{"a":3}]"#),
        ("getpath([\"a\", 0])", r#"{"a":[7]}"#, "7"),
        ("setpath([\"a\", \"b\"]; 1)", "{}", r#"{"a":{"b":1}}"#),
        (".a.b |= . + 1 | .c = 2", r#"{"a":{"b":1}}"#, r#"{"a":{"b":2},"c":2}"#),
        (".[1:3]", "[1,2,3,4]", "[2,3]"),
        (".[-1:]", r#""aéz""#, r#""z""#),
        (".[1:2] = [9, 9]", "[1,2,3]", "[1,9,9,3]"),
        (".[0:1] |= ascii_upcase", r#""äbc""#, r#""äbc""#),
        ("split(\", \") | join(\"-\")", r#""a, b, c""#, r#""a-b-c""#),
        ("\"\\(.a) of \\(.b)\"", r#"{"a":1,"b":[2]}"#, r#""1 of [2]""#),
        ("@json \"v=\\(.)\"", "[1]", r#""v=[1]""#),
        ("ascii_downcase | ltrimstr(\"a\") | startswith(\"b\")", r#""ABC""#, "true"),
        ("[.[] | floor, round, ceil]", "[1.5]", "[1,2,2]"),
        ("flatten", "[1,[2,[3]]]", "[1,2,3]"),
        ("flatten(1)", "[1,[2,[3]]]", "[1,2,[3]]"),
        ("[any, all]", "[true,false]", "[true,false]"),
        ("contains({a: [\"b\"]})", r#"{"a":["abc"],"c":1}"#, "true"),
        ("indices(\"a\")", r#""äaba""#, "[1,3]"),
        ("index(1)", "[0,1,1]", "1"),
        ("has(\"a\")", r#"{"a":null}"#, "true"),
        ("[1,2,3] - [2]", "null", "[1,3]"),
        ("{a: {b: 1}} * {a: {c: 2}}", "null", r#"{"a":{"b":1,"c":2}}"#),
        ("try error(\"x\") catch .", "null", r#""x""#),
        ("[.[] | tostring?, (error(1)?)]", "[1]", r#"["1"]"#),
        ("label $out | [.[] | if . > 1 then . else empty end]", "[1,2]", "[2]"),
        ("def f(g): g + 1; def h: f(.a); h", r#"{"a":1}"#, "2"),
        ("def map(f): 7; map(.)", "[]", "7"),
        ("def range($n): $n; range(3)", "null", "3"),
        ("type", "{}", r#""object""#),
        ("implode", "[97,128512]", "\"a😀\""),
        ("explode", "\"a😀\"", "[97,128512]"),
        ("length", "\"a😀\"", "2"),
        ("[.[] | length]", r#"[null,-5,"ab",[1],{}]"#, "[0,5,2,1,0]"),
        ("[.[] | not]", "[true,null]", "[false,true]"),
        ("min, max | select(. == 3)", "[1,3]", "3"),
    ] {
        assert_projects(filter, json, expected);
    }
}

#[test]
fn numbers_keep_their_text_until_somebody_calculates() {
    for number in [
        "1.10",
        "123456789012345678901234567890",
        "-0",
        "0.0",
        "1E400",
        "1e2",
        "0.10000000000000000000001",
        "-1.0e-7",
        "9223372036854775808",
    ] {
        assert_projects(".", number, number);
        assert_projects(
            "[.[] | select(.a == .a)] | sort_by(.a) | map(.a)",
            &format!("[{{\"a\":{number}}}]"),
            &format!("[{number}]"),
        );
        assert_projects("tojson | fromjson", number, number);
        assert_projects("tostring", number, &format!("\"{number}\""));
    }
    let long = "7".repeat(100_000);
    assert_projects(".", &long, &long);
}

#[test]
fn integers_are_exact_even_then() {
    assert_projects(". + 1", "9223372036854775807", "9223372036854775808");
    assert_projects(". * .", "12345678901234567890", "152415787532388367501905199875019052100");
    assert_projects(". - 1", "9007199254740993", "9007199254740992");
    assert_projects(". % 10", "123456789012345678901", "1");
    assert_projects("sort", "[9007199254740993,9007199254740992]", "[9007199254740992,9007199254740993]");
    assert_projects(".[0] == .[1]", "[9007199254740993,9007199254740992]", "false");
}

#[test]
fn a_float_comes_out_as_jq_prints_it() {
    assert_projects("6 / 2", "null", "3");
    assert_projects("1 / 3", "null", "0.3333333333333333");
    assert_projects(". * 2", "1.10", "2.2");
    assert_projects("[.[] * 1.0]", "[1e300, 1e17, 0.1]", "[1e300,1e17,0.1]");
}

#[test]
fn exactly_one_value_is_the_answer() {
    assert_eq!(project("empty", "1"), Err(ProjectError::NoValue));
    assert_eq!(project(".[]", "[1,2]"), Err(ProjectError::SeveralValues));
    assert_eq!(project(".[]", "[]"), Err(ProjectError::NoValue));
    assert_eq!(failed("1, error(\"late\")", "1"), "late");
}

#[test]
fn what_is_not_finite_is_not_written() {
    for filter in
        ["nan", "infinite", "-infinite", "[1, nan]", "{a: infinite}", ". * 1e308 * 1e308", "1e999 * 1"]
    {
        assert_eq!(project(filter, "10"), Err(ProjectError::NotFinite), "{filter}");
    }
    assert_projects("[nan, 1] | sort | .[1]", "null", "1");
    assert_projects("[nan | isnan, isinfinite]", "null", "[true,false]");
    assert_projects("\"\\(nan)\"", "null", "\"null\"");
    assert_eq!(failed("nan | tojson", "null"), "NaN and the infinities are not JSON");
    assert_eq!(failed("1 / 0", "null"), "cannot divide by zero");
    assert_eq!(failed("1 % 0", "null"), "cannot divide by zero");
}

#[test]
fn an_answer_that_is_not_unambiguous_json_is_refused() {
    for text in ["", "{", "{\"a\":1,\"a\":2}", "nan", "[1]x", "b\"\"", "{1:2}", "# c\n1", "+1", "\"\\ud800\""]
    {
        assert!(matches!(project(".", text), Err(ProjectError::NotJson(_))), "{text}");
    }
    let projection = Projection::compile(".").unwrap();
    assert!(matches!(projection.project(b"\"\xff\"", 100), Err(ProjectError::NotJson(_))));
}

#[test]
fn errors_say_what_failed_and_nothing_of_the_answer() {
    assert_eq!(failed(".a", "\"secret\""), "cannot index a string with a string");
    assert_eq!(failed(".[] + 1", "[\"secret\"]"), "cannot calculate a string + a number");
    assert_eq!(failed("floor", "\"secret\""), "cannot use a string as number");
    assert_eq!(failed("{(.): 1}", "1"), "cannot use a number as the name of a member");
    assert_eq!(failed("error", "{}"), "an object");
    assert_eq!(failed("error(\"too old\")", "1"), "too old");
    assert_eq!(failed("error(.)", &format!("\"{}\"", "x".repeat(900))).len(), 200);
}

#[test]
fn output_is_bounded_to_the_byte() {
    let projection = Projection::compile(".").unwrap();
    for json in ["\"abc\"", "[1,2,3]", "{\"a\":1}", "12345", "\"\\u0001\""] {
        let full = projection.project(json.as_bytes(), json.len()).unwrap();
        assert_eq!(full, json.as_bytes());
        assert_eq!(projection.project(json.as_bytes(), json.len() - 1), Err(ProjectError::TooLarge));
        assert_eq!(projection.project(json.as_bytes(), 0), Err(ProjectError::TooLarge));
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        (-1e9..1e9).prop_map(serde_json::Value::from),
        "[a-c\"\\\\\u{0}-\u{1f}é😀]{0,4}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map("[a-e]{0,2}", inner, 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_identity_keeps_every_value(value in json()) {
        let text = value.to_string();
        let found = project(".", &text).unwrap();
        prop_assert_eq!(&found, &text);
        prop_assert_eq!(project("tojson | fromjson", &text).unwrap(), found);
    }

    #[test]
    fn every_filter_gives_valid_json_and_the_same_every_time(value in json(), which in 0usize..12) {
        let filter = [
            "sort", "map_values(tojson)", "[..]", "to_entries", "tostring", "[paths]", "add", "unique",
            "group_by(type)", "walk(if isarray then sort else . end)", "[.[]?] - [1]", "del(..|select(. == null))",
        ][which];
        let text = value.to_string();
        let first = project(filter, &text);
        prop_assert!(!matches!(first, Err(ProjectError::Broken)));
        prop_assert_eq!(&project(filter, &text), &first);
        if let Ok(found) = first {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&found).is_ok());
            prop_assert!(crate::json::check(found.as_bytes()).is_ok());
        }
    }
}
