//! What an upstream does with the requests it gets: a list for exactly so many, or a rule for any number.

use std::collections::VecDeque;

use super::{Act, Seen};

/// The plan of an upstream; `A` is what it can do, [`Act`] over HTTP/1.1.
pub struct Script<A = Act> {
    plan: Plan<A>,
}

enum Plan<A> {
    Steps(VecDeque<A>),
    Each(Box<dyn FnMut(&Seen) -> A + Send>),
    Always(Box<dyn Fn() -> A + Send>),
}

impl<A> Script<A> {
    /// One step per request, in the order in which the requests arrive. A step that is left over fails the test, and
    /// so does a request that comes after the last one.
    pub fn steps(steps: impl IntoIterator<Item = A>) -> Self {
        Self { plan: Plan::Steps(steps.into_iter().collect()) }
    }

    /// Decides by the request; foresees any number, also none.
    pub fn each(rule: impl FnMut(&Seen) -> A + Send + 'static) -> Self {
        Self { plan: Plan::Each(Box::new(rule)) }
    }

    /// Does the same with every request; foresees any number, also none.
    pub fn always(act: A) -> Self
    where
        A: Clone + Send + 'static,
    {
        Self { plan: Plan::Always(Box::new(move || act.clone())) }
    }

    /// The next act, `None` when the request was not foreseen.
    pub(super) fn next(&mut self, seen: &Seen) -> Option<A> {
        match &mut self.plan {
            Plan::Steps(steps) => steps.pop_front(),
            Plan::Each(rule) => Some(rule(seen)),
            Plan::Always(act) => Some(act()),
        }
    }

    /// Whether the next act, as far as it is known without a request, is such a one; if so, its step is used up.
    pub(super) fn takes_step(&mut self, wanted: impl Fn(&A) -> bool) -> bool {
        match &mut self.plan {
            Plan::Steps(steps) => match steps.front() {
                Some(step) if wanted(step) => steps.pop_front().is_some(),
                _ => false,
            },
            Plan::Each(_) => false,
            Plan::Always(act) => wanted(&act()),
        }
    }

    /// Steps that nobody has asked for yet.
    pub(super) fn left_over(&self) -> usize {
        match &self.plan {
            Plan::Steps(steps) => steps.len(),
            Plan::Each(_) | Plan::Always(_) => 0,
        }
    }
}
