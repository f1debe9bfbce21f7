//! Who is asking: a bearer token or a signed one becomes the name of a caller.
//!
//! ```text
//! authorization: Bearer … ─┬─ the token of a caller              ─┐
//!                          └─ a token that a caller has signed    ─┴─ may it use this route ── Asker
//! ```
//!
//! Every request is asked who it comes from, followers and replays too. Whether its token is still good is asked once,
//! when its key is to be led (`outcall/admit`): a replica that comes a little later must not get another answer than the
//! others. So an asker carries what its token says of times and of the request that it is for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, Method, header::AUTHORIZATION};
use outcall_protocol::digest::{self, Digest};
use subtle::ConstantTimeEq;
use tokio::time::Instant;

use crate::{
    config::{self, Config, is_safe},
    error::Problem,
    ledger::Timestamp,
    outcall::Rate,
};

mod jwt;
#[cfg(test)]
mod tests;

use jwt::Times;

/// Everybody who is known by name.
pub(crate) struct Callers {
    known: Vec<Arc<Caller>>,
    /// For which gateway a signed token must be.
    audience: Box<str>,
}

/// Somebody who is known by name.
pub(crate) struct Caller {
    rules: config::Caller,
    rate: Option<Arc<Mutex<Rate>>>,
}

/// Whoever sent a request to a route with `allow`.
pub(crate) struct Asker {
    caller: Arc<Caller>,
    token: Token,
}

/// What a token is good for.
enum Token {
    /// For everything, for as long as the configuration knows it.
    Bearer,
    /// For what it says.
    Signed { times: Times, request: Option<Digest> },
}

impl Callers {
    /// The callers of a configuration; `before` are those of the one before, from which each name keeps its rate.
    pub(crate) fn new(config: &Config, before: Option<&Self>) -> Self {
        let caller = |rules: &config::Caller| {
            let former = before.and_then(|before| before.named(&rules.name));
            let rate = Rate::shared(rules.rate.as_ref(), former.and_then(|former| former.rate.as_ref()));
            Arc::new(Caller { rules: rules.clone(), rate })
        };
        let audience = config.server.audience.clone().unwrap_or_default();
        Self { known: config.callers.iter().map(caller).collect(), audience }
    }

    /// Who sent this request, if that is one of those who are `allowed`.
    pub(crate) fn asker(&self, headers: &HeaderMap, allowed: &[Box<str>]) -> Result<Asker, Problem> {
        let mut fields = headers.get_all(AUTHORIZATION).iter();
        let field = match (fields.next(), fields.next()) {
            (None, _) => return Err(Problem::TokenMissing),
            (Some(field), None) => field,
            (Some(_), Some(_)) => return Err(Problem::TokenInvalid),
        };
        let token = field.to_str().ok().and_then(bearer).ok_or(Problem::TokenInvalid)?;
        let asker = match self.by_token(token) {
            Some(caller) => Asker { caller, token: Token::Bearer },
            None => self.by_signature(token)?,
        };
        let name = &asker.caller.rules.name;
        if allowed.contains(name) { Ok(asker) } else { Err(Problem::CallerNotAllowed) }
    }

    /// Every token is compared in whole, so that the time it takes tells nothing of any.
    fn by_token(&self, token: &str) -> Option<Arc<Caller>> {
        let given = digest::plain(token.as_bytes());
        let mut found = None;
        for caller in &self.known {
            for known in &caller.rules.tokens {
                if bool::from(known.as_bytes().ct_eq(given.as_bytes())) {
                    found = Some(caller.clone());
                }
            }
        }
        found
    }

    fn by_signature(&self, token: &str) -> Result<Asker, Problem> {
        let read = jwt::read(token, &self.audience, |name| self.named(name).map(|caller| &caller.rules));
        let (name, times, request) = read.map_err(|why| {
            tracing::debug!(%why, "a token is refused");
            Problem::TokenInvalid
        })?;
        let caller = self.named(&name).ok_or(Problem::TokenInvalid)?.clone();
        Ok(Asker { caller, token: Token::Signed { times, request } })
    }

    fn named(&self, name: &str) -> Option<&Arc<Caller>> {
        self.known.iter().find(|caller| &*caller.rules.name == name)
    }
}

impl Asker {
    /// As whom the sender is known.
    pub(crate) fn name(&self) -> &str {
        &self.caller.rules.name
    }

    /// Whether the token is good for this request: one that was signed for another is not, and what does something needs one
    /// that was signed for it, also where the upstream lets it be repeated: a node could do something else with any other.
    /// A bearer token is good for everything.
    pub(crate) fn is_for(&self, request: &Digest, method: &Method) -> bool {
        match &self.token {
            Token::Bearer => true,
            Token::Signed { request: Some(signed), .. } => signed == request,
            Token::Signed { request: None, .. } => is_safe(method),
        }
    }

    /// Whether the token is good at this time; asked once for each key.
    pub(crate) fn is_in_time(&self, ledger_time: Timestamp) -> Result<(), Problem> {
        match &self.token {
            Token::Signed { times, .. } if !times.include(ledger_time) => Err(Problem::TokenExpired),
            Token::Signed { .. } | Token::Bearer => Ok(()),
        }
    }

    /// Whether a key may be led under the token now; asked once for each key. Where leading it a second time would do
    /// something a second time, the token must not outlive what the gateway remembers of the first: a node may keep it.
    pub(crate) fn may_lead(
        &self,
        ledger_time: Timestamp,
        remembered: Option<Duration>,
        now: Instant,
    ) -> Result<(), Problem> {
        self.is_in_time(ledger_time)?;
        if let Token::Signed { times, .. } = &self.token
            && remembered.is_some_and(|life| !times.end_by(ledger_time.after(life)))
        {
            return Err(Problem::TokenLastsTooLong);
        }
        let Some(rate) = &self.caller.rate else { return Ok(()) };
        let within = rate.lock().unwrap_or_else(PoisonError::into_inner).take(now);
        if within { Ok(()) } else { Err(Problem::RateLimited) }
    }
}

/// The token of `Bearer TOKEN` (RFC 6750, section 2.1).
fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && is_token).then_some(token)
}
