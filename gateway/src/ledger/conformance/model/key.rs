//! The small ledger: one key, and the states that it may be in.

use super::{Failing, QUARTERS, Repeat, UNKNOWN};

/// A state, in which time counts in quarters of a life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    /// `lost` when a leader before this one was.
    Claimed {
        content: usize,
        lost: Option<u32>,
    },
    InFlight {
        content: usize,
    },
    Settled {
        content: usize,
        answer: String,
        until: u32,
    },
    Lost {
        content: usize,
        until: u32,
    },
}

use State::{Absent, Claimed, InFlight, Lost, Settled};

/// A key: how it looks, and what is on the disk where that may be something else.
pub(super) struct Key {
    repeat: Repeat,
    looks: Vec<State>,
    /// As `looks`, unless writes have failed since.
    stored: Option<Vec<State>>,
    /// Whether it may be forgotten on the disk, though that failed.
    perhaps_forgotten: bool,
}

impl Key {
    pub(super) fn new(repeat: Repeat) -> Self {
        Self { repeat, looks: vec![Absent], stored: None, perhaps_forgotten: false }
    }

    /// What a claim with this content was worth: only the states that explain it are left.
    pub(super) fn observe(&mut self, seen: &str, content: usize, now: u32) {
        // A claim that was given up may have outlasted what it took the place of.
        self.expire(now);
        let before = self.looks.clone();
        self.looks.retain(|state| shows(state, content) == seen);
        assert!(!self.looks.is_empty(), "at {now}: {seen} by {content}, in {before:?} ({:?})", self.repeat);
    }

    /// What an operator was told who wanted it forgotten: only what is settled is, and only by a write.
    pub(super) fn forget(&mut self, seen: &str, now: u32, failing: Option<Failing>) {
        self.expire(now);
        let before = self.looks.clone();
        self.looks.retain(|state| match (state, failing) {
            (Absent, None) => seen == "absent",
            // Where nothing can be written nothing need be looked up.
            (Absent, Some(_)) => ["absent", "unreachable"].contains(&seen),
            (Claimed { .. } | InFlight { .. }, _) => seen == "in flight",
            (Lost { .. }, _) => seen == "lost",
            (Settled { answer, .. }, None) => seen == answer,
            // What is still owed to the disk is not over yet.
            (Settled { .. }, Some(_)) => ["unreachable", "in flight"].contains(&seen),
        });
        assert!(
            !self.looks.is_empty(),
            "at {now}: {seen} of a key to forget, in {before:?} ({:?})",
            self.repeat
        );
        match (seen, failing) {
            ("absent" | "in flight" | "lost", _) => {}
            (_, None) => self.looks = vec![Absent],
            (_, Some(how)) if self.looks.iter().any(|state| *state != Absent) => {
                self.failed(failing, self.looks.clone(), vec![Absent]);
                if how == Failing::Landed {
                    self.perhaps_forgotten = true;
                    self.looks.push(Absent);
                }
            }
            _ => {}
        }
    }

    pub(super) fn claimed(&mut self, content: usize) {
        self.perhaps_forgotten = false;
        self.each(|state| match state {
            Lost { until, .. } => Claimed { content, lost: Some(until) },
            _ => Claimed { content, lost: None },
        });
    }

    /// Whether there is anything to write: what anybody may repeat needs no claim.
    pub(super) fn begin_writes(&self) -> bool {
        self.repeat != Repeat::Always
    }

    pub(super) fn begun(&mut self) {
        self.each(|state| match state {
            Claimed { content, .. } => InFlight { content },
            other => other,
        });
    }

    pub(super) fn claim_failed(&mut self, how: Option<Failing>) {
        let claimed = self.looks.clone();
        self.withdrawn();
        let landed = claimed.into_iter().map(|state| match state {
            Claimed { content, .. } => InFlight { content },
            other => other,
        });
        self.failed(how, self.looks.clone(), landed.collect());
    }

    fn withdrawn(&mut self) {
        self.each(|state| match state {
            Claimed { content, lost: Some(until) } => Lost { content, until },
            Claimed { .. } => Absent,
            other => other,
        });
    }

    pub(super) fn settled(&mut self, answer: &str, now: u32, failing: Option<Failing>) {
        let before = self.looks.clone();
        self.each(|state| settle(state, answer, now));
        if failing.is_some() {
            let landed = self.looks.clone();
            self.each(|state| settle(state, UNKNOWN, now));
            self.failed(failing, before, landed);
        }
    }

    pub(super) fn dropped(&mut self, begun: bool, now: u32, failing: Option<Failing>) {
        if !begun {
            return self.withdrawn();
        }
        let before = self.looks.clone();
        // 120 s of 300 s: expired at the second quarter.
        let until = now + if self.repeat == Repeat::Always { 2 } else { QUARTERS };
        let repeat = self.repeat;
        self.each(|state| match (state, repeat) {
            (state, Repeat::Never) => settle(state, UNKNOWN, now),
            (InFlight { content }, _) => Lost { content, until },
            (other, _) => other,
        });
        if failing.is_some() {
            self.failed(failing, before, self.looks.clone());
        }
    }

    /// A write failed: `before` is on the disk, or, where it may have landed, `landed`.
    fn failed(&mut self, how: Option<Failing>, before: Vec<State>, landed: Vec<State>) {
        let stored = self.stored.get_or_insert(before);
        if how == Some(Failing::Landed) {
            stored.extend(landed);
        }
    }

    /// Everything owed was written, over what had not landed as a record after all.
    pub(super) fn healed(&mut self, now: u32) {
        let Some(stored) = self.stored.take() else { return };
        if !self.looks.iter().all(|state| matches!(state, Settled { .. })) {
            return;
        }
        self.looks.extend(
            stored.into_iter().filter(|state| matches!(state, Settled { until, .. } if now < *until)),
        );
        if self.perhaps_forgotten {
            self.looks.push(Absent);
        }
    }

    pub(super) fn crashed(&mut self, now: u32) {
        self.perhaps_forgotten = false;
        let stored = self.stored.take().unwrap_or_else(|| self.looks.clone());
        let found = |state| match (state, self.repeat) {
            (Settled { content, answer, until }, _) => Settled { content, answer, until },
            (InFlight { content }, Repeat::Never) => {
                Settled { content, answer: UNKNOWN.to_owned(), until: now + QUARTERS }
            }
            (InFlight { content }, Repeat::SameConfiguration) => Lost { content, until: now + QUARTERS },
            (Lost { content, until } | Claimed { content, lost: Some(until) }, Repeat::SameConfiguration) => {
                Lost { content, until }
            }
            _ => Absent,
        };
        self.looks = stored.into_iter().map(found).collect();
        self.expire(now);
    }

    pub(super) fn expire(&mut self, now: u32) {
        self.each(|state| match state {
            Settled { until, .. } | Lost { until, .. } if until <= now => Absent,
            other => other,
        });
    }

    /// What everybody who waited was told: a text, or to claim again.
    pub(super) fn waiters_see(&self) -> Option<String> {
        match &self.looks[..] {
            [Settled { answer, .. }, ..] => Some(answer.clone()),
            _ => None,
        }
    }

    fn each(&mut self, change: impl Fn(State) -> State) {
        let looks = std::mem::take(&mut self.looks);
        self.looks = looks.into_iter().map(change).collect();
        self.looks.dedup();
    }
}

fn settle(state: State, answer: &str, now: u32) -> State {
    match state {
        Claimed { content, .. } | InFlight { content } | Settled { content, .. } => {
            Settled { content, answer: answer.to_owned(), until: now + QUARTERS }
        }
        other => other,
    }
}

fn shows(state: &State, content: usize) -> &str {
    match state {
        Absent => "lead",
        Claimed { content: known, .. }
        | InFlight { content: known }
        | Settled { content: known, .. }
        | Lost { content: known, .. }
            if *known != content =>
        {
            "conflict"
        }
        Claimed { .. } | InFlight { .. } => "follow",
        Settled { answer, .. } => answer,
        Lost { .. } => "lead again",
    }
}
