//! What must be on stable storage before anybody may rely on it, where the server has to be waited for: many calls share
//! one wait.
//!
//! `WAITAOF` holds up its connection, so these calls have one of their own. While it waits, the next calls gather.

use ::redis::{RedisError, Value, cmd};
use futures_util::future::join_all;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    link::{Failure, Link},
    script::Call,
};
use crate::limits;

/// The way to a server that must be waited for.
pub(super) struct Durable(mpsc::Sender<Waiting>);

struct Waiting {
    call: Call,
    told: oneshot::Sender<Result<Value, Failure>>,
}

impl Durable {
    /// A way over this link, which nothing else uses, and the work behind it.
    pub(super) fn over(link: Link) -> (Self, impl Future<Output = ()>) {
        let (sender, receiver) = mpsc::channel(limits::REDIS_DURABLE_AT_ONCE);
        (Self(sender), work(link, receiver))
    }

    /// Calls a script, and returns when what it did is on stable storage.
    pub(super) async fn call(&self, call: Call) -> Result<Value, Failure> {
        let (told, telling) = oneshot::channel();
        // The work ends only with the store.
        self.0.send(Waiting { call, told }).await.map_err(|_| Failure::Connecting)?;
        telling.await.map_err(|_| Failure::Connecting)?
    }
}

async fn work(link: Link, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::new();
    loop {
        match timeout(limits::REDIS_KEEP, receiver.recv_many(&mut batch, limits::REDIS_DURABLE_AT_ONCE)).await
        {
            Ok(0) => return,
            Ok(_) => {}
            // A connection that broke unseen would cost the next claim more time than it has.
            Err(_) => {
                link.keep().await;
                continue;
            }
        }
        let (calls, told): (Vec<Call>, Vec<_>) =
            batch.drain(..).map(|waiting| (waiting.call, waiting.told)).unzip();
        match together(&link, &calls).await {
            Ok(values) => {
                for (told, value) in told.into_iter().zip(values) {
                    let _ = told.send(value.map_err(Failure::from));
                }
            }
            Err(failure) => told.into_iter().for_each(|told| drop(told.send(Err(failure.clone())))),
        }
    }
}

/// The calls' own results, when all that they did is on stable storage.
async fn together(link: &Link, calls: &[Call]) -> Result<Vec<Result<Value, RedisError>>, Failure> {
    let (number, connection) = link.connection().await?;
    let values = join_all(calls.iter().map(|call| {
        let mut connection = connection.clone();
        async move { call.invoke_async(&mut connection).await }
    }))
    .await;
    if let Some(Err(broken)) = values.iter().find(|value| matches!(value, Err(error) if error.is_io_error()))
    {
        link.judge(number, Err(broken.clone())).await?;
    }
    let mut connection = connection;
    let millis = limits::REDIS_DURABLE_TIMEOUT.as_millis() as u64;
    let waited = cmd("WAITAOF").arg(1).arg(0).arg(millis).query_async(&mut connection).await;
    let (here, _): (u64, u64) = link.judge(number, waited).await?;
    if here == 0 {
        return Err(Failure::Volatile(here));
    }
    Ok(values)
}
