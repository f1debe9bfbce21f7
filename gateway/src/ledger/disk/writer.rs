//! The one thread that writes: whatever has come in meanwhile goes to the disk together.
//!
//! Many claims share one sync. When a write fails, claims are refused at once, and everything else is put off, in order,
//! until the store can be written again; answers whose time is over meanwhile become *unknown*. Between two rounds it
//! forgets what has expired, with bounded work.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use outcall_protocol::digest::Digest;

use super::{
    Core,
    batch::{HELD, Held, Space, expiry_key, read_expiry_key},
    engine::{Failed, Share},
    op::{NotClaimed, Op, Progress},
    plan::Plan,
};
use crate::{
    ledger::{Timestamp, Unavailable, clock},
    limits,
};

/// The writer's side of the store.
pub(super) struct Writer {
    core: Arc<Core>,
    queue: Receiver<Op>,
    held: Held,
    /// What could not be written, in order.
    put_off: VecDeque<Op>,
    broken: Option<Broken>,
    /// Whether something was forgotten that still takes space on a disk without any.
    forgotten: bool,
    /// Whatever expired before has been forgotten.
    swept: Timestamp,
    /// The time that the disk knows.
    told: Timestamp,
    upkeep_due: Instant,
}

/// A store that cannot be written.
struct Broken {
    /// Whether it must be opened anew.
    poisoned: bool,
    retry: Instant,
    pause: Duration,
}

impl Writer {
    pub(super) fn new(core: Arc<Core>, queue: Receiver<Op>, held: Held) -> Self {
        let (swept, told) = (clock::DAWN, core.clock.now());
        let upkeep_due = Instant::now();
        let (put_off, broken, forgotten) = (VecDeque::new(), None, false);
        Self { core, queue, held, put_off, broken, forgotten, swept, told, upkeep_due }
    }

    /// Writes until nobody is left who could ask.
    pub(super) fn run(mut self) {
        loop {
            match self.queue.recv_timeout(self.pause()) {
                Ok(op) => self.round(op),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.give_up_late();
            let now = Instant::now();
            match &self.broken {
                Some(broken) if broken.retry <= now => self.retry(),
                None if self.upkeep_due <= now => self.keep_up(),
                _ => {}
            }
        }
    }

    /// How long it may wait for something to do.
    fn pause(&self) -> Duration {
        let due = self.broken.as_ref().map_or(self.upkeep_due, |broken| broken.retry);
        let deadlines = self.put_off.iter().filter_map(|op| match op {
            Op::Settle(settling) if settling.progress == Progress::Awaited => Some(settling.deadline),
            _ => None,
        });
        deadlines.fold(due, Instant::min).saturating_duration_since(Instant::now())
    }

    /// Takes what has come in, and writes it.
    fn round(&mut self, first: Op) {
        let (mut ops, mut sweeps, mut taken, mut bytes) = (Vec::new(), Vec::new(), 0, 0);
        let mut next = Some(first);
        while let Some(op) = next {
            taken += 1;
            bytes += op.bytes();
            match op {
                Op::Sweep { reply } => sweeps.push(reply),
                other => ops.push(other),
            }
            let full = taken >= limits::BATCH_OPS || bytes >= limits::BATCH_BYTES;
            next = if full { None } else { self.queue.try_recv().ok() };
        }
        self.core.queued.fetch_sub(taken, Ordering::Relaxed);
        if self.broken.is_some() {
            ops.into_iter().for_each(|op| self.put_off(op, NotClaimed::Unattempted));
        } else if let Err((ops, failed)) = self.write(ops) {
            self.break_down(ops, &failed);
        }
        for reply in sweeps {
            let _ = reply.send(self.broken.is_none() && self.sweep());
        }
    }

    /// Writes all of it and says so, or gives it back.
    fn write(&mut self, ops: Vec<Op>) -> Result<(), (Vec<Op>, Failed)> {
        if ops.is_empty() {
            return Ok(());
        }
        let plan = Plan::of(&self.core, self.held, &ops);
        let mut plan = match plan.and_then(|plan| self.carry_out(plan)) {
            Ok(plan) => plan,
            Err(failed) => return Err((ops, failed)),
        };
        for op in ops {
            match op {
                Op::Claim { reply, .. } => _ = reply.send(Ok(())),
                Op::Settle(mut settling) => {
                    if let Some(outcome) = plan.outcomes.pop_front() {
                        settling.end(outcome);
                    }
                }
                Op::Forget { id, reply } => {
                    // In this order: whoever reads it now puts it at hand before this, or sees that something was forgotten.
                    self.core.forgotten.fetch_add(1, Ordering::SeqCst);
                    self.core.hot.invalidate(&id);
                    let standing = plan.forgotten.pop_front().and_then(|(_, standing)| standing);
                    let _ = reply.send(standing.ok_or(Unavailable::Unreachable));
                }
                Op::Reclaim { .. } | Op::Sweep { .. } => {}
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, mut plan: Plan) -> Result<Plan, Failed> {
        plan.carry_out(&self.core)?;
        (self.held, self.told) = (plan.held, plan.now());
        Ok(plan)
    }

    /// The store cannot be written any more; `ops` were to be.
    fn break_down(&mut self, ops: Vec<Op>, failed: &Failed) {
        tracing::error!(cause = %failed, "the ledger cannot be written: new keys are refused until it can");
        let clean = matches!(failed, Failed::NoSpace { .. });
        let pause = limits::RETRY_PAUSE_MIN;
        self.broken = Some(Broken { poisoned: !clean, retry: Instant::now() + pause, pause });
        self.core.sound.send_replace(false);
        let claims = if clean { NotClaimed::Unattempted } else { NotClaimed::Perhaps };
        ops.into_iter().for_each(|op| self.put_off(op, claims));
    }

    fn put_off(&mut self, op: Op, claims: NotClaimed) {
        match op {
            Op::Claim { reply, .. } => _ = reply.send(Err(claims)),
            Op::Forget { reply, .. } => _ = reply.send(Err(Unavailable::Unreachable)),
            Op::Sweep { reply } => _ = reply.send(false),
            op @ (Op::Settle(_) | Op::Reclaim { .. }) => self.put_off.push_back(op),
        }
    }

    fn give_up_late(&mut self) {
        let now = Instant::now();
        for op in &mut self.put_off {
            if let Op::Settle(settling) = op
                && settling.deadline <= now
            {
                settling.give_up();
            }
        }
    }

    /// Tries to write what was put off.
    fn retry(&mut self) {
        let Err(failed) = self.recover() else {
            tracing::info!("the ledger can be written again");
            self.broken = None;
            self.core.sound.send_replace(true);
            return;
        };
        tracing::debug!(cause = %failed, "the ledger still cannot be written");
        if let Some(broken) = &mut self.broken {
            broken.poisoned |= !matches!(failed, Failed::NoSpace { .. });
            broken.pause = (broken.pause * 2).min(limits::RETRY_PAUSE_MAX);
            broken.retry = Instant::now() + broken.pause;
        }
    }

    fn recover(&mut self) -> Result<(), Failed> {
        if let Some(broken) = &mut self.broken
            && broken.poisoned
        {
            self.core.engine.reopen(Share::Most)?;
            broken.poisoned = false;
            // What failed may have landed, and its sums with it.
            let found = self.core.engine.get(Space::Meta, HELD)?;
            let found = found.and_then(|held| Held::decode(&held)).unwrap_or_default();
            self.core.room.take(found.bytes);
            self.core.room.give_back(self.held.bytes);
            self.held = found;
        }
        self.make_space()?;
        while !self.put_off.is_empty() {
            let most = self.put_off.len().min(limits::BATCH_OPS);
            let ops = self.put_off.drain(..most).collect();
            if let Err((ops, failed)) = self.write(ops) {
                ops.into_iter().rev().for_each(|op| self.put_off.push_front(op));
                return Err(failed);
            }
        }
        // The proof, for those who come next.
        let mut proof = Plan::new(&self.core, self.held);
        proof.durable = true;
        self.carry_out(proof).map(drop)
    }

    /// A disk that the ledger has filled itself is as full tomorrow, unless what has expired leaves it. Step by step, since
    /// there may be much of it.
    fn make_space(&mut self) -> Result<(), Failed> {
        if self.core.engine.has_space(Share::Most).is_ok() {
            return Ok(());
        }
        if self.forget_expired()? > 0 {
            self.core.engine.flush()?;
            self.forgotten = true;
        } else if self.forgotten && self.core.engine.compact()? {
            self.forgotten = false;
            self.core.engine.reopen(Share::Reserve)?;
        }
        self.core.engine.has_space(Share::Most)
    }

    /// Forgets what has expired, and notes the time when nothing else did.
    fn keep_up(&mut self) {
        let more = self.sweep();
        let unnoted = self.core.clock.now().since(self.told) >= limits::UPKEEP_EVERY;
        if self.broken.is_none() && unnoted {
            let time = Plan::new(&self.core, self.held);
            if let Err(failed) = self.carry_out(time) {
                self.break_down(Vec::new(), &failed);
            }
        }
        self.upkeep_due = Instant::now() + if more { Duration::ZERO } else { limits::UPKEEP_EVERY };
    }

    /// Forgets some of what has expired; whether there is more.
    fn sweep(&mut self) -> bool {
        match self.forget_expired() {
            Ok(forgotten) => forgotten == limits::SWEEP_PER_ROUND,
            Err(failed) => {
                self.break_down(Vec::new(), &failed);
                false
            }
        }
    }

    fn forget_expired(&mut self) -> Result<usize, Failed> {
        const FIRST: Digest = Digest::from_bytes([0; 32]);
        let now = self.core.clock.now();
        let ended = expiry_key(self.swept, &FIRST)..expiry_key(now.after(Duration::from_millis(1)), &FIRST);
        let ended = self.core.engine.range(Space::Expiries, ended, limits::SWEEP_PER_ROUND)?;
        let Some((last, _)) = ended.last() else {
            self.swept = now;
            return Ok(0);
        };
        let mut plan = Plan::new(&self.core, self.held);
        plan.share = Share::Reserve;
        for (expiry, room) in &ended {
            plan.forget(&self.core, expiry, room)?;
        }
        self.carry_out(plan)?;
        // Where it stopped, so that the traces of what is gone are not passed again.
        self.swept = read_expiry_key(last).map_or(now, |(expires, _)| expires);
        Ok(ended.len())
    }
}
