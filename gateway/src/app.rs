//! What every request shares.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::{
    activity::Activity,
    config::Config,
    ledger::{Ledger, Refusals},
    outcall::{Answers, Bodies},
    receipt::NoKey,
    reload::{Changes, Reloads},
    stats::Stats,
    upstream::{Network, Upstream, UpstreamError},
};

mod in_force;

pub(crate) use in_force::InForce;

/// A gateway, ready to answer.
pub struct App {
    /// Swapped as a whole: a request takes it once, and never sees half of each.
    in_force: RwLock<Arc<InForce>>,
    reloads: Mutex<Reloads>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) refusals: Refusals,
    pub(crate) upstream: Upstream,
    pub(crate) bodies: Bodies,
    pub(crate) answers: Answers,
    pub(crate) activity: Activity,
    pub(crate) stats: Stats,
    /// How many bytes the ledger may hold.
    pub(crate) room_bytes: u64,
}

/// Why a gateway cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// There is no way to its upstreams.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// There is no key to sign with.
    #[error(transparent)]
    Receipts(#[from] NoKey),
}

impl App {
    /// A gateway with this configuration, ledger and way to its upstreams.
    ///
    /// # Errors
    /// When the trusted certificates of the upstreams, or the key that signs answers, cannot be read.
    pub fn new(config: Config, ledger: Arc<dyn Ledger>, network: Network) -> Result<Self, NotReady> {
        let upstream = Upstream::new(&config, network)?;
        Ok(Self::over(config, ledger, upstream)?)
    }

    /// The same, over a way to its upstreams that is open.
    pub(crate) fn over(config: Config, ledger: Arc<dyn Ledger>, upstream: Upstream) -> Result<Self, NoKey> {
        let (stats, room_bytes) = (Stats::default(), config.store.room_bytes);
        let in_force = InForce::new(config, &stats, None)?;
        Ok(Self {
            in_force: RwLock::new(Arc::new(in_force)),
            reloads: Mutex::new(Reloads::none()),
            ledger,
            refusals: Refusals::default(),
            upstream,
            bodies: Bodies::new(),
            answers: Answers::new(),
            activity: Activity::default(),
            stats,
            room_bytes,
        })
    }

    /// Puts another configuration in the place of the one in force, and says what is different. Requests that came in
    /// before end as they began; no limit begins anew where its rule is the same. Settings that need a restart stay as
    /// they are, and are named.
    ///
    /// # Errors
    /// When the key that signs answers cannot be read: then everything stays as it is.
    pub fn reload(&self, config: Config) -> Result<Changes, NoKey> {
        // One at a time: each starts from what the one before has left.
        let mut reloads = self.reloads.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.in_force();
        let (config, fixed) = before.keeping_what_is_fixed(config);
        let next = InForce::new(config, &self.stats, Some(&before))?;
        let changes = Changes::between(&before, &next, fixed, self.ledger.now());
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        reloads.loaded();
        Ok(changes)
    }

    /// Notes that a changed configuration was refused, and why.
    pub(crate) fn refused_to_reload(&self, problem: &str) {
        self.reloads.lock().unwrap_or_else(PoisonError::into_inner).refused(problem);
    }

    /// What became of changed configurations since the start.
    pub fn reloads(&self) -> Reloads {
        self.reloads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The configuration in force now, with all that is made of it.
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
