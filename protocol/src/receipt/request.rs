//! The digest of the request that an answer belongs to: computed by the gateway from what it received, and by the canister
//! from what it sent.
//!
//! It is over the caller, the key and the request's fingerprint, so that an answer cannot be passed off as that to
//! another key, another body, another path, or another caller. Which header fields count is the route's to say
//! (`forward_headers`); their names stand beside the digest, under the signature, so that no canister has to be told.

use std::borrow::Cow;

use super::OWS;
use crate::{
    base64,
    digest::{Digest, Hasher},
    fingerprint::{Fingerprint, body_digest, fingerprint},
    header,
    key::{IdempotencyKey, KeyError},
    outcall_id::Key,
};

const DIGEST_LABEL: &str = "outcall-gateway outcall-request v1";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// What every replica adds when a canister sets none (rs/https_outcalls/adapter/src/rpc_server.rs of dfinity/ic).
const USER_AGENT: (&str, &str) = ("user-agent", "ic/1.0");

/// The digest of a request. `caller` is as whom the gateway knows the canister; empty where a route knows nobody.
pub fn request_digest(caller: &str, key: &Key, fingerprint: &Fingerprint) -> Digest {
    let scope = Hasher::new(DIGEST_LABEL).part(caller.as_bytes());
    let keyed = match key {
        Key::Given(key) => scope.part(b"given").part(key.as_str().as_bytes()),
        Key::Derived(fingerprint) => scope.part(b"derived").part(fingerprint.digest().as_bytes()),
    };
    keyed.part(fingerprint.digest().as_bytes()).finish()
}

/// The field `outcall-request`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutcallRequest {
    /// See [`request_digest`].
    pub digest: Digest,
    /// The names of the header fields that the fingerprint is over, whether they were there or not: sorted, in lower case.
    pub names: Vec<String>,
}

impl OutcallRequest {
    /// A structured field (RFC 9651): `sha-256=:…:;headers="accept content-type"`.
    pub fn field_value(&self) -> String {
        let digest = base64::standard(self.digest.as_bytes());
        format!("sha-256=:{digest}:;headers=\"{}\"", self.names.join(" "))
    }

    /// Reads [`OutcallRequest::field_value`], and nothing else.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (digest, names) = value.strip_prefix("sha-256=:")?.split_once(":;headers=\"")?;
        let digest = Digest::from_bytes(base64::read_standard(digest)?);
        let names: Vec<String> = names.strip_suffix('"')?.split(' ').map(str::to_owned).collect();
        let names = if names == [""] { Vec::new() } else { names };
        let read = Self { digest, names };
        (read.field_value() == value).then_some(read)
    }
}

/// A request as a canister sent it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Such as `GET`.
    pub method: &'a str,
    /// The whole URL, as it was given to the management canister.
    pub url: &'a str,
    /// All header fields, `idempotency-key` among them.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body; empty when there is none.
    pub body: &'a [u8],
    /// As whom the gateway knows the canister; empty where a route knows nobody.
    pub caller: &'a str,
}

impl Sent<'_> {
    /// The digest that the gateway computes of it, where fields of these `names` count; none when the key is not one, which
    /// a gateway refuses.
    pub fn digest(&self, names: &[String]) -> Option<Digest> {
        let lower: Vec<(String, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim_matches(OWS)))
            .collect();
        let fields = || lower.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let added = (USER_AGENT.0, USER_AGENT.1.as_bytes());
        let added = (!fields().any(|(name, _)| name == added.0)).then_some(added);
        let mut counting = header::kept(names, fields().chain(added));
        let path = path_and_query(self.url)?;
        let fingerprint = fingerprint(self.method, &path, &mut counting, &body_digest(self.body));
        let keys = fields().filter(|(name, _)| *name == IDEMPOTENCY_KEY).map(|(_, value)| value);
        let key = match IdempotencyKey::parse(keys) {
            Ok(key) => Key::Given(key),
            Err(KeyError::Missing) => Key::Derived(fingerprint),
            Err(_) => return None,
        };
        Some(request_digest(self.caller, &key, &fingerprint))
    }
}

/// What of a URL reaches the gateway's fingerprint: the path and the query, as they go over the wire.
fn path_and_query(url: &str) -> Option<Cow<'_, str>> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split('#').next()?;
    Some(match rest.find(['/', '?']) {
        None => Cow::Borrowed("/"),
        Some(at) if rest[at..].starts_with('?') => Cow::Owned(format!("/{}", &rest[at..])),
        Some(at) => Cow::Borrowed(&rest[at..]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_path_and_query_count() {
        for (url, expected) in [
            ("https://g", Some("/")),
            ("https://g:8080/", Some("/")),
            ("https://g/price?pair=ICP/USD", Some("/price?pair=ICP/USD")),
            ("https://g?a=/b", Some("/?a=/b")),
            ("https://g/a%2Fb?#frag?ment", Some("/a%2Fb?")),
            ("https://g#/frag", Some("/")),
            ("https://g/a?b=c://d", Some("/a?b=c://d")),
            ("no url", None),
        ] {
            assert_eq!(path_and_query(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn the_field_has_one_spelling() {
        let one =
            OutcallRequest { digest: Digest::from_bytes([7; 32]), names: vec!["a".into(), "b-c".into()] };
        let text = "sha-256=:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=:;headers=\"a b-c\"";
        assert_eq!((one.field_value().as_str(), OutcallRequest::parse(text)), (text, Some(one.clone())));
        let none = OutcallRequest { names: Vec::new(), ..one };
        assert_eq!(OutcallRequest::parse(&none.field_value()), Some(none));
        for wrong in [
            "",
            &text[..text.len() - 1],
            &text.replace("sha-256", "sha-512"),
            &format!("{text};x"),
            &text.replace('w', "-"),
        ] {
            assert_eq!(OutcallRequest::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_key_has_no_digest_as_no_gateway_answers_it() {
        let sent =
            |headers| Sent { method: "GET", url: "https://g/", headers, body: b"", caller: "" }.digest(&[]);
        assert!(sent(&[("Idempotency-Key", "a b")]).is_none());
        assert!(sent(&[("idempotency-key", "a"), ("idempotency-key", "a")]).is_none());
        assert_eq!(sent(&[("Idempotency-Key", "\"a\"")]), sent(&[("idempotency-key", " a")]));
    }

    #[test]
    fn the_agent_that_replicas_add_counts_where_agents_do() {
        let names = ["user-agent".to_owned()];
        let sent = |headers| {
            Sent { method: "GET", url: "https://g/", headers, body: b"", caller: "" }.digest(&names)
        };
        assert_eq!(sent(&[]), sent(&[("User-Agent", "ic/1.0")]));
        assert_ne!(sent(&[]), sent(&[("user-agent", "mine")]));
    }
}
