//! The outcalls of a simulation: what a canister asks for, under which key, and what each replica sends.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use outcall_protocol::receipt::{KeyId, SecretKey};

use super::dice::{chance, one_of};
use crate::config::{Config, Key as SigningKey, Receipts};

/// What may be done with a request again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It must not be repeated.
    Unsafe,
    /// Its upstream honours the key itself.
    Honoured,
    /// A question.
    Safe,
    /// A question without a key of its own.
    Keyless,
}

/// One outcall.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Also the path behind its route, so that its upstream knows it.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether some replicas send another request under the same key, which no honest subnet does.
    pub(super) disputed: bool,
}

impl Key {
    pub(super) fn draw(number: usize) -> Self {
        let kind = one_of(&[Kind::Unsafe, Kind::Unsafe, Kind::Honoured, Kind::Safe, Kind::Keyless]);
        let disputed = kind != Kind::Keyless && chance(1, 6);
        Self { name: format!("k{number}"), kind, disputed }
    }

    /// Which request one of its replicas sends.
    pub(super) fn draw_variant(&self) -> u8 {
        u8::from(self.disputed && chance(1, 4))
    }

    /// The request of a replica.
    pub(super) fn request(&self, variant: u8) -> Request<Full<Bytes>> {
        let (name, text) = (&self.name, self.text(variant));
        let (method, uri, body) = match self.kind {
            Kind::Unsafe => (Method::POST, format!("/plain/{name}"), text),
            Kind::Honoured => (Method::POST, format!("/honours/{name}"), text),
            Kind::Safe | Kind::Keyless => (Method::GET, format!("/plain/{name}?{text}"), String::new()),
        };
        let mut request = Request::builder().method(method).uri(uri).header("host", "g");
        if self.kind != Kind::Keyless {
            request = request.header("idempotency-key", name);
        }
        request.body(Full::from(body)).expect("a request")
    }

    /// What distinguishes a variant from the others.
    pub(super) fn text(&self, variant: u8) -> String {
        format!("variant{variant}")
    }
}

/// The configuration of a gateway, which signs with a key of its own, if it does. One that has drifted leads what its upstream
/// honours under another digest.
pub(super) fn config(drifted: bool, signer: Option<&str>) -> Config {
    let timeout = if drifted { "19s" } else { "20s" };
    let text = format!(
        r#"{{"/plain": {{"upstream": "https://plain.example", "error_ttl": "15m", "window": "15m"}},
            "/honours": {{"upstream": "https://honours.example", "error_ttl": "15m", "timeout": "{timeout}",
                "upstream_idempotent": true}}}}"#
    );
    let mut config = Config::parse(&text, &|_| None).expect("a configuration");
    config.receipts = signer.map(|name| Receipts {
        keyid: KeyId::parse(name).expect("a name"),
        key: SigningKey::Given(SecretKey::from_seed(&[name.as_bytes()[0]; 32])),
        others: Vec::new(),
    });
    config
}
