//! The things an upstream can do with a request, from honest to hostile.

use std::time::Duration;

use super::{Framing, Reply};
use crate::gate::Gate;

/// What happens to one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Answers, and keeps the connection unless the reply or the request says otherwise.
    Answer(Reply),
    /// Answers 200 with a date, a cookie, a request id and a price that no other answer has.
    Varying,
    /// Resets the connection as soon as it is accepted, before TLS too. Whether the client has written by then is a
    /// race, as in life; what it wrote was never read. This step goes to the next connection, with a request or not.
    ResetOnAccept,
    /// Resets the connection when a request's first bytes arrive, on a new connection or a kept one, and does not look
    /// at them: the client has written, and nothing was executed.
    ///
    /// Neither this act nor the one before has a meaning in [`super::Script::each`], which decides by a whole request.
    ResetBeforeReading,
    /// Reads the whole request, then resets.
    ResetAfterReading,
    /// Reads the whole request, then closes in an orderly way without a word.
    CloseAfterReading,
    /// Reads, and never answers: until the client closes or the upstream is dropped.
    Hang,
    /// Reads, reports the arrival at the gate, and goes on with the inner act when the test has opened it.
    Hold(Gate, Box<Act>),
    /// Sends a head that breaks off in the middle of a header.
    HalfHead(Ending),
    /// Promises a body and sends half of it.
    HalfBody(Ending),
    /// Sends bytes that are not HTTP, and closes.
    Garbage,
    /// Sends exactly these bytes, and closes.
    Raw(Vec<u8>),
    /// Sends interim answers with these statuses (100, 103) before the inner act.
    Informational(Vec<u16>, Box<Act>),
    /// Waits before the inner act. For load only: a test that needs an order uses [`Act::Hold`].
    Delay(Duration, Box<Act>),
    /// Answers as if the connection were to be kept, and closes it right after: whatever comes next on it is lost.
    CloseIdle(Reply),
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// In order: FIN, over TLS with a close_notify before it.
    Fin,
    /// By a reset.
    Rst,
}

impl Act {
    /// Answers 200 with this JSON text.
    pub fn json(body: &str) -> Self {
        Self::Answer(Reply::json(body))
    }

    /// Waits at the gate before this act.
    pub fn held_at(self, gate: &Gate) -> Self {
        Self::Hold(gate.clone(), Box::new(self))
    }

    /// Promises more body than it sends, then closes in order.
    pub fn promises_more() -> Self {
        let reply = Reply::json(r#"{"paid":true}"#);
        let promised = reply.body_bytes() + 10;
        Self::Answer(reply.framing(Framing::Claimed(promised)))
    }

    /// Sends more body than it promised, and keeps the connection, whose next answer then starts with the surplus.
    pub fn sends_more() -> Self {
        let reply = Reply::json(r#"{"paid":true}HTTP/1.1 200 Smuggled"#);
        Self::Answer(reply.framing(Framing::Claimed(13)))
    }
}

impl From<Reply> for Act {
    fn from(reply: Reply) -> Self {
        Self::Answer(reply)
    }
}
