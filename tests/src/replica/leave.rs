//! Replicas that don't stay: how far a request gets before its connection is reset, and a request whose answer the
//! test has not asked for yet.

use std::io;

use super::{Answer, Outcall, Session};

/// How far a request gets before its replica breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The connection stands, nothing was written.
    AfterConnect,
    /// Half of the head was written.
    AfterHalfHead,
    /// The head was written, none of the body. Without a body that is the whole request.
    AfterHead,
    /// Half of the body was written.
    AfterHalfBody,
    /// The whole request was written.
    AfterBody,
}

impl Stage {
    /// All stages, from the earliest to the latest.
    pub const ALL: [Self; 5] =
        [Self::AfterConnect, Self::AfterHalfHead, Self::AfterHead, Self::AfterHalfBody, Self::AfterBody];

    pub(super) fn part_of(self, head: &[u8], body: &[u8]) -> Vec<u8> {
        let (head_bytes, body_bytes) = match self {
            Self::AfterConnect => (0, 0),
            Self::AfterHalfHead => (head.len() / 2, 0),
            Self::AfterHead => (head.len(), 0),
            Self::AfterHalfBody => (head.len(), body.len() / 2),
            Self::AfterBody => (head.len(), body.len()),
        };
        [&head[..head_bytes], &body[..body_bytes]].concat()
    }
}

/// A request that was written whole and whose answer nobody has read. Dropping it closes the connection in order.
pub struct Pending {
    session: Session,
    outcall: Outcall,
}

impl Pending {
    pub(super) fn new(session: Session, outcall: &Outcall) -> Self {
        Self { session, outcall: outcall.clone() }
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// As [`super::Replica::send`].
    pub async fn answer(mut self) -> io::Result<Answer> {
        self.session.answer(&self.outcall).await
    }

    /// Resets the connection: the node crashed, or gave up.
    ///
    /// # Errors
    /// When the socket is no longer one.
    pub fn abandon(self) -> io::Result<()> {
        self.session.reset()
    }
}
