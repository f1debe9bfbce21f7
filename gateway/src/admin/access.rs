//! Who may do what on the admin port.
//!
//! | path | on loopback | elsewhere |
//! |---|---|---|
//! | `/healthz`, `/readyz` | everybody | everybody |
//! | `/metrics` | a known host; the token, where there is one | everybody |
//! | all else | a known host; the token, where there is one | a known host and the token; without one it is closed |
//! | changes | as all else; POST, with the header `x-outcall-admin` | the same |
//!
//! A page of somebody else in the operator's browser must not reach any of it. It cannot read an answer of another origin,
//! unless a name of its own leads here (DNS rebinding): so the `Host` must be one that nobody else can point here, an
//! address, `localhost`, or a name that the operator has given. And it cannot make a change, though the browser would send
//! along a password that it knows (CSRF): a header of ours needs a leave that is never given.
//!
//! A browser shows its own form for the token (`Basic`, any name); programs send it as `Bearer`.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE},
    request::Parts,
};
use http_body_util::Full;
use outcall_protocol::{
    base64,
    digest::{self, Digest},
};
use subtle::ConstantTimeEq;

use super::reply;
use crate::limits;

/// The header without which nothing is changed.
pub(crate) const CHANGES: HeaderName = HeaderName::from_static("x-outcall-admin");

/// What guards the admin port, as the operator has given it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    /// The token itself.
    pub(crate) token: Option<String>,
    /// Its SHA-256, in hexadecimal digits.
    pub(crate) token_sha256: Option<String>,
    /// Names under which the port may be called.
    pub(crate) hosts: Vec<String>,
}

/// Why nobody would be guarded by that.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WrongAccess {
    #[error(
        "--admin-token: expected at least {} visible ASCII characters, such as `outcall-gateway token` makes",
        limits::ADMIN_TOKEN_CHARS_MIN
    )]
    Token,
    #[error("--admin-token-sha256: expected 64 lower-case hexadecimal digits, the SHA-256 of the token")]
    Digest,
    #[error(
        "--admin-host: found {0:?}, expected a name without a port, such as gateway.internal; 16 at most"
    )]
    Host(String),
}

/// Who may do what.
pub(crate) struct Access {
    is_loopback: bool,
    token: Option<Digest>,
    hosts: Vec<String>,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Its host is a name that anybody could point here.
    Host,
    /// It has no token, or not the right one.
    Token,
    /// There is no token that it could have.
    Closed,
    /// It changes something, and may come from somebody else's page.
    Change,
}

impl Access {
    /// Who may do what on a port that listens there.
    pub(crate) fn new(address: SocketAddr, guard: Guard) -> Result<Self, WrongAccess> {
        let Guard { token, token_sha256, hosts } = guard;
        let given = match &token {
            Some(token) if is_token(token) => Some(digest::plain(token.as_bytes())),
            Some(_) => return Err(WrongAccess::Token),
            None => None,
        };
        let digest = match &token_sha256 {
            Some(hex) => Some(Digest::from_hex(hex).ok_or(WrongAccess::Digest)?),
            None => given,
        };
        let hosts: Vec<String> = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let wrong = hosts.iter().find(|host| name_of(host) != Some(host) || host.is_empty());
        match wrong.or_else(|| hosts.get(limits::ADMIN_HOSTS_MAX)) {
            Some(wrong) => Err(WrongAccess::Host(wrong.clone())),
            None => Ok(Self { is_loopback: address.ip().to_canonical().is_loopback(), token: digest, hosts }),
        }
    }

    /// Whether all but health and metrics is closed, since nobody could be told from anybody.
    pub(crate) fn is_closed(&self) -> bool {
        !self.is_loopback && self.token.is_none()
    }

    /// May this be answered?
    pub(super) fn ask(&self, head: &Parts) -> Result<(), Denied> {
        let is_open = match head.uri.path() {
            "/healthz" | "/readyz" => true,
            "/metrics" => !self.is_loopback,
            _ => false,
        };
        let looks = [Method::GET, Method::HEAD].contains(&head.method);
        if is_open && looks {
            return Ok(());
        }
        if !self.knows_host(head) {
            return Err(Denied::Host);
        }
        match &self.token {
            Some(token) if !bears(head, token) => return Err(Denied::Token),
            None if !self.is_loopback => return Err(Denied::Closed),
            _ => {}
        }
        if looks || head.headers.contains_key(CHANGES) { Ok(()) } else { Err(Denied::Change) }
    }

    fn knows_host(&self, head: &Parts) -> bool {
        let mut fields = head.headers.get_all(HOST).iter();
        let (Some(field), None) = (fields.next(), fields.next()) else { return false };
        let Some(name) = field.to_str().ok().and_then(name_of) else { return false };
        let name = name.to_ascii_lowercase();
        // An address is no name that somebody else could point here.
        name.parse::<IpAddr>().is_ok() || name == "localhost" || self.hosts.contains(&name)
    }
}

impl Denied {
    pub(super) fn answer(self) -> Response<Full<Bytes>> {
        let (status, text) = match self {
            Self::Host => (
                StatusCode::FORBIDDEN,
                "This port is not known under this name: call it by its address, or start the gateway with --admin-host.\n",
            ),
            Self::Token => (StatusCode::UNAUTHORIZED, "The token of the admin port is needed.\n"),
            Self::Closed => (
                StatusCode::FORBIDDEN,
                "Off loopback this needs a token, and the gateway was started without one (--admin-token).\n",
            ),
            Self::Change => (
                StatusCode::FORBIDDEN,
                "What changes something needs the header x-outcall-admin, which no page of others can send.\n",
            ),
        };
        let mut answer = reply::text(status, text);
        if self == Self::Token {
            let form = HeaderValue::from_static("Basic realm=\"outcall-gateway\", charset=\"UTF-8\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, form);
        }
        answer
    }
}

/// The host of `HOST` or `HOST:PORT`, an IPv6 address without its brackets.
fn name_of(field: &str) -> Option<&str> {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = field.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port = port.strip_prefix(':').unwrap_or(port);
        return is_port(port).then_some(address);
    }
    let (name, port) = field.split_once(':').unwrap_or((field, ""));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (is_port(port) && name.bytes().all(is_name)).then_some(name)
}

fn is_token(token: &str) -> bool {
    token.len() >= limits::ADMIN_TOKEN_CHARS_MIN && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether the request has this token. The time that the comparison takes tells nothing of it.
fn bears(head: &Parts, token: &Digest) -> bool {
    let mut fields = head.headers.get_all(AUTHORIZATION).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return false };
    let Some((scheme, rest)) = field.to_str().ok().and_then(|field| field.split_once(' ')) else {
        return false;
    };
    let given = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.trim().as_bytes().to_vec()),
        "basic" => password(rest.trim()),
        _ => None,
    };
    given.is_some_and(|given| digest::plain(&given).as_bytes().ct_eq(token.as_bytes()).into())
}

/// What stands behind the name (RFC 7617).
fn password(encoded: &str) -> Option<Vec<u8>> {
    let url: String = encoded.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let pair = base64::read_url_whole(&url)?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair[colon + 1..].to_vec())
}

#[cfg(test)]
mod tests;
