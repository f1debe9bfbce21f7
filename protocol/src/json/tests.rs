use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn canonical(text: &str) -> String {
    String::from_utf8(canonicalise(text.as_bytes()).unwrap()).unwrap()
}

fn error(text: impl AsRef<[u8]>) -> (usize, JsonErrorKind) {
    let error = canonicalise(text.as_ref()).unwrap_err();
    (error.offset, error.kind)
}

#[test]
fn the_sorting_example_of_rfc_8785_sorts() {
    // Section 3.2.3: "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
    // "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh".
    let input = r#"{
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\ud83d\ude00": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let expected = concat!(
        r#"{"\r":"Carriage Return","1":"One",""#,
        "\u{80}",
        r#"":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","#,
        r#""😀":"Emoji: Grinning Face",""#,
        "\u{fb33}",
        r#"":"Hebrew Letter Dalet With Dagesh"}"#
    );
    assert_eq!(canonical(input), expected);
}

#[test]
fn the_other_example_of_rfc_8785_keeps_its_numbers_and_gets_its_escapes() {
    // Section 3.2.2, of which only the numbers come out otherwise here: as they were written.
    let input = r#"{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
    }"#;
    let expected = concat!(
        r#"{"literals":[null,true,false],"#,
        r#""numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"#,
        r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    assert_eq!(canonical(input), expected);
}

#[test]
fn escapes_are_the_shortest_there_are() {
    assert_eq!(canonical(r#""\u0008\u0009\u000a\u000c\u000d""#), r#""\b\t\n\f\r""#);
    assert_eq!(canonical(r#""\u0000\u001F\u007f\u2028\/""#), "\"\\u0000\\u001f\u{7f}\u{2028}/\"");
    assert_eq!(canonical(r#""\uD83D\uDE00""#), "\"😀\"");
}

#[test]
fn numbers_keep_their_text() {
    for number in
        ["0", "-0", "-0.0", "1.10", "123456789012345678901", "1e400", "1E+2", "1e-7", "0e0", "-1.5E-3"]
    {
        assert_eq!(canonical(number), number);
    }
}

#[test]
fn space_goes_and_nothing_else_does() {
    assert_eq!(canonical(" \t\r\n[ 1 , { \"b\" : [ ] , \"a\" : { } } ] \n"), r#"[1,{"a":{},"b":[]}]"#);
    assert_eq!(canonical(r#" " a b " "#), r#"" a b ""#);
}

#[test]
fn what_is_not_json_is_refused_where_it_stops_being_json() {
    use JsonErrorKind::*;
    for (text, offset, kind) in [
        ("", 0, UnexpectedEnd),
        ("  ", 2, UnexpectedEnd),
        ("{", 1, UnexpectedEnd),
        ("[1,", 3, UnexpectedEnd),
        ("{\"a\"", 4, UnexpectedEnd),
        ("\"a", 2, UnexpectedEnd),
        ("tru", 0, Unexpected),
        ("nan", 0, Unexpected),
        ("\u{feff}1", 0, Unexpected),
        ("[1,]", 3, Unexpected),
        ("{\"a\":1,}", 7, Unexpected),
        ("{a:1}", 1, Unexpected),
        ("[1 2]", 3, Unexpected),
        ("{\"a\" 1}", 5, Unexpected),
        ("+1", 0, Unexpected),
        ("-", 1, UnexpectedEnd),
        ("-x", 1, Unexpected),
        (".5", 0, Unexpected),
        ("1.", 2, UnexpectedEnd),
        ("1.e1", 2, Unexpected),
        ("1e", 2, UnexpectedEnd),
        ("01", 1, Trailing),
        ("1 1", 2, Trailing),
        ("1,", 1, Trailing),
        ("nulll", 4, Trailing),
        ("\"\\x\"", 2, BadEscape),
        ("\"\\u12g4\"", 5, BadEscape),
        ("\"\\u+123\"", 3, BadEscape),
        ("\"a\nb\"", 2, ControlCharacter),
        ("\"\\ud800\"", 1, LoneSurrogate),
        ("\"\\udc00\"", 1, LoneSurrogate),
        ("\"a\\ud800\\u0041\"", 2, LoneSurrogate),
        ("\"\\ud800\\ud800\"", 1, LoneSurrogate),
        ("{\"a\":1,\"a\":1}", 7, DuplicateName),
        ("{\"a\":1,\"\\u0061\":1}", 7, DuplicateName),
        ("{\"b\":0,\"a\":1,\"b\":2,\"a\":3}", 13, DuplicateName),
        ("[{\"b\":{\"c\":0,\"c\":1}}]", 13, DuplicateName),
    ] {
        assert_eq!(error(text), (offset, kind), "{text:?}");
        assert!(check(text.as_bytes()).is_err());
    }
    assert_eq!(error(b"\"a\xff\""), (2, NotUtf8));
    assert_eq!(error(b"\"\xed\xa0\x80\""), (1, NotUtf8));
    assert_eq!(canonicalise(b"[1,]").unwrap_err().to_string(), "unexpected character at byte 3");
}

#[test]
fn nesting_is_accepted_to_128_and_refused_at_129() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(canonical(&nested(DEPTH_MAX)), nested(DEPTH_MAX));
    assert_eq!(error(nested(DEPTH_MAX + 1)), (DEPTH_MAX, JsonErrorKind::TooDeep));
    let objects = |depth| format!("{}0{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(check(objects(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(error(objects(DEPTH_MAX + 1)), (5 * DEPTH_MAX, JsonErrorKind::TooDeep));
    assert_eq!(error("[".repeat(1_000_000)), (DEPTH_MAX, JsonErrorKind::TooDeep));
}

/// JSON values whose strings like the corners: escapes, and both sides of the surrogates.
fn value() -> impl Strategy<Value = Value> {
    let text = "[a-c\"\\\\/\u{0}-\u{1f}\u{7f}é\u{d7ff}\u{e000}\u{fb33}\u{ffff}\u{10000}😀]{0,4}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Writes a value with its members in an order, and with escapes and spaces, of the seed's choosing.
fn shuffled(value: &Value, seed: &mut u64) -> String {
    let mut draw = |bound: u64| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % bound
    };
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shuffled(item, seed)).collect();
            format!("[ {} ]", items.join(" ,"))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|member| (draw(1_000), member)).collect();
            members.sort_by_key(|(drawn, _)| *drawn);
            let mut member = |(name, value): (&String, &Value)| {
                format!("{}\t:{}", shuffled(&Value::from(name.as_str()), seed), shuffled(value, seed))
            };
            let members: Vec<_> = members.into_iter().map(|(_, found)| member(found)).collect();
            format!("{{{}\n}}", members.join(",\r\n"))
        }
        Value::String(text) if draw(2) == 0 => {
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            format!("\"{units}\"")
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn a_canonical_text_has_the_same_value_and_stays_as_it_is(value in value(), mut seed: u64) {
        let text = shuffled(&value, &mut seed);
        let found = canonical(&text);
        prop_assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
        prop_assert_eq!(canonical(&found), found);
    }

    #[test]
    fn every_spelling_of_a_value_has_one_canonical_text(value in value(), mut left: u64, mut right: u64) {
        let (left, right) = (shuffled(&value, &mut left), shuffled(&value, &mut right));
        prop_assert_eq!(canonical(&left), canonical(&right));
    }

    #[test]
    fn names_are_in_the_order_of_their_utf16_code_units(left: String, right: String) {
        let expected = left.encode_utf16().cmp(right.encode_utf16());
        prop_assert_eq!(utf16_order(&left, &right), expected);
    }

    #[test]
    fn bytes_are_read_as_serde_json_reads_them(bytes in prop::collection::vec(
        prop::sample::select(b"{}[]\",:\\u0d8c1.eE+-tfnaul \xc3\xa9\x01".to_vec()), 0..12))
    {
        let ours = canonicalise(&bytes);
        match (&ours, serde_json::from_slice::<Value>(&bytes)) {
            (Ok(found), Ok(value)) => prop_assert_eq!(serde_json::from_slice::<Value>(found).unwrap(), value),
            (Ok(found), Err(_)) => prop_assert!(is_huge_number(found), "only ours accepts {:?}", bytes),
            (Err(error), Ok(_)) => prop_assert_eq!(error.kind, JsonErrorKind::DuplicateName),
            (Err(_), Err(_)) => {}
        }
    }
}

/// serde_json refuses numbers beyond a double's range; their text is kept here.
fn is_huge_number(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'e' | b'E'))
}
