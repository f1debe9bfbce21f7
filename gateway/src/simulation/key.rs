//! The outcalls of a simulation: what a canister asks for, under which key, and what each replica sends.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use outcall_protocol::{
    digest::Digest,
    key::IdempotencyKey,
    outcall_id::{Key as Identified, outcall_id},
    receipt::{KeyId, SecretKey},
    ticket::Ticket,
};

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
    /// It must not be repeated either, and is answered with a ticket.
    Deferred,
}

/// What a replica wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// That the call be made.
    Call,
    /// To know what has become of it: the how many-th poll, which has a key of its own.
    Poll(usize),
    /// That the call end.
    Cancel,
}

/// One outcall.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Also the path behind its route, so that its upstream knows it.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether some replicas send another request under the same key, which no honest subnet does.
    pub(super) disputed: bool,
    /// Whether its canister changes its mind.
    pub(super) cancelled: bool,
}

impl Kind {
    /// Whether its upstream may be reached once at the most.
    pub(super) fn is_once(self) -> bool {
        matches!(self, Self::Unsafe | Self::Deferred)
    }
}

impl Key {
    pub(super) fn draw(number: usize) -> Self {
        let kind =
            one_of(&[Kind::Unsafe, Kind::Unsafe, Kind::Honoured, Kind::Safe, Kind::Keyless, Kind::Deferred]);
        let disputed = kind != Kind::Keyless && chance(1, 6);
        let cancelled = kind == Kind::Deferred && chance(1, 4);
        Self { name: format!("k{number}"), kind, disputed, cancelled }
    }

    /// Which request one of its replicas sends.
    pub(super) fn draw_variant(&self) -> u8 {
        u8::from(self.disputed && chance(1, 4))
    }

    /// The request of a replica.
    pub(super) fn request(&self, errand: Errand, variant: u8) -> Request<Full<Bytes>> {
        let (route, name, text) = (self.route(), &self.name, self.text(variant));
        let (method, uri, body) = match (errand, self.kind) {
            (Errand::Poll(_), _) => (Method::GET, self.ticket().location(route), String::new()),
            (Errand::Cancel, _) => (Method::POST, self.ticket().cancel_location(route), String::new()),
            (Errand::Call, Kind::Safe | Kind::Keyless) => {
                (Method::GET, format!("{route}/{name}?{text}"), String::new())
            }
            (Errand::Call, _) => (Method::POST, format!("{route}/{name}"), text),
        };
        let mut request = Request::builder().method(method).uri(uri).header("host", "g");
        if self.kind != Kind::Keyless {
            request = request.header("idempotency-key", self.given(errand));
        }
        request.body(Full::from(body)).expect("a request")
    }

    /// The key that its replicas send.
    pub(super) fn given(&self, errand: Errand) -> String {
        match errand {
            Errand::Call => self.name.clone(),
            Errand::Poll(number) => format!("{}-poll-{number}", self.name),
            Errand::Cancel => format!("{}-cancel", self.name),
        }
    }

    /// The route that serves it.
    pub(super) fn route(&self) -> &'static str {
        match self.kind {
            Kind::Unsafe | Kind::Safe | Kind::Keyless => "/plain",
            Kind::Honoured => "/honours",
            Kind::Deferred => "/minutes",
        }
    }

    /// What the ledger knows it as, if it has a key.
    pub(super) fn id(&self) -> Digest {
        let given = IdempotencyKey::parse([self.name.as_bytes()]).expect("a key");
        outcall_id(self.route(), "", &Identified::Given(given))
    }

    /// Where its answer is asked for, if it is answered with a ticket.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket::of(self.id())
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
                "upstream_idempotent": true}},
            "/minutes": {{"upstream": "https://minutes.example", "timeout": "40s",
                "respond_async": {{"cancel": true}}}}}}"#
    );
    let mut config = Config::parse(&text, &|_| None).expect("a configuration");
    config.receipts = signer.map(|name| Receipts {
        keyid: KeyId::parse(name).expect("a name"),
        key: SigningKey::Given(SecretKey::from_seed(&[name.as_bytes()[0]; 32])),
        others: Vec::new(),
    });
    config
}
