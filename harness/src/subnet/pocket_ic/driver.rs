//! A thread of its own for the PocketIC library.
//!
//! Inside a runtime the library's blocking interface panics, even when it is dropped, and its asynchronous one puts the
//! thread to sleep between two looks. So a thread that belongs to no runtime owns the handle; whoever wants something
//! sends it a question and waits for the answer, holding nothing. A gateway, an upstream and the nodes go on meanwhile,
//! on a runtime of one thread, too.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};

use pocket_ic::PocketIc;
use tokio::sync::oneshot;

/// What cannot be answered any more, with the words of the library, which panics where it has no other way to say so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PocketIC failed: {0}")]
pub struct Failed(String);

type Question = Box<dyn FnOnce(&PocketIc) + Send>;

/// The way to the thread. When it is dropped, the thread drops the handle and ends.
pub(super) struct Driver(mpsc::Sender<Question>);

impl Driver {
    /// Starts the thread, and the instance on it.
    pub(super) async fn start(build: impl FnOnce() -> PocketIc + Send + 'static) -> Result<Self, Failed> {
        let (sender, questions) = mpsc::channel::<Question>();
        let (started, starting) = oneshot::channel();
        let run = move || {
            let pic = match caught(build) {
                Ok(pic) => pic,
                Err(failed) => return drop(started.send(Err(failed))),
            };
            // Whoever waits may have gone; then there are no questions either.
            let _ = started.send(Ok(()));
            questions.into_iter().for_each(|question| question(&pic));
        };
        let spawned = thread::Builder::new().name("pocket-ic".to_owned()).spawn(run);
        spawned.map_err(|error| Failed(error.to_string()))?;
        starting.await.map_err(|_| ended())??;
        Ok(Self(sender))
    }

    /// Has something done, and waits for what comes of it. A question is answered even if nobody waits any more.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&PocketIc) -> T + Send + 'static,
    ) -> Result<T, Failed> {
        let (sender, answer) = oneshot::channel();
        let ask = move |pic: &PocketIc| drop(sender.send(caught(|| question(pic))));
        self.0.send(Box::new(ask)).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failed> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Failed(words(panic.as_ref())))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}

fn ended() -> Failed {
    Failed("its thread has ended".to_owned())
}
