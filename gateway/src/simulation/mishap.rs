//! What goes wrong: drawn before the simulation begins, done at its time, and made good again.

use std::time::Duration;

use tokio::time::sleep;

use super::{
    dice::{chance, millis, one_of},
    world::World,
};

/// Everything is made good by this time.
pub(super) const HEALED: Duration = Duration::from_secs(50);

/// One of the things that go wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mishap {
    /// A gateway is gone at once, and is started again later.
    Crash { gateway: usize, down: Duration },
    /// A gateway stops in order, and is started again later.
    Stop { gateway: usize, drain: Duration, down: Duration },
    /// What a gateway says to Redis, or Redis to it, is held back.
    Hold { gateway: usize, out: bool, back: bool, time: Duration },
    /// The wires of a gateway break.
    Cut { gateway: usize },
    /// Redis crashes, with what it has not synced.
    Restart { down: Duration },
    /// Redis comes back empty; an operator may accept that, or not.
    LoseAll { down: Duration, accepted: Option<Duration> },
    /// The disk of Redis takes its time.
    SlowDisk { most: Duration, time: Duration },
    /// The clock of Redis is set.
    Clock { millis: i64 },
}

impl Mishap {
    /// One of them, and when it happens: shortly after the focus, if there is one.
    pub(super) fn draw(focus: Option<Duration>) -> (Duration, Self) {
        let at = focus.map_or_else(|| millis(500..=40_000), |focus| focus + millis(0..=3_000));
        let gateway = fastrand::usize(0..2);
        let down = one_of(&[millis(0..=500), millis(500..=20_000)]).min(HEALED - at);
        let time = one_of(&[millis(0..=2_000), millis(2_000..=25_000)]).min(HEALED - at);
        let mishap = match fastrand::u32(0..32) {
            0..=7 => Self::Crash { gateway, down },
            8..=10 => {
                Self::Stop { gateway, drain: one_of(&[millis(0..=2_000), Duration::from_secs(30)]), down }
            }
            11..=17 => {
                let (out, back) = one_of(&[(true, true), (true, false), (false, true)]);
                Self::Hold { gateway, out, back, time }
            }
            18..=20 => Self::Cut { gateway },
            21..=25 => Self::Restart { down },
            26 => Self::LoseAll { down, accepted: chance(1, 2).then(|| millis(0..=10_000)) },
            27..=29 => Self::SlowDisk { most: millis(200..=4_000), time },
            _ => Self::Clock { millis: fastrand::i64(-10_000..=10_000) },
        };
        (at, mishap)
    }

    /// Does it, and makes it good again.
    pub(super) async fn happen(self, world: &World) {
        let (history, server) = (&world.history, &world.server);
        match self {
            Self::Crash { gateway, down } => {
                world.gateways[gateway].crash();
                world.restart(gateway, down).await;
            }
            Self::Stop { gateway, drain, down } => {
                world.gateways[gateway].stop(drain).await;
                world.restart(gateway, down).await;
            }
            Self::Hold { gateway, out, back, time } => {
                let gateway = &world.gateways[gateway];
                history
                    .note(format_args!("{}: held back for {time:?}: out {out}, back {back}", gateway.name()));
                let net = gateway.net();
                net.hold(out, back);
                sleep(time).await;
                net.hold(false, false);
                history.note(format_args!("{}: goes on", gateway.name()));
            }
            Self::Cut { gateway } => {
                history.note(format_args!("{}: its wires break", world.gateways[gateway].name()));
                world.gateways[gateway].net().cut();
            }
            Self::Restart { down } => {
                if let Ok(_alone) = world.outage.try_lock() {
                    let lost = server.crash();
                    world.lost(lost);
                    sleep(down).await;
                    server.restart();
                }
            }
            Self::LoseAll { down, accepted } => {
                let Ok(_alone) = world.outage.try_lock() else { return };
                server.lose_all();
                world.lost(true);
                sleep(down).await;
                server.restart();
                if let Some(later) = accepted {
                    sleep(later).await;
                    world.accept_loss().await;
                }
            }
            Self::SlowDisk { most, time } => {
                history.note(format_args!("redis: its disk takes up to {most:?}, for {time:?}"));
                server.set_disk(most);
                sleep(time).await;
                server.set_disk(Duration::from_millis(2));
            }
            Self::Clock { millis } => server.set_clock(millis),
        }
    }
}
