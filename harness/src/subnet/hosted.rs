//! The canister behind a lock. Wasm runs on blocking threads only, so that no execution, however long, keeps a replica
//! from reading its response.

use std::{
    future, panic,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard},
    thread,
};

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::engine::Canister;

/// A canister that many may look at, and one may change. Clones share it.
#[derive(Clone)]
pub(super) struct Hosted(Arc<RwLock<Canister>>);

impl Hosted {
    pub(super) fn new(canister: Canister) -> Self {
        Self(Arc::new(RwLock::new(canister)))
    }

    /// Runs something that changes it.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Canister) -> T + Send + 'static,
    ) -> T {
        let canister = self.0.clone();
        blocking(move || work(&mut canister.write().unwrap_or_else(PoisonError::into_inner))).await
    }

    /// Runs something that reads it: queries and transforms, as many at once in the process as the machine runs threads.
    /// Were they more, each would be slower, and a long transform of 34 replicas be stopped by the engine's clock.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Canister) -> T + Send + 'static,
    ) -> T {
        let canister = self.0.clone();
        let turn = turns().acquire().await;
        let look = move || {
            let _turn = turn;
            work(&canister.read().unwrap_or_else(PoisonError::into_inner))
        };
        blocking(look).await
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Canister> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn for each thread that the machine runs at once.
fn turns() -> &'static Semaphore {
    static TURNS: OnceLock<Semaphore> = OnceLock::new();
    TURNS.get_or_init(|| Semaphore::new(thread::available_parallelism().map_or(1, usize::from)))
}

/// Runs this on a thread that may block. A panic in there goes on here.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down, and this task ends with it.
        Err(_) => future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;
    use crate::engine::{Module, Settings};

    #[tokio::test]
    async fn no_more_look_at_once_than_the_machine_runs_threads() {
        let module = Module::new(b"\0asm\x01\0\0\0").unwrap();
        let hosted = Hosted::new(Canister::install(&module, &[], Settings::default()).unwrap());
        let threads = thread::available_parallelism().unwrap().get();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut looks = JoinSet::new();
        for _ in 0..10 * threads {
            let (hosted, running, most) = (hosted.clone(), running.clone(), most.clone());
            looks.spawn(async move {
                let look = move |_: &Canister| {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    (0..1_000).for_each(|_| thread::yield_now());
                    running.fetch_sub(1, Ordering::SeqCst);
                };
                hosted.look(look).await;
            });
        }
        looks.join_all().await;
        assert!((1..=threads).contains(&most.load(Ordering::SeqCst)), "{most:?} at once");
    }
}
