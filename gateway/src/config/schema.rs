//! The JSON Schema (2020-12) of the file, made of the types that it is read into (`file`), so that the two have the same
//! members. What a schema cannot say, such as which routes an `allow` may name, the gateway alone judges.

use std::time::Duration;

use schemars::{
    Schema,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform},
};
use serde_json::{Value, json};

use super::{
    duration::{Bounds, Shown},
    file,
};

/// The schema, on lines of its own.
pub(crate) fn text() -> String {
    format!("{:#}\n", schema())
}

fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut generator = settings.with_transform(RecursiveTransform(tidied)).into_generator();
    let mut route = generator.subschema_for::<file::RouteForm>();
    RecursiveTransform(tidied).transform(&mut route);
    let mut root = generator.into_root_schema_for::<file::Settings>();
    root.insert(
        "description".to_owned(),
        json!("Members whose names start with / are routes, the others settings. Comments and trailing commas are fine."),
    );
    root.insert("patternProperties".to_owned(), json!({"^/": route}));
    root.insert("additionalProperties".to_owned(), json!(false));
    root.to_value()
}

/// What may be left out cannot be `null` instead; whole numbers have no size of Rust's; and a description is no comment
/// that was wrapped.
fn tidied(schema: &mut Schema) {
    let is_null = |value: &Value| *value == json!("null") || *value == json!({"type": "null"});
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|value| !is_null(value));
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(forms)) = schema.get_mut("anyOf") {
        forms.retain(|value| !is_null(value));
        if let [Value::Object(only)] = &forms[..] {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(name, value)| drop(schema.insert(name, value)));
        }
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if schema.get("format").is_some_and(|format| ["uint64", "double"].map(Value::from).contains(format)) {
        schema.remove("format");
    }
}

/// What a member is when it is left out.
pub(super) fn default(value: impl Into<Value>) -> impl FnMut(&mut Schema) {
    let value = value.into();
    move |schema| drop(schema.insert("default".to_owned(), value.clone()))
}

/// As [`default`], where that is no value that could be written; for people, and for the test of the README.
pub(super) fn words(default: &'static str) -> impl FnMut(&mut Schema) {
    move |schema| drop(schema.insert("x-default".to_owned(), json!(default)))
}

/// A whole number in its range.
pub(super) fn up_to(min: u64, max: impl TryInto<u64>) -> impl FnMut(&mut Schema) {
    let max = max.try_into().unwrap_or(u64::MAX);
    move |schema| {
        schema.insert("minimum".to_owned(), json!(min));
        schema.insert("maximum".to_owned(), json!(max));
    }
}

/// A duration: its bounds in words, since no schema can compare them, and once more by themselves for the reference.
pub(super) fn lasts(bounds: Bounds, default: Option<Duration>) -> impl FnMut(&mut Schema) {
    move |schema| {
        let Bounds { min, max, example } = bounds;
        let said = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let said = format!("{said} From {} to {}.", Shown(min), Shown(max));
        schema.insert("description".to_owned(), json!(said));
        schema.insert("x-bounds".to_owned(), json!([Shown(min).to_string(), Shown(max).to_string()]));
        schema.insert("examples".to_owned(), json!([example]));
        if let Some(default) = default {
            schema.insert("default".to_owned(), json!(Shown(default).to_string()));
        }
    }
}
