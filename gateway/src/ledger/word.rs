//! A word that is said once, to everybody who waits for it, in the order in which they began to wait.
//!
//! tokio's `watch` would do, but for the order in which it wakes: that is drawn at random, from a source of its own. What
//! happens at the end of a claim could then not be played again (`simulation.rs`).

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// Whoever will say it. Dropped before, it is known never to be said.
pub(super) struct Teller<T>(Arc<Shared<T>>);

/// One of those who wait for it.
pub(super) struct Hearer<T>(Arc<Shared<T>>);

struct Shared<T> {
    word: Mutex<Word<T>>,
    said: Notify,
    hearers: AtomicUsize,
}

enum Word<T> {
    Unsaid,
    Said(T),
    /// Its teller is gone.
    Never,
}

impl<T: Clone> Teller<T> {
    /// A word that is still to be said, and the first who waits for it.
    pub(super) fn new() -> (Self, Hearer<T>) {
        let shared =
            Shared { word: Mutex::new(Word::Unsaid), said: Notify::new(), hearers: AtomicUsize::new(1) };
        let shared = Arc::new(shared);
        (Self(shared.clone()), Hearer(shared))
    }

    /// One more who waits for it.
    pub(super) fn hearer(&self) -> Hearer<T> {
        self.0.hearer()
    }

    /// How many wait for it.
    pub(super) fn hearers(&self) -> usize {
        self.0.hearers.load(Ordering::Acquire)
    }

    /// Says it: all who wait are woken at once.
    pub(super) fn say(self, word: T) {
        self.0.become_known(Word::Said(word));
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        self.0.become_known(Word::Never);
    }
}

impl<T: Clone> Hearer<T> {
    /// The word, the instant it is said; none when it never will be.
    pub(super) async fn hear(&self) -> Option<T> {
        loop {
            let said = self.0.said.notified();
            match &*self.0.word() {
                Word::Said(word) => return Some(word.clone()),
                Word::Never => return None,
                // What is said from here on wakes this one too.
                Word::Unsaid => {}
            }
            said.await;
        }
    }
}

impl<T> Clone for Hearer<T> {
    fn clone(&self) -> Self {
        self.0.hearer()
    }
}

impl<T> Drop for Hearer<T> {
    fn drop(&mut self) {
        self.0.hearers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<T> Shared<T> {
    fn hearer(self: &Arc<Self>) -> Hearer<T> {
        self.hearers.fetch_add(1, Ordering::AcqRel);
        Hearer(self.clone())
    }

    /// Only the first time.
    fn become_known(&self, as_this: Word<T>) {
        let mut word = self.word();
        if matches!(*word, Word::Unsaid) {
            *word = as_this;
            drop(word);
            self.said.notify_waiters();
        }
    }

    /// No panic can leave a word half said.
    fn word(&self) -> MutexGuard<'_, Word<T>> {
        self.word.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::{FutureExt, future::join_all};

    use super::*;

    #[tokio::test]
    async fn everybody_hears_the_word_in_the_order_in_which_they_began_to_wait() {
        let (teller, first) = Teller::new();
        let hearers: Vec<_> = (0..34).map(|_| teller.hearer()).collect();
        assert_eq!(teller.hearers(), 35);
        let heard = Mutex::new(Vec::new());
        let waiting = hearers.iter().enumerate().map(|(number, hearer)| {
            let heard = &heard;
            async move {
                assert_eq!(hearer.hear().await, Some("word"));
                heard.lock().unwrap().push(number);
            }
        });
        let telling = async { teller.say("word") };
        tokio::join!(join_all(waiting), telling);
        assert_eq!(*heard.lock().unwrap(), (0..34).collect::<Vec<_>>());
        assert_eq!(first.hear().await, Some("word"), "too late is not too late");
    }

    #[tokio::test]
    async fn a_word_whose_teller_is_gone_is_not_waited_for() {
        let (teller, hearer) = Teller::<()>::new();
        assert_eq!(hearer.hear().now_or_never(), None);
        let (heard, ()) = tokio::join!(hearer.hear(), async { drop(teller) });
        assert_eq!(heard, None);
        assert_eq!(hearer.clone().hear().await, None);
    }

    #[test]
    fn who_leaves_is_not_counted() {
        let (teller, hearer) = Teller::<()>::new();
        let other = hearer.clone();
        assert_eq!(teller.hearers(), 2);
        drop((hearer, other));
        assert_eq!(teller.hearers(), 0);
    }
}
