//! A value that changes, and that can be waited for: whoever waits first goes on first, every time it is played.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The value. Clones share it.
#[derive(Clone)]
pub(super) struct Signal<T>(Arc<(Mutex<T>, Notify)>);

impl<T: Copy> Signal<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Arc::new((Mutex::new(value), Notify::new())))
    }

    pub(super) fn get(&self) -> T {
        *self.value()
    }

    pub(super) fn set(&self, value: T) {
        self.change(|current| *current = value);
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value());
        self.0.1.notify_waiters();
    }

    /// Returns when this is so.
    pub(super) async fn until(&self, is_so: impl Fn(&T) -> bool) {
        loop {
            let changed = self.0.1.notified();
            if is_so(&self.value()) {
                return;
            }
            changed.await;
        }
    }

    fn value(&self) -> MutexGuard<'_, T> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
