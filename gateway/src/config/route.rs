//! One route as the program trusts it.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method};
use outcall_protocol::digest::Digest;

use super::{Base, Breaker, Cors, HostPattern, Rate, RespondAsync, ResponseRules};
use crate::limits;

/// What happens to the requests below one path.
///
/// `Debug` shows no injected value: they are all marked as sensitive.
#[derive(Debug, Clone)]
pub struct Route {
    /// The path, such as `/price`, that matches itself and everything below it by whole segments. `/` matches all.
    pub path: Box<str>,
    /// Where the requests go.
    pub target: Target,
    /// The methods that are served, in the order GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS.
    pub methods: Vec<Method>,
    /// Whether a request without a key is refused.
    pub key: KeyRule,
    /// How long an answer is kept, counted from its settlement.
    pub ttl: Duration,
    /// How long a failure is kept, if the user said so; see [`Route::error_ttl`].
    pub error_ttl: Option<Duration>,
    /// How long requests without a key share an answer, counted from its settlement.
    pub window: Duration,
    /// How long the leader may take for its upstream call, retries included.
    pub timeout: Duration,
    /// How the route answers at once with a ticket; it answers when the upstream has, unless said.
    pub respond_async: Option<RespondAsync>,
    /// The request headers that go upstream and into the fingerprint: sorted, each once.
    pub forward_headers: Arc<[HeaderName]>,
    /// The headers that are added upstream, sorted by name; each value is marked as sensitive.
    pub inject: Vec<(HeaderName, HeaderValue)>,
    /// Who may use the route, by their names among the callers, sorted; everybody, if nobody is named.
    pub allow: Option<Arc<[Box<str>]>>,
    /// Whether the backend honours the idempotency key itself, so that every request is safe to repeat.
    pub upstream_idempotent: bool,
    /// Which `Idempotency-Key` goes upstream.
    pub upstream_key: UpstreamKey,
    /// Whether a redirect within the upstream's origin is followed, where repeating is safe.
    pub follow_redirects: bool,
    /// What is made of the upstream's response.
    pub response: ResponseRules,
    /// How many keys may be led per second.
    pub rate: Option<Rate>,
    /// How many upstream calls of this route may be in flight.
    pub concurrency: Option<NonZeroUsize>,
    /// When to stop calling an upstream that fails.
    pub breaker: Option<Breaker>,
    /// Which web pages may call the route; none, unless named.
    pub cors: Option<Cors>,
    /// What identifies this route's way of calling and answering; stored with each claim that it leads.
    pub digest: Digest,
}

/// Where the requests of a route go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To one upstream, which the configuration names.
    Fixed(Base),
    /// To the host that the request's path names, if one of these matches it; by https, port 443.
    Hosts(Vec<HostPattern>),
}

/// Whether a request needs an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    /// POST, PUT, PATCH and DELETE need one; for GET, HEAD and OPTIONS one is derived.
    ByMethod,
    /// Every request needs one.
    Require,
    /// One is derived from a request without any. Only for GET, HEAD and OPTIONS.
    Derive,
}

/// Which `Idempotency-Key` goes upstream with a request that brought one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamKey {
    /// One derived from route, caller and key, so that two callers behind one upstream account cannot collide.
    Derived,
    /// The one that was received.
    Raw,
    /// None.
    None,
}

impl Route {
    /// How long a failure is kept, counted from its settlement: `error_ttl`, or else a default that depends on
    /// whether the request is safe to repeat.
    pub fn error_ttl(&self, safe_to_repeat: bool) -> Duration {
        self.error_ttl.unwrap_or(match safe_to_repeat {
            true => limits::ERROR_TTL_SAFE_DEFAULT,
            false => limits::ERROR_TTL_UNSAFE_DEFAULT,
        })
    }

    /// Whether a request of this method may go upstream more than once.
    pub fn safe_to_repeat(&self, method: &Method) -> bool {
        self.upstream_idempotent || is_safe(method)
    }

    /// Whether a request of this method is refused without an `Idempotency-Key`.
    pub fn key_required(&self, method: &Method) -> bool {
        match self.key {
            KeyRule::ByMethod => !is_safe(method),
            KeyRule::Require => true,
            KeyRule::Derive => false,
        }
    }
}

/// GET, HEAD and OPTIONS: methods that ask and do nothing.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
