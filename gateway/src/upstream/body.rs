//! The body of an outgoing request: whole, and behind the head even when it is empty.
//!
//! An HTTP/2 request whose body is known to be empty is complete with its head. Should a GOAWAY arrive in the instant
//! in which the client library has queued that head, the library reports the GOAWAY although the head may still go
//! out. A request that must not be repeated therefore never ends with its head: what can have gone out then is only
//! the beginning of a request, which no backend executes.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Method;
use http_body::{Body, Frame, SizeHint};

use crate::config::is_safe;

/// All bytes of a body, as one frame.
#[derive(Clone, Debug)]
pub(super) struct Outgoing(Option<Bytes>);

impl Outgoing {
    /// The body of a request with `method`. Without bytes, GET, HEAD and OPTIONS have none; the others have an empty
    /// one, which also makes HTTP/1.1 say `content-length: 0`, as some backends insist (RFC 9110, section 8.6).
    pub(super) fn new(method: &Method, bytes: Bytes) -> Self {
        let has_none = bytes.is_empty() && is_safe(method);
        Self((!has_none).then_some(bytes))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.0.take().filter(|bytes| !bytes.is_empty());
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    /// Whether the head says that nothing follows, the length it says, and all frames.
    async fn outgoing(method: &Method, bytes: &'static str) -> (bool, Option<u64>, Vec<Bytes>) {
        let mut body = Outgoing::new(method, Bytes::from(bytes));
        let (ends_with_head, length) = (body.is_end_stream(), body.size_hint().exact());
        let mut frames = Vec::new();
        while let Some(Ok(frame)) = body.frame().await {
            frames.push(frame.into_data().unwrap());
        }
        assert!(body.is_end_stream(), "{method}: still open at its end");
        (ends_with_head, length, frames)
    }

    #[tokio::test]
    async fn what_must_not_be_repeated_never_ends_with_its_head() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(outgoing(&method, "").await, (false, Some(0), vec![]), "{method}");
        }
    }

    #[tokio::test]
    async fn a_question_without_a_body_ends_with_its_head() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert_eq!(outgoing(&method, "").await, (true, Some(0), vec![]), "{method}");
        }
    }

    #[tokio::test]
    async fn a_body_is_one_frame_of_known_length() {
        for method in [Method::GET, Method::POST] {
            assert_eq!(outgoing(&method, "5 ICP").await, (false, Some(5), vec!["5 ICP".into()]), "{method}");
        }
    }
}
