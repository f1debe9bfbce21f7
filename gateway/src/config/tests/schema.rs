//! The schema and the reader agree: on every text of these tests, and on every member.

use std::{env, fs, path::Path, sync::OnceLock};

use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};
use serde_json::{Map, Value};

use super::*;
use crate::config::{Problem, schema};

mod validator;

pub(super) fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| serde_json::from_str(&schema::text()).unwrap())
}

/// Asserts that the schema takes what the gateway takes, and refuses what the gateway refuses for a reason that a schema
/// knows.
#[track_caller]
pub(super) fn agrees(text: &str, refused: Option<&ConfigError>) {
    let Some(value) = value(text) else { return };
    let verdict = validator::check(schema(), &value);
    match refused {
        None => assert_eq!(verdict, Ok(()), "taken by the gateway: {text}"),
        Some(error) if error.problems().iter().any(a_schema_knows) => {
            assert!(verdict.is_err(), "refused by the gateway, and not by the schema: {text}\n{error}");
        }
        Some(_) => {}
    }
}

/// Shapes, names, ranges; not what depends on the environment, on another member, or on what a word means.
fn a_schema_knows(problem: &Problem) -> bool {
    let shapes = [
        "a string in double quotes",
        "an array of strings in double quotes",
        "true or false",
        "an object",
        "a whole number from",
        "a number above 0",
        "a duration in a string",
        "\"require\" or",
        "\"derived\",",
        "\"*\" or an object",
        "one of GET, HEAD",
        "exactly one of",
        "tokens_sha256, ed25519 or secp256k1",
    ];
    let is_shape = shapes.iter().any(|shape| problem.expected.starts_with(shape));
    problem.found == "an unknown member" || problem.found.starts_with("no member") || is_shape
}

/// The text as JSON; nothing, where it is none, or says one name twice.
fn value(text: &str) -> Option<Value> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).ok()?;
    of_node(&parsed.value?)
}

fn of_node(node: &ast::Value<'_>) -> Option<Value> {
    Some(match node {
        ast::Value::Object(object) => {
            let mut members = Map::new();
            for member in &object.properties {
                if members.insert(member.name.as_str().to_owned(), of_node(&member.value)?).is_some() {
                    return None;
                }
            }
            Value::Object(members)
        }
        ast::Value::Array(array) => Value::Array(array.elements.iter().map(of_node).collect::<Option<_>>()?),
        ast::Value::StringLit(literal) => literal.value.as_ref().into(),
        ast::Value::NumberLit(literal) => serde_json::from_str(literal.value).ok()?,
        ast::Value::BooleanLit(literal) => literal.value.into(),
        ast::Value::NullKeyword(_) => Value::Null,
    })
}

/// The schema was made for these files; this is what an editor reads.
#[test]
fn the_schema_that_we_ship_is_the_one_of_the_types() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proxy_conf.schema.json");
    if env::var_os("OUTCALL_WRITE").is_some() {
        fs::write(&file, schema::text()).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap() == schema::text(),
        "make it anew: OUTCALL_WRITE=1 cargo test -p outcall-gateway --lib schema, then as much with reference"
    );
}

#[test]
fn every_member_has_a_description() {
    let mut members = 0;
    let structs = schema()["$defs"].as_object().unwrap().values().chain([schema()]);
    for (name, member) in structs.filter_map(|form| form["properties"].as_object()).flatten() {
        let described = member["description"].as_str().is_some_and(|text| text.ends_with(['.', ')']));
        assert!(described, "{name}: {member}");
        members += 1;
    }
    assert!(members > 40, "{members} members were found");
}

#[test]
fn the_settings_are_those_of_the_schema() {
    let named: Vec<&String> = schema()["properties"].as_object().unwrap().keys().collect();
    assert_eq!(named, crate::config::top::SETTINGS);
}

/// The control of [`agrees`]: the validator does refuse, and for what is wrong alone.
#[test]
fn the_validator_tells_good_from_bad() {
    let verdict = |text: &str| validator::check(schema(), &value(text).unwrap());
    assert_eq!(verdict(EVERYTHING), Ok(()));
    for (wrong, why) in [
        (r#"{"sever": {}}"#, "/sever"),
        (r#"{"/p": {"upstream": "https://a", "ttl": 5}}"#, "/p"),
        (r#"{"/p": {"upstream": "https://a", "hosts": ["a"]}}"#, "/p"),
        (r#"{"/p": {"upstream": "https://a", "concurrency": 0}}"#, "/p"),
        (r#"{"/p": "ftp://a"}"#, "/p"),
        (r#"{"/p": {"upstream": "https://a", "methods": ["get"]}}"#, "/p"),
        (r#"{"/p": {"upstream": "https://a", "ttl": null}}"#, "/p"),
        (r#"{"receipts": {"keyid": "k"}}"#, "/receipts"),
        (r#"{"server": {"drain": "soon"}}"#, "/server/drain"),
    ] {
        let error = verdict(wrong).expect_err(wrong);
        assert!(error.starts_with(why), "{wrong}: {error}");
    }
}
