//! The settings that belong to no route: `server` and `store`.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;

use super::{
    Route,
    duration::{self, Bounds},
    error::Problems,
    file, judge,
    locate::Place,
};
use crate::limits;

/// How connections come in, and whom the gateway trusts on the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The address to listen on, if the file names one.
    pub listen: Option<SocketAddr>,
    /// How long a stopping gateway lets calls in flight finish.
    pub drain: Duration,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address; off unless named.
    pub connections_per_address: Option<usize>,
    /// Whose connections that limit does not count: proxies that pass on the connections of many.
    pub trusted_proxies: Vec<IpNet>,
    /// The certificate to serve TLS with; without it the gateway speaks plain HTTP.
    pub tls: Option<Tls>,
    /// A PEM file with roots that are trusted for upstreams in addition to the system's.
    pub upstream_ca: Option<PathBuf>,
    /// What tokens that canisters sign must be for: this gateway's name for them.
    pub audience: Option<Box<str>>,
}

/// A certificate and its key, as PEM files. Whether they exist is not the configuration's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The ledger's room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// How many bytes the ledger may hold.
    pub room_bytes: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: None,
            drain: limits::DRAIN_DEFAULT,
            connections: limits::CONNECTIONS_DEFAULT,
            connections_per_address: None,
            trusted_proxies: Vec::new(),
            tls: None,
            upstream_ca: None,
            audience: None,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { room_bytes: limits::ROOM_BYTES_DEFAULT }
    }
}

const AUDIENCE_CHARS_MAX: usize = 255;
pub(super) const DRAIN: Bounds = Bounds { min: limits::DRAIN_MIN, max: limits::DRAIN_MAX, example: "30s" };

pub(super) fn server(file: &file::Server, place: &Place<'_>, problems: &mut Problems<'_>) -> Server {
    let defaults = Server::default();
    let listen = file.listen.as_ref().and_then(|text| {
        let address = text.parse().ok();
        if address.is_none() {
            problems.value(
                &place.member("listen"),
                r#"an address with its port, such as "127.0.0.1:8080" or "[::]:8080""#,
            );
        }
        address
    });
    let drain =
        file.drain.as_ref().and_then(|text| duration::judge(text, DRAIN, &place.member("drain"), problems));
    let mut connections = |written: Option<u64>, name| {
        let judged =
            judge::whole(written?, 1..=limits::CONNECTIONS_MAX as u64, &place.member(name), problems)?;
        usize::try_from(judged).ok()
    };
    let in_all = connections(file.connections, "connections");
    let per_address = connections(file.connections_per_address, "connections_per_address");
    let trusted_proxies = trusted_proxies(&file.trusted_proxies, &place.member("trusted_proxies"), problems);
    let tls = file.tls.as_ref().and_then(|tls| {
        let place = place.member("tls");
        let certificate = file_path(&tls.certificate, &place.member("certificate"), problems);
        let key = file_path(&tls.key, &place.member("key"), problems);
        Some(Tls { certificate: certificate?, key: key? })
    });
    let upstream_ca =
        file.upstream_ca.as_ref().and_then(|text| file_path(text, &place.member("upstream_ca"), problems));
    let audience = file.audience.as_ref().and_then(|text| {
        let fits = (1..=AUDIENCE_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            problems.value(
                &place.member("audience"),
                "1 to 255 visible ASCII characters, such as \"https://gateway.example.com\"",
            );
        }
        fits.then(|| text.as_str().into())
    });
    Server {
        listen,
        drain: drain.unwrap_or(defaults.drain),
        connections: in_all.unwrap_or(defaults.connections),
        connections_per_address: per_address,
        trusted_proxies,
        tls,
        upstream_ca,
        audience,
    }
}

/// Judges the ledger's room against the routes it has to serve.
pub(super) fn store<'r>(
    file: &file::Store,
    place: &Place<'_>,
    routes: impl Iterator<Item = &'r Route>,
    problems: &mut Problems<'_>,
) -> Store {
    let defaults = Store::default();
    let Some(written) = file.room_bytes else { return defaults };
    // Without a route the largest possible answer is assumed, since routes may be added elsewhere.
    let answer_bytes_max =
        routes.map(|route| route.response.max_bytes).max().unwrap_or(limits::ANSWER_BYTES_MAX);
    let claim_bytes_max = answer_bytes_max as u64 + limits::RECORD_OVERHEAD_BYTES;
    let room_bytes_min = limits::CLAIMS_IN_ROOM_MIN * claim_bytes_max;
    if (room_bytes_min..=limits::ROOM_BYTES_MAX).contains(&written) {
        return Store { room_bytes: written };
    }
    let expected = format!(
        "a whole number of bytes from {room_bytes_min} (room for {} claims at the largest max_bytes of all routes, {answer_bytes_max}, and {} each around it) to {}",
        limits::CLAIMS_IN_ROOM_MIN,
        limits::RECORD_OVERHEAD_BYTES,
        limits::ROOM_BYTES_MAX,
    );
    problems.value(&place.member("room_bytes"), expected);
    defaults
}

/// Networks, or single addresses. An IPv4 address in the clothes of IPv6 is what it wears.
fn trusted_proxies(written: &[String], place: &Place<'_>, problems: &mut Problems<'_>) -> Vec<IpNet> {
    if written.len() > limits::TRUSTED_PROXIES_MAX {
        problems.at(
            place,
            format!("{} networks", written.len()),
            format!("at most {}", limits::TRUSTED_PROXIES_MAX),
        );
        return Vec::new();
    }
    let mut networks = Vec::with_capacity(written.len());
    for (index, text) in written.iter().enumerate() {
        match text.parse::<IpNet>().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.into())) {
            Some(network) => networks.push(network),
            None => problems.value(
                &place.element(index),
                r#"an address or a network, such as "10.0.0.0/8" or "fd00::/8""#,
            ),
        }
    }
    networks
}

fn file_path(text: &str, place: &Place<'_>, problems: &mut Problems<'_>) -> Option<PathBuf> {
    if text.is_empty() || text.contains('\0') {
        problems.value(place, "the path of a PEM file");
        return None;
    }
    Some(PathBuf::from(text))
}
