//! Filters that a few bytes of answer turn into too much memory, time or stack.

use super::*;

/// A sixteenth of what a projection may do: a bomb that goes off, goes off early.
fn project(filter: &str, json: &str) -> Result<String, ProjectError> {
    let projection = Projection::compile(filter).unwrap();
    let bytes = projection.project_within(json.as_bytes(), 1_000_000, budget::WORK_BYTES_MAX / 16)?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn bomb(filter: &str, json: &str) -> ProjectError {
    project(filter, json).expect_err(filter)
}

fn list(items: usize) -> String {
    format!("[{}1]", "1,".repeat(items - 1))
}

#[test]
fn strings_are_not_repeated() {
    let message = "repeating a string is not available: its output is not bounded by the answer";
    for filter in ["\"x\" * .", ". * \"x\"", "\"x\" as $x | [.] | map($x * .)", ".s = \"x\" | .s *= 9"] {
        let json = if filter.starts_with(".s") { "{}" } else { "1000000000" };
        assert_eq!(failed(filter, json), message, "{filter}");
    }
}

#[test]
fn doubling_ends() {
    for filter in [
        "reduce .[] as $x (\"a\"; . + .)",
        "reduce .[] as $x ([1]; . + .)",
        "reduce .[] as $x (1; [., .])",
        "reduce .[] as $x (1; {a: ., b: .})",
        "reduce .[] as $x (1; [., .]) | tojson | length",
        "reduce .[] as $x (\"a\"; \"\\(.)\\(.)\")",
        "reduce .[] as $x ([1]; .[0:0] = .)",
        "reduce .[] as $x (\"aa\"; .[1:1] = .)",
        "reduce .[] as $x (\"a\"; [., .] | join(\"-\"))",
        "reduce .[] as $x (\"a\"; [., .] | add)",
        "reduce .[] as $x (\"\\\"\"; tojson)",
        "[.[] as $a | .[] as $b | .[] as $c | .[] as $d | .[] as $e | .[] as $f | 1] | length",
        "[.[], .[] | [.]] | [.[] as $a | .[] as $b | .[] as $c | .[] as $d | $a == $b] | length",
    ] {
        assert_eq!(bomb(filter, &list(100)), ProjectError::TooMuchWork, "{filter}");
    }
    assert_eq!(
        failed("reduce .[] as $x (3; . * .)", &list(100)),
        "the number is too large to calculate with"
    );
}

#[test]
fn what_a_filter_catches_does_not_keep_it_running() {
    let commas = "(.,.)|".repeat(60);
    for filter in [
        format!("[{commas} empty]"),
        format!("[{commas} error?]"),
        format!("last({commas} .)"),
        format!("reduce ({commas} .) as $x (null; null)"),
        format!("isempty({commas} empty)"),
        format!("try ([{commas} .] | length) catch 1"),
        format!("[{commas} .] | length"),
        "(.[] as $a | .[] as $b | .[] as $c | .[] as $d | .[] as $e | error)? // 1".to_owned(),
        "[limit(1; .[] as $a | .[] as $b | .[] as $c | .[] as $d | .[] as $e | empty)]".to_owned(),
        "any(.[] as $a | .[] as $b | .[] as $c | .[] as $d | .[] as $e | false; .)".to_owned(),
    ] {
        let found = project(&filter, &list(100));
        assert!(
            matches!(found, Err(ProjectError::TooMuchWork)) || filter.contains("error)?"),
            "{filter}: {found:?}"
        );
    }
}

#[test]
fn depth_ends_before_the_stack_does() {
    for filter in [
        "reduce .[] as $x (null; [.])",
        "reduce .[] as $x (null; {a: .})",
        "reduce .[] as $x (null; [.]) | tojson",
        "(reduce .[] as $x (.; .)) |= 1",
        "(reduce .[] as $x ({}; .a)) |= 1",
        "[.[] | \"a\"] as $p | {} | setpath($p; 1)",
        "(foreach .[] as $x (.; .)) |= 1",
        "[foreach .[] as $x (null; [.])] | length",
    ] {
        let found = project(filter, &list(100_000));
        assert!(
            matches!(found, Err(ProjectError::TooMuchWork | ProjectError::Failed(_))),
            "{filter}: {found:?}"
        );
    }
    let deep = format!("{}{}", "[".repeat(128), "]".repeat(128));
    assert_projects(".", &deep, &deep);
    assert_projects("[..] | length", &deep, "128");
    assert_projects("(.. |= .) | flatten", &deep, "[]");
    assert_projects("[.]", &deep, &format!("[{deep}]"));
    assert_eq!(bomb("reduce .[] as $x (null; [.]) | length", &list(300)), ProjectError::TooMuchWork);
    assert!(matches!(bomb(".", &format!("[{deep}]")), ProjectError::NotJson(_)));
}

#[test]
fn indices_do_not_make_room() {
    assert_eq!(failed(".[1000000000] = 1", "[]"), "the index is out of bounds");
    assert_eq!(failed(".[1e9] = 1", "[]"), "the index is out of bounds");
    assert_eq!(failed("setpath([99999999999999999999]; 1)", "[]"), "the index is out of bounds");
    assert_eq!(failed(".[0] = 1", "null"), "cannot index null with a number");
    assert_projects(".[999999999999999999999:]", "[1]", "[]");
    assert_projects(".[-999999999999999999999:]", "[1]", "[1]");
    assert_projects(".[5:1]", "[1,2,3]", "[]");
    assert_eq!(failed("implode", "[-9223372036854775808]"), "cannot use a number as code point");
    assert_eq!(failed("implode", "[55296]"), "cannot use a number as code point");
    assert_eq!(failed("flatten(-1)", "[]"), "flatten needs a depth that is not negative");
    assert_projects("[limit(-1; .[])]", "[1]", "[]");
    assert_projects("length", "-9223372036854775808", "9223372036854775808");
}

#[test]
fn ordinary_work_is_far_within_the_budget() {
    let rows: Vec<_> = (0..4_000)
        .map(|n| {
            format!(
                r#"{{"id":{n},"name":"row {n}","price":"{n}.10","tags":["a","b"],"deep":{{"x":[1,2,3]}}}}"#
            )
        })
        .collect();
    let json = format!("[{}]", rows.join(","));
    assert!(json.len() > 300_000);
    assert_projects(
        "map(select(.tags | index(\"b\")) | {id, price: (.price | tonumber)}) | length",
        &json,
        "4000",
    );
    assert_projects("sort_by(.name) | group_by(.id % 7) | map(length) | add", &json, "4000");
    assert_projects("map(.name) | join(\",\") | length", &json, "34889");
    assert_projects("reduce .[].name as $n (\"\"; . + $n) | length > 30000", &json, "true");
    assert_projects("[.[] | to_entries[] | .key] | unique | length", &json, "5");
    assert_projects("map(with_entries(select(.key != \"deep\"))) | length", &json, "4000");
}
