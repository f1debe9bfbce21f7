//! The members of the file: those that start with `/` are routes, a few others are settings, the rest is a mistake.

use std::{collections::HashSet, sync::Arc};

use jsonc_parser::ast::{Object, ObjectProp, Value};

use super::{
    Caller, Config, Route, callers, error::Problems, error::one_line, file, judge, locate::Place, node,
    receipts, respond_async, server, suggest, upstream,
};
use crate::{limits, router::path};

/// Whether a file without routes is one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Routes {
    /// A gateway without routes has nothing to do: a mistake.
    AtLeastOne,
    /// The caller adds its own.
    Optional,
}

const CALLERS: &str = "callers";
pub(super) const SETTINGS: [&str; 5] = ["$schema", "callers", "receipts", "server", "store"];

/// The configuration that the file's members describe, complete even where problems were reported.
pub(super) fn config<'a>(
    object: &'a Object<'a>,
    tree: &'a Value<'a>,
    env: &dyn Fn(&str) -> Option<String>,
    required: Routes,
    problems: &mut Problems<'_>,
) -> Config {
    let root = Place::root(tree);
    let mut seen = HashSet::new();
    let members: Vec<&ObjectProp<'a>> =
        object.properties.iter().filter(|member| seen.insert(member.name.as_str())).collect();
    let (routes, others): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|member| member.name.as_str().starts_with('/'));
    let a_slash_is_missing = others.iter().any(|member| looks_like_a_route(member));
    if routes.is_empty() && required == Routes::AtLeastOne && !a_slash_is_missing {
        let expected = r#"at least one, such as "/price": "https://api.example.com/v1/price""#;
        problems.at(&root, "no route", expected);
    }
    if routes.len() > limits::ROUTES_MAX {
        problems.at(&root, format!("{} routes", routes.len()), format!("at most {}", limits::ROUTES_MAX));
    }
    // Before the routes, which name them.
    let named = others.iter().find(|member| member.name.as_str() == CALLERS);
    let callers = named.map(|member| callers::read(&root.of(member), problems)).unwrap_or_default();
    let routes: Vec<(Arc<Route>, Place<'_>)> = routes
        .into_iter()
        .take(limits::ROUTES_MAX)
        .filter_map(|member| {
            let place = root.of(member);
            Some((Arc::new(route(member, env, &callers, &place, problems)?), place))
        })
        .collect();
    respond_async::shadowed(&routes, problems);
    let routes = routes.into_iter().map(|(route, _)| route).collect();
    let (server, store) = (server::Server::default(), server::Store::default());
    let mut config = Config { routes, server, store, receipts: None, callers };
    for member in &others {
        setting(member, env, &root.of(member), &mut config, problems);
    }
    if let Some(member) = named
        && config.server.audience.is_none()
    {
        callers::without_audience(&config.callers, &root.of(member), problems);
    }
    config
}

fn route<'a>(
    member: &'a ObjectProp<'a>,
    env: &dyn Fn(&str) -> Option<String>,
    callers: &[Caller],
    place: &Place<'a>,
    problems: &mut Problems<'_>,
) -> Option<Route> {
    let path = member.name.as_str();
    if let Err(expected) = check_path(path) {
        problems.name(place, "this path", expected);
    }
    if path.len() > limits::ROUTE_PATH_BYTES_MAX {
        return None;
    }
    let file = match &member.value {
        Value::StringLit(literal) => {
            file::Route { upstream: Some(literal.value.to_string()), ..file::Route::default() }
        }
        Value::Object(_) => node::read(place, problems)?,
        _ => {
            problems.value(place, "the URL of an upstream in double quotes, or an object");
            return None;
        }
    };
    judge::route(path, &file, env, callers, place, problems)
}

/// A route's path is compared with those of requests byte by byte, so it must be one that a request can have.
fn check_path(path: &str) -> Result<(), String> {
    if path.len() > limits::ROUTE_PATH_BYTES_MAX {
        return Err(format!("a path of at most {} bytes", limits::ROUTE_PATH_BYTES_MAX));
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a path of visible ASCII characters, any other percent-encoded".to_owned());
    }
    if path.contains(['?', '#']) {
        return Err("a path without query (?) and fragment (#)".to_owned());
    }
    path::check(path).map_err(|bad| format!("a path without {}", bad.found()))?;
    if upstream::has_broken_escape(path) {
        return Err("a path with two hex digits behind every %".to_owned());
    }
    if path != "/" && path.ends_with('/') {
        return Err(format!(
            "a path without a slash at its end: {:?} matches everything below it",
            path.trim_end_matches('/')
        ));
    }
    Ok(())
}

fn setting<'a>(
    member: &'a ObjectProp<'a>,
    env: &dyn Fn(&str) -> Option<String>,
    place: &Place<'a>,
    config: &mut Config,
    problems: &mut Problems<'_>,
) {
    match member.name.as_str() {
        // For editors, which find the file's schema by it.
        "$schema" => {
            if member.value.as_string_lit().is_none() {
                problems.value(place, "the address of a JSON schema in double quotes");
            }
        }
        "receipts" => {
            if let Some(file) = node::read::<file::Receipts>(place, problems) {
                config.receipts = receipts::judge(&file, env, place, problems);
            }
        }
        CALLERS => {}
        "server" => {
            if let Some(file) = node::read::<file::Server>(place, problems) {
                config.server = server::server(&file, place, problems);
            }
        }
        "store" => {
            if let Some(file) = node::read::<file::Store>(place, problems) {
                let routes = config.routes.iter().map(|route| &**route);
                config.store = server::store(&file, place, routes, problems);
            }
        }
        name if looks_like_a_route(member) => {
            let expected = format!("routes to start with a slash; did you mean \"/{}\"?", one_line(name));
            problems.name(place, "an unknown member", expected);
        }
        name => {
            let known = suggest::one_of(name, &SETTINGS);
            problems.name(
                place,
                "an unknown member",
                format!("a route, whose name starts with /, or {known}"),
            );
        }
    }
}

/// Whether somebody forgot the slash before a route's path.
fn looks_like_a_route(member: &ObjectProp<'_>) -> bool {
    if SETTINGS.contains(&member.name.as_str()) {
        return false;
    }
    match &member.value {
        Value::StringLit(literal) => {
            literal.value.starts_with("http://") || literal.value.starts_with("https://")
        }
        Value::Object(object) => {
            object.properties.iter().any(|inner| matches!(inner.name.as_str(), "upstream" | "hosts"))
        }
        _ => false,
    }
}
