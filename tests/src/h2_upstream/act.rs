//! The things an HTTP/2 upstream can do with a request.

use h2::Reason;

use crate::gate::Gate;
use crate::upstream::Reply;

/// What happens to one request. All of them come after the request was read whole, so that the log is complete; what
/// the client may conclude is in the frames.
#[derive(Clone, Debug)]
pub enum H2Act {
    /// Answers; the reply's framing and trailers have no meaning here.
    Answer(Reply),
    /// RST_STREAM REFUSED_STREAM: the request was not processed.
    Refuse,
    /// RST_STREAM with this reason: the request may have been processed.
    Reset(Reason),
    /// GOAWAY NO_ERROR whose last stream lies below the request's: it was not processed. The connection ends when the
    /// client closes it.
    GoAwayBelow,
    /// As [`H2Act::GoAwayBelow`], with this reason instead of NO_ERROR.
    GoAwayBelowFor(Reason),
    /// GOAWAY NO_ERROR whose last stream is the request's, then the end of the connection without an answer: the
    /// request may have been processed.
    GoAwayAbove,
    /// As [`H2Act::GoAwayAbove`], with this reason instead of NO_ERROR.
    GoAwayAboveFor(Reason),
    /// The connection ends without GOAWAY and without an answer.
    Close,
    /// Promises a body, sends half of it, then RST_STREAM INTERNAL_ERROR.
    HalfBody,
    /// Never answers: until the client resets the stream or the connection.
    Hang,
    /// Reports the arrival at the gate, and goes on with the inner act when the test has opened it.
    Hold(Gate, Box<H2Act>),
}

impl H2Act {
    /// Answers 200 with this JSON text.
    pub fn json(body: &str) -> Self {
        Self::Answer(Reply::json(body))
    }

    /// Waits at the gate before this act.
    pub fn held_at(self, gate: &Gate) -> Self {
        Self::Hold(gate.clone(), Box::new(self))
    }
}
