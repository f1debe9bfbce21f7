//! One simulation: two gateways, one Redis, the upstreams behind them, the replicas before them, and what goes wrong.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    dice::{chance, millis, one_of},
    gateway::{Around, Gateway, Heard},
    history::History,
    key::{Errand, Key, Kind, config},
    mishap::{HEALED, Mishap},
    redis::{Net, Server, Sync, Way, dial},
    upstream::Upstreams,
};
use crate::ledger::redis::{Options, accept_loss_over};

/// When nothing can be under way any more, the whole of it must be over.
const END: Duration = Duration::from_secs(400);
/// After this a replica asks no more.
const PATIENCE: Duration = Duration::from_secs(60);
/// From the end of all mishaps until nobody needs to wait for a lost leader or a deaf follower any more.
const SETTLED: Duration = Duration::from_secs(30);

/// The polls when everything is over are numbered from here.
const LAST_POLLS: usize = 100;

/// All that is there.
pub(super) struct World {
    pub(super) history: History,
    pub(super) server: Server,
    pub(super) upstreams: Upstreams,
    pub(super) gateways: [Gateway; 2],
    pub(super) keys: Vec<Key>,
    /// Nothing goes wrong at all.
    pub(super) calm: bool,
    pub(super) mishaps: Vec<(Duration, Mishap)>,
    /// When it all happens at once, if it does.
    focus: Option<Duration>,
    pub(super) outage: tokio::sync::Mutex<()>,
    starting: [tokio::sync::Mutex<()>; 2],
    losses: AtomicUsize,
    accepted: Mutex<Option<Duration>>,
    testimonies: Mutex<Vec<Testimony>>,
}

/// What one request of a replica heard.
#[derive(Clone, Debug)]
pub(super) struct Testimony {
    pub(super) key: usize,
    pub(super) errand: Errand,
    pub(super) variant: u8,
    #[expect(dead_code, reason = "read by whoever reads a broken promise")]
    pub(super) gateway: &'static str,
    /// When it asked.
    pub(super) asked: Duration,
    pub(super) heard: Option<Heard>,
    pub(super) took: Duration,
    /// Whether it asked when everything was over.
    pub(super) last: bool,
}

impl World {
    /// Everything is drawn here but what chance decides on the way.
    pub(super) async fn draw() -> Arc<Self> {
        let history = History::begin();
        let calm = chance(1, 8);
        let sync = one_of(&[Sync::Always, Sync::NowAndThen]);
        let latency = if calm { 2 } else { one_of(&[0, 2, 20, 80]) };
        let server = Server::start(history.clone(), sync);
        let upstreams = Upstreams::new(history.clone(), calm);
        let drifted = !calm && chance(1, 4);
        // Now and then there is no room for all keys.
        let room = if !calm && chance(1, 16) { 3 * 2_000_000 } else { 1 << 30 };
        // Each with a key of its own: whose answer it is shows in every byte of its receipt. Signing takes its time in a debug build.
        let signed = chance(1, 8);
        let around = |name: &'static str, drifted| Around {
            history: history.clone(),
            server: server.clone(),
            upstreams: upstreams.clone(),
            config: config(drifted, signed.then_some(name)),
            options: Options::with_room(room),
            way: Way { latency, lossy: !calm },
        };
        let gateways = [Gateway::new("a", around("a", false)), Gateway::new("b", around("b", drifted))];
        let keys: Vec<_> = (0..fastrand::usize(2..=6)).map(Key::draw).collect();
        let mishaps = if calm { 0 } else { fastrand::usize(1..=6) };
        let focus = chance(1, 2).then(|| millis(1_000..=24_000));
        let mut mishaps: Vec<_> = (0..mishaps).map(|_| Mishap::draw(focus)).collect();
        mishaps.sort_by_key(|(at, _)| *at);
        history.note(format_args!(
            "calm {calm}, {sync:?}, up to {latency} ms, drifted {drifted}, signed {signed}, room {room}"
        ));
        keys.iter().for_each(|key| history.note(format_args!("{key:?}")));
        Arc::new(Self {
            history,
            server,
            upstreams,
            gateways,
            keys,
            calm,
            mishaps,
            focus,
            outage: tokio::sync::Mutex::default(),
            starting: Default::default(),
            losses: AtomicUsize::new(0),
            accepted: Mutex::default(),
            testimonies: Mutex::default(),
        })
    }

    /// Lets it all happen, and asks everybody in the end.
    pub(super) async fn run(self: &Arc<Self>) {
        let began = Instant::now();
        let story = async {
            self.begin_epoch().await;
            join_all(self.gateways.iter().map(Gateway::start)).await;
            let mishaps = join_all(self.mishaps.iter().map(|(at, mishap)| async {
                sleep_until(began + *at).await;
                mishap.happen(self).await;
            }));
            let replicas = (0..self.keys.len()).flat_map(|key| {
                let first = match self.focus {
                    Some(focus) => focus.saturating_sub(millis(0..=6_000)),
                    None => millis(0..=20_000),
                };
                let asks = self.asks(key, first);
                asks.into_iter().map(move |(errand, first)| self.clone().replica(key, errand, first))
            });
            let replicas: Vec<_> = replicas.map(tokio::spawn).collect();
            tokio::join!(mishaps, join_all(replicas));
            sleep_until(began + HEALED).await;
            self.gateways.iter().for_each(|gateway| gateway.net().heal());
            sleep_until(began + HEALED + SETTLED).await;
            self.ask_for_the_last_time().await;
        };
        if timeout(END, story).await.is_err() {
            self.history.defect(format_args!("it does not come to an end"));
        }
    }

    /// What the replicas of one key want, and when the first of them does.
    fn asks(&self, key: usize, first: Duration) -> Vec<(Errand, Duration)> {
        let Key { kind, cancelled, .. } = self.keys[key];
        let mut asks = vec![(Errand::Call, first)];
        if kind == Kind::Deferred {
            let polls = 0..fastrand::usize(1..=4);
            asks.extend(polls.map(|number| (Errand::Poll(number), first + millis(0..=40_000))));
        }
        if cancelled {
            asks.push((Errand::Cancel, first + millis(0..=20_000)));
        }
        let subnets = asks.into_iter().map(|(errand, first)| {
            let replicas = if errand == Errand::Call { 4..=13 } else { 3..=6 };
            vec![(errand, first); fastrand::usize(replicas)]
        });
        subnets.flatten().collect()
    }

    /// One replica: when it asks first, it is on its way behind the first of them.
    async fn replica(self: Arc<Self>, key: usize, errand: Errand, first: Duration) {
        let skew = one_of(&[millis(0..=0), millis(0..=300), millis(0..=3_000), millis(0..=30_000)]);
        sleep(first + skew).await;
        let until = Instant::now() + PATIENCE;
        let mut answers = one_of(&[1, 1, 1, 2, 3]);
        while Instant::now() < until && answers > 0 {
            let gateway = &self.gateways[fastrand::usize(0..2)];
            let variant = self.keys[key].draw_variant();
            let leaves = !self.calm && chance(1, 8);
            let heard = self.ask(key, errand, variant, gateway, leaves, false).await;
            answers -= usize::from(matches!(heard, Some(Heard::Answer { .. })));
            sleep(millis(1..=3_000)).await;
        }
    }

    async fn ask(
        &self,
        key: usize,
        errand: Errand,
        variant: u8,
        gateway: &Gateway,
        leaves: bool,
        last: bool,
    ) -> Option<Heard> {
        let (asked, began) = (self.history.now(), Instant::now());
        let asking = gateway.ask(self.keys[key].request(errand, variant));
        let heard = match leaves {
            false => Some(asking.await),
            true if chance(1, 2) => Fickle { asking: pin!(asking), polls: fastrand::u32(1..=12) }.await,
            true => timeout(one_of(&[millis(0..=50), millis(0..=5_000)]), asking).await.ok(),
        };
        let (gateway, took) = (gateway.name(), began.elapsed());
        let name = self.keys[key].given(errand);
        match &heard {
            Some(Heard::Answer { status, kind, body, .. }) => {
                let body = String::from_utf8_lossy(body);
                let body =
                    if kind.contains("problem") { body.split('"').nth(3).unwrap_or_default() } else { &body };
                self.history.note(format_args!(
                    "{name} variant {variant} by {gateway} after {took:?}: {status} {body}"
                ));
            }
            other => self
                .history
                .note(format_args!("{name} variant {variant} by {gateway} after {took:?}: {other:?}")),
        }
        let testimony = Testimony { key, errand, variant, gateway, asked, heard: heard.clone(), took, last };
        self.testimonies.lock().unwrap_or_else(PoisonError::into_inner).push(testimony);
        heard
    }

    /// When everything is whole again, every gateway knows the same. Whoever was told that the ledger took too long asks once
    /// more, as a canister does; meanwhile another gateway may have led.
    async fn ask_for_the_last_time(&self) {
        self.history.note(format_args!("everybody is asked for the last time"));
        for key in 0..self.keys.len() {
            for last in [false, true] {
                for gateway in &self.gateways {
                    self.ask(key, Errand::Call, 0, gateway, false, last).await;
                }
            }
        }
        // When every call must have ended.
        sleep(SETTLED * 2).await;
        for (key, _) in self.keys.iter().enumerate().filter(|(_, key)| key.kind == Kind::Deferred) {
            for (number, gateway) in self.gateways.iter().enumerate() {
                self.ask(key, Errand::Poll(LAST_POLLS + number), 0, gateway, false, true).await;
            }
        }
    }

    /// Starts a gateway again after a while, unless somebody else is about to.
    pub(super) async fn restart(&self, gateway: usize, down: Duration) {
        let Ok(_alone) = self.starting[gateway].try_lock() else { return };
        sleep(down).await;
        if !self.gateways[gateway].is_running() {
            self.gateways[gateway].start().await;
        }
    }

    async fn begin_epoch(&self) {
        let dial = dial(&self.server, &Net::new(Way { latency: 0, lossy: false }));
        while let Err(error) = accept_loss_over(dial.clone(), &Options::with_room(0).name).await {
            self.history.note(format_args!("a loss cannot be accepted: {error}"));
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// An operator says that requests may be led although records are missing.
    pub(super) async fn accept_loss(&self) {
        self.begin_epoch().await;
        self.history.note(format_args!("the loss is accepted"));
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.history.now());
    }

    /// Redis has crashed, and has lost something or not.
    pub(super) fn lost(&self, something: bool) {
        self.losses.fetch_add(usize::from(something), Ordering::Relaxed);
    }

    /// How often Redis has lost something.
    pub(super) fn losses(&self) -> usize {
        self.losses.load(Ordering::Relaxed)
    }

    /// When an operator has last accepted a loss.
    pub(super) fn accepted(&self) -> Option<Duration> {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all requests have heard.
    pub(super) fn testimonies(&self) -> Vec<Testimony> {
        self.testimonies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A request whose client leaves at one of its awaits.
struct Fickle<F> {
    asking: F,
    polls: u32,
}

impl<F: Future + Unpin> Future for Fickle<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        if self.polls == 0 {
            // Leaves at the await that it comes to now.
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.asking).poll(context).map(Some)
    }
}
