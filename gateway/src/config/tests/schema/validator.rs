//! A validator for as much of JSON Schema as our own schema uses; it panics at any word that it does not know.
//!
//! `.ci/run` has another implementation look at the schema and the sample, so that this one is not the only judge.

use regex::Regex;
use serde_json::Value;

/// Why a value is not as the schema says, with the place of the first fault.
pub(super) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    Validator { root: schema }.check(schema, value, "")
}

struct Validator<'s> {
    root: &'s Value,
}

impl Validator<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let Value::Object(words) = schema else {
            return if *schema == Value::Bool(false) { fail(at, "is not known") } else { Ok(()) };
        };
        for (word, says) in words {
            let good = match word.as_str() {
                "$schema" | "$defs" | "title" | "description" | "examples" | "default" | "x-default"
                | "x-bounds" => true,
                "$ref" => {
                    let named = says.as_str().unwrap().strip_prefix('#').unwrap();
                    self.check(self.root.pointer(named).unwrap(), value, at)?;
                    true
                }
                "type" => is_of(value, says.as_str().unwrap()),
                "const" => value == says,
                "enum" => says.as_array().unwrap().contains(value),
                "pattern" => value.as_str().is_none_or(|text| pattern(says).is_match(text)),
                "minimum" => value.as_f64().is_none_or(|number| number >= says.as_f64().unwrap()),
                "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > says.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|number| number <= says.as_f64().unwrap()),
                "minItems" => {
                    value.as_array().is_none_or(|items| items.len() as u64 >= says.as_u64().unwrap())
                }
                "maxItems" => {
                    value.as_array().is_none_or(|items| items.len() as u64 <= says.as_u64().unwrap())
                }
                "uniqueItems" => value.as_array().is_none_or(|items| {
                    items.iter().enumerate().all(|(index, item)| !items[..index].contains(item))
                }),
                "maxProperties" => {
                    value.as_object().is_none_or(|members| members.len() as u64 <= says.as_u64().unwrap())
                }
                "required" => value.as_object().is_none_or(|members| {
                    says.as_array().unwrap().iter().all(|name| members.contains_key(name.as_str().unwrap()))
                }),
                "anyOf" => says.as_array().unwrap().iter().any(|form| self.check(form, value, at).is_ok()),
                "oneOf" => {
                    says.as_array().unwrap().iter().filter(|form| self.check(form, value, at).is_ok()).count()
                        == 1
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(says, item, &format!("{at}/{index}"))?;
                    }
                    true
                }
                "properties" | "patternProperties" => true,
                "additionalProperties" => {
                    self.members(schema, value, at)?;
                    true
                }
                word => panic!("{word}: this validator does not know it"),
            };
            if !good {
                return fail(at, &format!("is not as {word} says: {says}"));
            }
        }
        // Without `additionalProperties` the named ones are judged all the same.
        if words.contains_key("properties") && !words.contains_key("additionalProperties") {
            self.members(schema, value, at)?;
        }
        Ok(())
    }

    fn members(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let patterns = schema["patternProperties"].as_object();
        for (name, member) in value.as_object().into_iter().flatten() {
            let by_pattern = || {
                let found =
                    patterns?.iter().find(|(is, _)| pattern(&Value::from(is.as_str())).is_match(name))?;
                Some(found.1)
            };
            let form = schema["properties"].get(name).or_else(by_pattern);
            let form = form.or_else(|| schema.get("additionalProperties"));
            let inner = if name.starts_with('/') { format!("{at}{name}") } else { format!("{at}/{name}") };
            form.map_or(Ok(()), |form| self.check(form, member, &inner))?;
        }
        Ok(())
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "array" => value.is_array(),
        "object" => value.is_object(),
        kind => panic!("{kind}: this validator does not know it"),
    }
}

fn pattern(says: &Value) -> Regex {
    Regex::new(says.as_str().unwrap()).unwrap()
}

fn fail(at: &str, why: &str) -> Result<(), String> {
    Err(format!("{at} {why}"))
}
