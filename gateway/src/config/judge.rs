//! One route, judged: its long form, member by member and then the relations between members.
//!
//! A member that is wrong is reported and replaced by its default, so that the next one can be judged too. Such a route
//! never leaves this module's caller: one problem refuses the whole file.

use std::{num::NonZeroUsize, ops::RangeInclusive, time::Duration};

use http::{HeaderName, Method, header::AUTHORIZATION};

use super::{
    Caller, KeyRule, Route, Target, UpstreamKey, callers, cors,
    digest::{self, Call},
    duration::{self, Bounds, DurationText},
    error::Problems,
    file,
    headers::{self, Purpose},
    hosts, inject,
    locate::Place,
    methods, pressure, respond_async, response,
    route::is_safe,
    upstream,
};
use crate::limits;

pub(super) const TTL: Bounds = Bounds { min: limits::TTL_MIN, max: limits::TTL_MAX, example: "24h" };
pub(super) const ERROR_TTL: Bounds =
    Bounds { min: limits::ERROR_TTL_MIN, max: limits::ERROR_TTL_MAX, example: "5m" };
pub(super) const WINDOW: Bounds = Bounds { min: limits::WINDOW_MIN, max: limits::WINDOW_MAX, example: "60s" };
pub(super) const TIMEOUT: Bounds =
    Bounds { min: limits::TIMEOUT_MIN, max: limits::TIMEOUT_MAX, example: "20s" };

/// The route that `file` describes, which was read at `place`, or nothing if it has no target.
pub(super) fn route(
    path: &str,
    file: &file::Route,
    env: &dyn Fn(&str) -> Option<String>,
    known: &[Caller],
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<Route> {
    let target = target(file, place, problems);
    let asynchronous = file.respond_async.as_ref();
    let respond_async = asynchronous
        .and_then(|written| respond_async::judge(written, &place.member("respond_async"), problems));
    let Times { ttl, error_ttl, window, timeout } = times(file, respond_async.is_some(), place, problems);
    let methods = match &file.methods {
        Some(written) => methods::judge(written, &place.member("methods"), problems),
        None if respond_async.is_some() => respond_async::METHODS.to_vec(),
        None => methods::SERVED.to_vec(),
    };
    if let (Some(written), true) = (&file.methods, respond_async.is_some()) {
        respond_async::methods(written, &place.member("methods"), problems);
    }
    let forward_headers = forward_headers(file, place, problems);
    let allow = file
        .allow
        .as_ref()
        .map(|names| callers::allowed(names, known, &place.member("allow"), problems).into());
    let inject = inject::judge(&file.inject, env, &place.member("inject"), problems);
    let response = response::judge(&file.response, &place.member("response"), problems);
    let rate = file.rate.as_ref().and_then(|rate| pressure::rate(rate, &place.member("rate"), problems));
    let concurrency = file.concurrency.and_then(|calls| {
        let judged =
            whole(calls, 1..=limits::CONCURRENCY_MAX as u64, &place.member("concurrency"), problems)?;
        NonZeroUsize::new(usize::try_from(judged).ok()?)
    });
    let breaker = file
        .breaker
        .as_ref()
        .and_then(|breaker| pressure::breaker(breaker, &place.member("breaker"), problems));
    let cors = file.cors.as_ref().map(|cors| cors::judge(cors, &response, &place.member("cors"), problems));
    relations(file, &methods, target.as_ref(), place, problems);
    let target = target?;
    let upstream_key = upstream_key(file.upstream_key);
    let digest = digest::of(&Call {
        path,
        target: &target,
        timeout,
        respond_async: respond_async.as_ref(),
        forward_headers: &forward_headers,
        inject: &inject,
        upstream_idempotent: file.upstream_idempotent,
        upstream_key,
        follow_redirects: file.follow_redirects,
        response: &response,
    });
    Some(Route {
        path: path.into(),
        target,
        methods,
        key: key_rule(file.key),
        ttl,
        error_ttl,
        window,
        timeout,
        respond_async,
        forward_headers: forward_headers.into(),
        inject,
        allow,
        upstream_idempotent: file.upstream_idempotent,
        upstream_key,
        follow_redirects: file.follow_redirects,
        response,
        rate,
        concurrency,
        breaker,
        cors,
        digest,
    })
}

/// A whole number in its range; otherwise that is reported.
pub(super) fn whole(
    written: u64,
    range: RangeInclusive<u64>,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<u64> {
    if range.contains(&written) {
        return Some(written);
    }
    problems.value(place, format!("a whole number from {} to {}", range.start(), range.end()));
    None
}

struct Times {
    ttl: Duration,
    error_ttl: Option<Duration>,
    window: Duration,
    timeout: Duration,
}

fn times(file: &file::Route, asynchronous: bool, place: &Place<'_>, problems: &mut Problems<'_>) -> Times {
    let timeout_place = place.member("timeout");
    let timeout = match (&file.timeout, asynchronous) {
        (Some(text), true) => duration::judge(text, respond_async::TIMEOUT, &timeout_place, problems),
        (Some(text), false) if duration::is_beyond(text, respond_async::TIMEOUT, TIMEOUT.max) => {
            let expected = "a duration from 100ms to 25s, or respond_async beside it, which allows 1h";
            problems.value(&timeout_place, expected);
            None
        }
        (Some(text), false) => duration::judge(text, TIMEOUT, &timeout_place, problems),
        (None, _) => None,
    };
    let by_default = if asynchronous { limits::ASYNC_TIMEOUT_DEFAULT } else { limits::TIMEOUT_DEFAULT };
    let mut time = |text: &Option<DurationText>, bounds, name| {
        text.as_ref().and_then(|text| duration::judge(text, bounds, &place.member(name), problems))
    };
    Times {
        ttl: time(&file.ttl, TTL, "ttl").unwrap_or(limits::TTL_DEFAULT),
        error_ttl: time(&file.error_ttl, ERROR_TTL, "error_ttl"),
        window: time(&file.window, WINDOW, "window").unwrap_or(limits::WINDOW_DEFAULT),
        timeout: timeout.unwrap_or(by_default),
    }
}

fn forward_headers(file: &file::Route, place: &Place<'_>, problems: &mut Problems<'_>) -> Vec<HeaderName> {
    match &file.forward_headers {
        Some(names) => {
            let place = place.member("forward_headers");
            let names =
                headers::judge(names, limits::REQUEST_HEADERS_MAX, Purpose::Upstream, &place, problems);
            if file.allow.is_some() && names.contains(&AUTHORIZATION) {
                let expected =
                    "any other: beside allow it is for the gateway; send the upstream's own with inject";
                problems.at(&place, "the header authorization", expected);
            }
            names
        }
        None => {
            let mut names = headers::forwarded_by_default();
            names.retain(|name| file.allow.is_none() || name != AUTHORIZATION);
            names
        }
    }
}

fn target(file: &file::Route, place: &Place<'_>, problems: &mut Problems<'_>) -> Option<Target> {
    const EITHER: &str = "exactly one of upstream and hosts";
    let hosts_place = place.member("hosts");
    let upstream_place = place.member("upstream");
    match (&file.upstream, &file.hosts) {
        (Some(_), Some(_)) => {
            problems.name(&hosts_place, "hosts beside upstream", EITHER);
            None
        }
        (Some(text), None) => {
            let place = if place.value.as_object().is_some() { &upstream_place } else { place };
            upstream::judge(text, place, problems).map(Target::Fixed)
        }
        (None, Some(hosts)) => Some(Target::Hosts(hosts::judge(hosts, &hosts_place, problems))),
        (None, None) => {
            if !problems.cover(&hosts_place) && !problems.cover(&upstream_place) {
                problems.at(place, "neither upstream nor hosts", EITHER);
            }
            None
        }
    }
}

/// What no member can know alone.
fn relations(
    file: &file::Route,
    methods: &[Method],
    target: Option<&Target>,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) {
    let unsafe_methods: Vec<&str> =
        methods.iter().filter(|method| !is_safe(method)).map(|method| method.as_str()).collect();
    let methods_place = place.member("methods");
    if key_rule(file.key) == KeyRule::Derive && !unsafe_methods.is_empty() && !problems.cover(&methods_place)
    {
        let found = format!("\"derive\" on a route that serves {}", unsafe_methods.join(", "));
        let expected =
            "methods to name only GET, HEAD, OPTIONS: of any other, two equal requests may both be meant";
        problems.at(&place.member("key"), found, expected);
    }
    if file.upstream_idempotent && upstream_key(file.upstream_key) == UpstreamKey::None {
        let found = "\"none\" beside upstream_idempotent";
        let expected = "\"derived\" or \"raw\": a backend honours only a key that it sees";
        problems.at(&place.member("upstream_key"), found, expected);
    }
    if let Some(Target::Hosts(hosts)) = target
        && let Some(wildcard) = hosts.iter().find(|host| host.is_wildcard())
        && !file.inject.is_empty()
    {
        let found = format!("inject beside the wildcard {wildcard}");
        let expected = "hosts to name each host: a wildcard may hand what is injected to anybody below it";
        problems.name(&place.member("inject"), found, expected);
    }
}

fn key_rule(written: Option<file::KeyRule>) -> KeyRule {
    match written {
        None => KeyRule::ByMethod,
        Some(file::KeyRule::Require) => KeyRule::Require,
        Some(file::KeyRule::Derive) => KeyRule::Derive,
    }
}

fn upstream_key(written: Option<file::UpstreamKey>) -> UpstreamKey {
    match written {
        None | Some(file::UpstreamKey::Derived) => UpstreamKey::Derived,
        Some(file::UpstreamKey::Raw) => UpstreamKey::Raw,
        Some(file::UpstreamKey::None) => UpstreamKey::None,
    }
}
