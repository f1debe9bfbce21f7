//! What a request tells the ledger about itself.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock},
    time::Duration,
};

use http::HeaderName;
use outcall_protocol::{digest::Digest, fingerprint::Fingerprint};

use super::{Request, Settlement};
use crate::limits;

/// A request, as far as the ledger needs to know it.
#[derive(Clone)]
pub struct Ask {
    /// The identity of the outcall: digest of route, caller and key.
    pub id: Digest,
    /// Who computes the request's fingerprint, over whichever headers a record was fingerprinted with.
    pub request: Arc<dyn Fingerprinted>,
    /// What is promised for this claim when it is lost.
    pub terms: Terms,
}

impl Ask {
    /// What a record of this request is found and compared by, when its key is new.
    pub fn as_new(&self) -> Request {
        let names = self.request.names().clone();
        let fingerprint = self.request.fingerprint(&names);
        Request { id: self.id, names, fingerprint }
    }

    /// Whether it is this request that was claimed or recorded.
    pub fn is(&self, request: &Request) -> bool {
        self.request.fingerprint(&request.names) == request.fingerprint
    }
}

/// A request that can say what it is.
pub trait Fingerprinted: Send + Sync {
    /// The forwarded header names of the route of the day, sorted.
    fn names(&self) -> &Arc<[HeaderName]>;
    /// The fingerprint over method, path with query, the headers of these `names`, and body.
    fn fingerprint(&self, names: &Arc<[HeaderName]>) -> Fingerprint;
}

/// The conditions of a claim.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether another may lead when the leader is lost.
    pub repeat: Repeat,
    /// Room to reserve for the answer, in bytes of headers and body.
    pub answer_bytes_max: usize,
    /// Digest of the configuration that the claim is led with.
    pub configuration: Digest,
    /// What is recorded when the leader of a request that must not be repeated is lost.
    pub lost: Foretold,
}

/// What is recorded should a leader be lost. It is made when somebody first needs it, since few do, and stays what it is
/// from then on: what some were told before a crash is what the others read behind it.
#[derive(Clone)]
pub struct Foretold {
    life: Duration,
    made: Arc<dyn Deref<Target = Settlement> + Send + Sync>,
}

impl Foretold {
    /// What `make` will say, to be remembered for `life`.
    pub fn new(life: Duration, make: impl FnOnce() -> Settlement + Send + 'static) -> Self {
        Self { life, made: Arc::new(LazyLock::new(make)) }
    }

    /// How long it is remembered.
    pub fn life(&self) -> Duration {
        self.life
    }

    /// What it is.
    pub fn settlement(&self) -> Settlement {
        (**self.made).clone()
    }
}

impl From<Settlement> for Foretold {
    fn from(settlement: Settlement) -> Self {
        Self::new(settlement.life, move || settlement)
    }
}

impl fmt::Debug for Foretold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Foretold({:?})", self.life)
    }
}

impl Terms {
    /// How long a claim is remembered whose leader was lost, and which may be led again.
    pub fn lost_life(&self) -> Duration {
        match self.repeat {
            // Forgotten earlier, it could be led under another configuration.
            Repeat::SameConfiguration => self.lost.life(),
            Repeat::Always | Repeat::Never => limits::LOST_CLAIM_LIFE,
        }
    }
}

/// Whether a request may be led again after its leader was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Never: a lost leader means *outcome unknown*.
    Never,
    /// GET, HEAD and OPTIONS: always.
    Always,
    /// The upstream honours the key itself: only while the configuration is still the one of the claim.
    SameConfiguration,
}

impl Repeat {
    /// Whether a lost leader's claim may be led again by a request whose configuration has `now` for its digest.
    pub fn allows(self, claimed: &Digest, now: &Digest) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::SameConfiguration => claimed == now,
        }
    }
}
