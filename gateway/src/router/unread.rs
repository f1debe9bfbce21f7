//! A request's body that is never left unread.
//!
//! Who is refused early is still sending. Were his connection closed with bytes unread, the system would reset it, and
//! some replicas would see the reset in place of the refusal. So what nobody wanted of a body is read and thrown away
//! while the answer is already on its way.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, header::EXPECT};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::{runtime::Handle, time::timeout};

use crate::limits;

/// A body that reads what is left of it when it is dropped.
pub(super) struct Unread<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    /// Gone when it was read to its end.
    body: Option<B>,
    /// Whether its client is sending: who asks before he sends (`Expect`) waits until somebody reads.
    sending: bool,
}

impl<B> Unread<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    pub(super) fn new(body: B, headers: &HeaderMap) -> Self {
        Self { body: Some(body), sending: !headers.contains_key(EXPECT) }
    }
}

impl<B> HttpBody for Unread<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.sending = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl<B> Drop for Unread<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| self.sending && !body.is_end_stream()) else {
            return;
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(limits::REQUEST_BODY_TIMEOUT, discard(body)));
        }
    }
}

async fn discard<B>(mut body: B)
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > limits::DISCARDED_BODY_BYTES_MAX {
            return;
        }
    }
}
