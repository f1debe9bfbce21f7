//! Members that have a short form beside the long one.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

use super::{CorsRules, RespondAsyncRules, Route};

/// A route: the URL of its upstream, or an object. For the schema alone (`top` tells them apart).
pub(in crate::config) enum RouteForm {}

impl JsonSchema for RouteForm {
    fn schema_name() -> Cow<'static, str> {
        "RouteForm".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A route: the URL of its upstream, or an object that says more.",
            "anyOf": [{"type": "string", "pattern": "^https?://"}, generator.subschema_for::<Route>()],
        })
    }
}

/// Everybody, or those of some origins.
pub(in crate::config) enum Cors {
    Anybody,
    Rules(CorsRules),
}

impl JsonSchema for Cors {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cors".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"const": "*"}, generator.subschema_for::<CorsRules>()]})
    }
}

impl<'de> Deserialize<'de> for Cors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CorsVisitor)
    }
}

struct CorsVisitor;

impl<'de> Visitor<'de> for CorsVisitor {
    type Value = Cors;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#""*" or an object with origins"#)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cors, E> {
        if text == "*" { Ok(Cors::Anybody) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Cors, A::Error> {
        CorsRules::deserialize(MapAccessDeserializer::new(members)).map(Cors::Rules)
    }
}

/// All defaults or nothing at all, or some rules.
pub(in crate::config) enum RespondAsync {
    Is(bool),
    Rules(RespondAsyncRules),
}

impl JsonSchema for RespondAsync {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RespondAsync".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "boolean"}, generator.subschema_for::<RespondAsyncRules>()]})
    }
}

impl<'de> Deserialize<'de> for RespondAsync {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RespondAsyncVisitor)
    }
}

struct RespondAsyncVisitor;

impl<'de> Visitor<'de> for RespondAsyncVisitor {
    type Value = RespondAsync;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or an object")
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<RespondAsync, E> {
        Ok(RespondAsync::Is(is))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<RespondAsync, A::Error> {
        RespondAsyncRules::deserialize(MapAccessDeserializer::new(members)).map(RespondAsync::Rules)
    }
}
