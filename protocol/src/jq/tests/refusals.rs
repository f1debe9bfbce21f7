//! What is refused when a configuration is loaded, and in which words.

use super::*;

fn refused(filter: &str) -> String {
    Projection::compile(filter).expect_err(filter).to_string()
}

#[test]
fn a_refusal_names_what_it_refuses_and_why() {
    for (filter, message) in [
        ("[range(10)]", "1:2: `range` is not available: its output is not bounded by the answer"),
        (".a |\n  repeat(.)", "2:3: `repeat` is not available: its output is not bounded by the answer"),
        ("env.HOME", "1:1: `env` is not available: an answer may not depend on the environment of a gateway"),
        (
            "$ENV.HOME",
            "1:1: `$ENV` is not available: an answer may not depend on the environment of a gateway",
        ),
        (
            "now",
            "1:1: `now` is not available: an answer may not depend on the clock or the time zone of a gateway",
        ),
        ("[., input]", "1:5: `input` is not available: the answer is the only input"),
        ("halt", "1:1: `halt` is not available: a filter has no way out but its output"),
        ("test(\"a\")", "1:1: `test` is not available: regular expressions are left out"),
        ("pow(.; 2)", "1:1: `pow` is not available: its results differ between machines"),
        ("@csv", "1:1: `@csv` is not available: of the formats only @text and @json are there"),
        (
            "@base64 \"\\(.)\"",
            "1:1: `@base64` is not available: of the formats only @text and @json are there",
        ),
        ("include \"m\"; .", "1:1: `include` is not available: a filter is one text, without modules"),
        ("import \"m\" as m; .", "1:1: `import` is not available: a filter is one text, without modules"),
        ("module {}; .", "1:1: `module` is not available: a filter is one text, without modules"),
        ("def f: f; f", "1:8: `f` calls itself: recursive definitions are not available"),
        ("def f: def g: f; g; f", "1:15: `f` calls itself: recursive definitions are not available"),
        ("def f(x): [x, f(x)]; f(.)", "1:15: `f` calls itself: recursive definitions are not available"),
        (". | nope(1)", "1:5: the filter `nope/1` is not defined"),
        ("map(.; .)", "1:1: the filter `map/2` is not defined"),
        ("$x", "1:1: the variable `$x` is not defined"),
        ("break $x", "1:7: the label `$x` is not defined"),
        ("m::f", "1:1: the module `m` is not defined"),
        ("reduce . as $x (1)", "1:1: the filter `reduce/1` is not defined"),
        ("{a: }", "1:5: expected term"),
        ("(.a", "1:4: expected closing parenthesis"),
        (".a ]", "1:4: expected token"),
        ("", "1:1: expected term"),
        ("if . then 1", "1:12: expected else or end"),
        ("\"\\x\"", "1:3: expected string escape sequence"),
        ("@foo", "1:1: the filter `@foo/0` is not defined"),
    ] {
        assert_eq!(refused(filter), message, "{filter}");
    }
}

#[test]
fn each_of_these_is_refused() {
    for call in [
        "range(1)",
        "range(0; 1)",
        "range(0; 9; 1)",
        "repeat(.)",
        "while(.; .)",
        "until(.; .)",
        "recurse(.)",
        "recurse(.; .)",
        "combinations",
        "combinations(2)",
        "env",
        "$ENV",
        "$__loc__",
        "$__prog_args",
        "now",
        "localtime",
        "strflocaltime(\"\")",
        "mktime",
        "gmtime",
        "input",
        "inputs",
        "input_line_number",
        "input_filename",
        "halt",
        "halt(1)",
        "halt_error",
        "halt_error(1)",
        "debug",
        "debug(.)",
        "stderr",
        "stderr_empty",
        "debug_empty",
        "test(\"\")",
        "match(\"\")",
        "capture(\"\")",
        "scan(\"\")",
        "splits(\"\")",
        "sub(\"\"; \"\")",
        "gsub(\"\"; \"\")",
        "matches(\"\"; \"\")",
        "split(\"\"; \"\")",
        "todate",
        "fromdate",
        "strftime(\"\")",
        "strptime(\"\")",
        "sqrt",
        "log",
        "exp",
        "sin",
        "@csv",
        "@tsv",
        "@html",
        "@sh",
        "@uri",
        "@base64",
        "@base64d",
        "@base32d",
        "tobytes",
        "escape_sh",
        "builtins",
        "modulemeta",
        "get_search_list",
        "transpose",
        "tostream",
        "fromstream(.)",
        "ltrimstr",
        "getpath",
        "limit(1)",
        "splits",
        "error(1; 2)",
    ] {
        refused(call);
        refused(&format!("[.a, ({call})?]"));
        refused(&format!("def f: {call}; 1"));
        refused(&format!("try \"\\({call})\" catch ."));
    }
}

#[test]
fn a_parameter_or_an_earlier_definition_of_the_same_name_is_no_recursion() {
    for filter in [
        "def f(f): f; f(1)",
        "def f(g): g; f(f(f(1)))",
        "def f: 1; def g: def f: 2; f; g + f",
        "def f($f): $f; f(1)",
    ] {
        Projection::compile(filter).expect(filter);
    }
    assert_projects("def f: 1; def g: def f: 2; f; g + f", "null", "3");
    assert_projects("def f(f): f; f(7)", "null", "7");
}

#[test]
fn long_and_deep_filters_are_refused_on_any_stack() {
    let long = format!("\"{}\"", "a".repeat(source::SOURCE_BYTES_MAX - 2));
    Projection::compile(&long).unwrap();
    assert_eq!(refused(&format!("{long} ")), "the filter is longer than 16384 bytes");
    for (open, middle, close) in [
        ("(", ".", ")"),
        ("[", "", "]"),
        ("{a:", "1", "}"),
        ("\"\\(", ".", ")\""),
        ("-", "1", ""),
        ("", ".", "|."),
        ("", ".", ",."),
        ("", "1", "+1"),
        ("", ".", "=."),
        ("", ".", "//."),
        (". as $x|", ".", ""),
        ("try ", ".", ""),
        ("if . then ", ".", " end"),
        ("if 1 then 1 el", "se 1 end", ""),
        ("def f: ", "1", "; f"),
        ("label $x|", ".", ""),
        ("", ".", "[0]"),
        ("", ".", ".a"),
        ("map(", ".", ")"),
        ("reduce . as $x(0;", ".", ")"),
        (". as [$a,", "$b] | .", ""),
    ] {
        // As long as the text may be, and about as many tokens as it may have; and what is left open stays open.
        let longest = (source::SOURCE_BYTES_MAX - middle.len()) / (open.len() + close.len());
        for times in [longest, 3_999, 1_999, 1_333, 999, 799, 499] {
            let times = times.min(longest);
            for close in [close, ""] {
                let filter = [&open.repeat(times), middle, &close.repeat(times)].concat();
                assert!(filter.len() <= source::SOURCE_BYTES_MAX);
                if let Ok(projection) = Projection::compile(&filter) {
                    let _ = projection.project_within(b"[]", 100, 1 << 24);
                }
            }
        }
    }
    assert_eq!(refused(&"-".repeat(5_000)), "the filter has more than 4000 tokens");
    assert_eq!(
        refused(&format!("{}.{}", "[".repeat(600), "]".repeat(600))),
        "the filter nests deeper than 500"
    );
}

#[test]
fn definitions_that_double_and_double_end() {
    let doubling: String = (1..200).map(|n| format!("def f{n}: f{} | f{0};", n - 1)).collect();
    let projection = Projection::compile(&format!("def f0: .;{doubling} f100"));
    match projection {
        Ok(projection) => {
            assert_eq!(projection.project_within(b"1", 100, 1 << 24), Err(ProjectError::TooMuchWork))
        }
        Err(error) => assert_eq!(error.to_string(), "the filter nests deeper than 500"),
    }
}
