//! The canister behind a lock. Wasm runs on blocking threads only, so that no execution, however long, keeps a replica
//! from reading its response.

use std::{
    future, panic,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use tokio::task::spawn_blocking;

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

    /// Runs something that reads it: queries and transforms, as many at once as there are threads.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Canister) -> T + Send + 'static,
    ) -> T {
        let canister = self.0.clone();
        blocking(move || work(&canister.read().unwrap_or_else(PoisonError::into_inner))).await
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Canister> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
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
