//! What is different between two configurations in force, in names; and of which keys that is the end.

use std::{sync::Arc, time::Duration};

use humantime::format_duration;

use crate::{
    app::InForce,
    config::Route,
    ledger::Timestamp,
    outcall::{Living, Served},
};

/// What a reload has changed: routes by their paths, settings by their names, no values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Routes that are new.
    pub added: Vec<String>,
    /// Routes that are gone.
    pub removed: Vec<String>,
    /// Routes that do something else than before.
    pub changed: Vec<String>,
    /// Settings that are others.
    pub settings: Vec<&'static str>,
    /// Settings that would be others after a restart.
    pub needs_restart: Vec<&'static str>,
    /// What to beware of.
    warnings: Vec<Warning>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Warning {
    /// The keys of this route are nobody's any more.
    Orphans { route: String, now: Option<String>, living: Living },
    /// The keys of this route have another owner.
    Rescoped { route: String, living: Living },
    /// The tickets of this route are good for nothing any more, and their polls go upstream.
    Ticketless { route: String, living: Living },
    /// A verifier that knows the key by its name takes every new receipt for a forgery.
    OtherKeySameName { keyid: String },
}

impl Changes {
    pub(crate) fn between(
        before: &InForce,
        after: &InForce,
        fixed: Vec<&'static str>,
        now: Timestamp,
    ) -> Self {
        let mut changes = Self { needs_restart: fixed, ..Self::default() };
        let added = |route: &&Arc<Route>| before.routes.of(&route.path).is_none();
        let added: Vec<&Arc<Route>> = after.config.routes.iter().filter(added).collect();
        changes.added = added.iter().map(|route| route.path.to_string()).collect();
        for former in before.config.routes.iter().filter_map(|route| before.routes.of(&route.path)) {
            match after.routes.of(&former.route.path) {
                None => changes.gone(former, &added, now),
                Some(next) => changes.stayed(former, &next.route, now),
            }
        }
        changes.settings(before, after);
        changes
    }

    fn gone(&mut self, former: &Served, added: &[&Arc<Route>], now: Timestamp) {
        let route = former.route.path.to_string();
        if let Some(living) = former.led.living(now) {
            let renamed = added.iter().find(|route| route.target == former.route.target);
            let now = renamed.map(|route| route.path.to_string());
            self.warnings.push(Warning::Orphans { route: route.clone(), now, living });
        }
        self.removed.push(route);
    }

    fn stayed(&mut self, former: &Served, next: &Route, now: Timestamp) {
        // Every member of a route is in its `Debug`, today's and tomorrow's, and the secrets in its digest.
        if format!("{:?}", former.route) == format!("{next:?}") {
            return;
        }
        let route = next.path.to_string();
        if former.route.allow.is_some() != next.allow.is_some()
            && let Some(living) = former.led.living(now)
        {
            self.warnings.push(Warning::Rescoped { route: route.clone(), living });
        }
        if former.route.respond_async.is_some()
            && next.respond_async.is_none()
            && let Some(living) = former.led.living(now)
        {
            self.warnings.push(Warning::Ticketless { route: route.clone(), living });
        }
        self.changed.push(route);
    }

    fn settings(&mut self, before: &InForce, after: &InForce) {
        let (former, next) = (&before.config, &after.config);
        let different = [
            ("callers", former.callers != next.callers),
            ("receipts", before.receipts.public() != after.receipts.public()),
            ("server.audience", former.server.audience != next.server.audience),
            ("server.drain", former.server.drain != next.server.drain),
        ];
        self.settings = different.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
        if let Some(keyid) = before.receipts.is_another_key_of_the_same_name(&after.receipts) {
            self.warnings.push(Warning::OtherKeySameName { keyid });
        }
    }

    /// Says it: one line for the reload, and one for each thing to beware of.
    pub(crate) fn log(&self) {
        tracing::info!(
            added = listed(&self.added),
            removed = listed(&self.removed),
            changed = listed(&self.changed),
            settings = listed(&self.settings),
            needs_restart = listed(&self.needs_restart),
            "{}",
            if self.is_nothing() {
                "the configuration was read again: nothing has changed"
            } else {
                "the configuration was reloaded"
            },
        );
        self.warnings.iter().for_each(Warning::log);
    }

    /// What to beware of, for tests.
    #[cfg(test)]
    pub(super) fn warnings(&self) -> Vec<String> {
        self.warnings.iter().map(|warning| format!("{warning:?}")).collect()
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Warning {
    fn log(&self) {
        match self {
            Self::Orphans { route, now, living } => tracing::warn!(
                route,
                renamed_to = now,
                keys_led = living.led,
                live_for = %seconds(living.longest),
                "a route with live keys is gone: replicas that still ask for them find no route, and under another path the \
                 same keys are new, and would be sent again"
            ),
            Self::Rescoped { route, living } => tracing::warn!(
                route,
                keys_led = living.led,
                live_for = %seconds(living.longest),
                "a route with live keys is for others now: the same keys are new under the name of a caller, and would be \
                 sent again"
            ),
            Self::Ticketless { route, living } => tracing::warn!(
                route,
                keys_led = living.led,
                live_for = %seconds(living.longest),
                "a route gives out tickets no more: those that it gave out cannot be asked for here, and their polls go upstream"
            ),
            Self::OtherKeySameName { keyid } => tracing::warn!(
                keyid,
                "receipts are signed with another key under the same name: who knows the former takes them for forged; give \
                 each key a name of its own"
            ),
        }
    }
}

/// So many names are listed, the others counted.
const LISTED_MAX: usize = 20;

fn listed<T: AsRef<str>>(names: &[T]) -> Option<String> {
    let shown: Vec<&str> = names.iter().take(LISTED_MAX).map(AsRef::as_ref).collect();
    let more = names.len() - shown.len();
    match (shown.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(shown.join(", ")),
        (false, more) => Some(format!("{} and {more} more", shown.join(", "))),
    }
}

fn seconds(time: Duration) -> humantime::FormattedDuration {
    format_duration(Duration::from_secs(time.as_secs()))
}
