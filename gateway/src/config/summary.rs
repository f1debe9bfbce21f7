//! The print at the start: what the gateway will do, and within which limits. For people, not for programs.

use std::{fmt, num::NonZeroUsize};

use http::{HeaderName, Method};
use outcall_protocol::receipt::KeyId;

use super::{
    Caller, Config, Cors, Key, KeyRule, Origins, Rate, Receipts, RespondAsync, Route, Target, UpstreamKey,
    duration::Shown, error::one_line,
};
use crate::limits;

/// A configuration, ready to be printed: one block for each route and one for each setting. Of injected headers it
/// shows the names, of an upstream's query that there is one. The address to listen on is the server's to print.
#[derive(Clone, Copy)]
pub struct Summary<'a> {
    config: &'a Config,
}

impl<'a> Summary<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        Self { config }
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for route in &self.config.routes {
            block(f, &route.path, &route_rows(route))?;
        }
        if !self.config.callers.is_empty() {
            block(f, "callers", &self.config.callers.iter().map(caller_row).collect::<Vec<_>>())?;
        }
        block(f, "server", &server_rows(self.config))?;
        block(f, "requests", &request_rows())?;
        block(f, "store", &[("room", size(self.config.store.room_bytes))])?;
        match &self.config.receipts {
            Some(receipts) => block(f, "receipts", &receipt_rows(receipts)),
            None => Ok(()),
        }
    }
}

type Row = (&'static str, String);

fn block<N: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, rows: &[(N, String)]) -> fmt::Result {
    writeln!(f, "{title}")?;
    rows.iter().try_for_each(|(name, value)| writeln!(f, "  {name:<14} {value}"))
}

fn route_rows(route: &Route) -> Vec<Row> {
    let mut rows = vec![
        match &route.target {
            Target::Fixed(base) => ("upstream", base.to_string()),
            Target::Hosts(hosts) => ("hosts", joined(hosts)),
        },
        ("methods", joined(&route.methods)),
        ("callers", route.allow.as_ref().map_or("everybody".to_owned(), |names| joined(names))),
        ("key", key(route)),
        ("ttl", Shown(route.ttl).to_string()),
        ("error_ttl", error_ttl(route)),
        ("window", Shown(route.window).to_string()),
        ("timeout", Shown(route.timeout).to_string()),
    ];
    rows.extend(route.respond_async.as_ref().map(|rules| ("respond_async", tickets(rules))));
    rows.push(("forwards", joined(&route.forward_headers)));
    if !route.inject.is_empty() {
        let names: Vec<&HeaderName> = route.inject.iter().map(|(name, _)| name).collect();
        rows.push(("injects", joined(&names)));
    }
    let sent = match route.upstream_key {
        UpstreamKey::Derived => "derived from route, caller and key",
        UpstreamKey::Raw => "as received",
        UpstreamKey::None => "none",
    };
    let honoured = if route.upstream_idempotent { "; the backend honours it" } else { "" };
    rows.push(("upstream_key", format!("{sent}{honoured}")));
    if route.follow_redirects {
        rows.push(("redirects", "followed within the upstream's origin, where repeating is safe".to_owned()));
    }
    rows.push(("answer", answer(route)));
    rows.push(("limits", pressure(route)));
    if let Some(cors) = &route.cors {
        rows.push(("pages", pages(cors)));
    }
    rows
}

/// By what a caller is known; never the digests of its tokens.
fn caller_row(caller: &Caller) -> (&str, String) {
    let tokens = match caller.tokens.len() {
        0 => None,
        1 => Some("a token".to_owned()),
        tokens => Some(format!("{tokens} tokens")),
    };
    let ed25519 = caller.ed25519.as_ref().map(|_| "signs with Ed25519".to_owned());
    let secp256k1 = caller.secp256k1.as_ref().map(|_| "signs with secp256k1".to_owned());
    let known_by: Vec<String> = [tokens, ed25519, secp256k1].into_iter().flatten().collect();
    (&caller.name, format!("{}; {}", known_by.join(", "), rate(caller.rate)))
}

fn server_rows(config: &Config) -> Vec<Row> {
    let server = &config.server;
    let per_address = match server.connections_per_address {
        Some(connections) if server.trusted_proxies.is_empty() => format!("{connections} from one address"),
        Some(connections) => {
            format!("{connections} from one address but {}", joined(&server.trusted_proxies))
        }
        None => "any number from one address".to_owned(),
    };
    let mut rows = vec![
        ("drain", Shown(server.drain).to_string()),
        ("connections", format!("{} in all, {per_address}", server.connections)),
        ("tls", server.tls.as_ref().map_or("off".to_owned(), |tls| tls.certificate.display().to_string())),
    ];
    if let Some(audience) = &server.audience {
        rows.push(("audience", audience.to_string()));
    }
    if let Some(roots) = &server.upstream_ca {
        rows.push(("upstream_ca", roots.display().to_string()));
    }
    rows
}

fn receipt_rows(receipts: &Receipts) -> Vec<Row> {
    let key = match &receipts.key {
        Key::Given(_) => "of the configuration".to_owned(),
        Key::File(path) => path.display().to_string(),
    };
    let mut rows = vec![("keyid", receipts.keyid.to_string()), ("key", key)];
    if !receipts.others.is_empty() {
        let others: Vec<&KeyId> = receipts.others.iter().map(|(id, _)| id).collect();
        rows.push(("public_keys", joined(&others)));
    }
    rows
}

/// The limits that no configuration changes.
fn request_rows() -> Vec<Row> {
    let headers = format!(
        "{} headers of {} bytes together",
        limits::REQUEST_HEADER_LINES_MAX,
        limits::REQUEST_HEADER_BYTES_MAX
    );
    vec![
        (
            "body",
            format!(
                "{} bytes, within {}",
                limits::REQUEST_BODY_BYTES_MAX,
                Shown(limits::REQUEST_BODY_TIMEOUT)
            ),
        ),
        ("url", format!("{} bytes", limits::URL_BYTES_MAX)),
        ("headers", headers),
        ("waiters", format!("{} for each key, beside its leader", limits::WAITERS_PER_KEY)),
    ]
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes.is_multiple_of(MIB) { format!("{} MiB", bytes / MIB) } else { format!("{bytes} bytes") }
}

fn key(route: &Route) -> String {
    let (required, derived): (Vec<&Method>, Vec<&Method>) =
        route.methods.iter().partition(|method| route.key_required(method));
    match (route.key, required.is_empty(), derived.is_empty()) {
        (KeyRule::Require, ..) | (KeyRule::ByMethod, false, true) => "required".to_owned(),
        (KeyRule::Derive, ..) | (KeyRule::ByMethod, true, _) => "derived if missing".to_owned(),
        (KeyRule::ByMethod, false, false) => {
            format!("required for {}; derived if missing for {}", joined(&required), joined(&derived))
        }
    }
}

fn error_ttl(route: &Route) -> String {
    let (safe, otherwise) = (route.error_ttl(true), route.error_ttl(false));
    let always_safe = route.methods.iter().all(|method| route.safe_to_repeat(method));
    if always_safe || safe == otherwise {
        return Shown(safe).to_string();
    }
    format!("{}; {} where a request is not safe to repeat", Shown(safe), Shown(otherwise))
}

fn answer(route: &Route) -> String {
    let rules = &route.response;
    let mut steps = Vec::new();
    if rules.jq.is_some() || rules.canonical_json {
        steps.push(format!("body of at most {} bytes", rules.max_upstream_bytes));
    }
    if let Some(jq) = &rules.jq {
        steps.push(format!("jq {}", one_line(jq.source())));
    }
    if rules.canonical_json {
        steps.push("canonical JSON".to_owned());
    }
    let kept = match rules.keep_headers.is_empty() {
        true => "no header".to_owned(),
        false => joined(&rules.keep_headers),
    };
    steps.push(format!("at most {} bytes with {kept}", rules.max_bytes));
    steps.join(", then ")
}

fn pressure(route: &Route) -> String {
    let rate = rate(route.rate);
    let in_flight = |calls: NonZeroUsize| format!("concurrency {calls}");
    let breaker = match route.breaker {
        Some(breaker) => {
            format!("breaker after {} failures for {}", breaker.failures, Shown(breaker.cooldown))
        }
        None => off("breaker"),
    };
    format!("{rate}; {}; {breaker}", route.concurrency.map_or_else(|| off("concurrency"), in_flight))
}

fn tickets(rules: &RespondAsync) -> String {
    let cancelled = if rules.cancel { "may be cancelled" } else { "not to be cancelled" };
    format!(
        "a ticket at once; poll every {}; {} running at once, {cancelled}",
        Shown(rules.poll),
        rules.running
    )
}

fn pages(cors: &Cors) -> String {
    let origins = match &cors.origins {
        Origins::Any => "of everybody".to_owned(),
        Origins::These(these) => format!("of {}", joined(these)),
    };
    format!("{origins}, who need not ask again for {}", Shown(cors.max_age))
}

fn rate(rate: Option<Rate>) -> String {
    match rate {
        Some(rate) => format!("rate {} per second, burst {}", rate.per_second, rate.burst),
        None => off("rate"),
    }
}

fn off(name: &str) -> String {
    format!("{name} off")
}

fn joined<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
