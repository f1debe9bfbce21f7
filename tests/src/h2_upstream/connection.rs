//! The life of one HTTP/2 connection: streams run side by side, until one of them is told to end the connection.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderName, HeaderValue, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;

use super::H2Act;
use super::shared::Shared;
use crate::upstream::{Log, Reply, Seen};

/// What a stream asks of its connection.
enum Word {
    /// To say when everything queued so far has been handed to the network.
    Flush(oneshot::Sender<()>),
    /// To end.
    Farewell(Farewell),
}

/// How a stream ends its connection.
enum Farewell {
    /// GOAWAY with this last stream and this reason; the client closes.
    GoAway(u32, Reason),
    /// GOAWAY with this last stream and this reason, then the end.
    GoAwayAndClose(u32, Reason),
    /// Just the end.
    Close,
}

/// Serves until either side ends the connection.
pub(super) async fn serve(stream: TlsStream<TcpStream>, number: usize, log: &Arc<Log<H2Act>>) {
    let shared = Shared::new(stream);
    let Ok(mut connection) = h2::server::handshake(shared.clone()).await else { return };
    let (word, mut words) = unbounded_channel();
    // Dropping the set ends the streams with the connection.
    let mut streams = JoinSet::new();
    loop {
        tokio::select! {
            // In this order: driving the connection also flushes what its streams have queued, so a word is heard only
            // after everything said before it has gone out.
            biased;
            stream = connection.accept() => {
                let Some(Ok((request, response))) = stream else { return };
                let ended_with_head = shared.ended_with_head(response.stream_id().as_u32());
                let stream = Stream { response, log: log.clone(), word: word.clone() };
                streams.spawn(stream.run(request, number, ended_with_head));
            }
            Some(word) = words.recv() => match word {
                Word::Flush(done) => drop(done.send(())),
                Word::Farewell(farewell) => {
                    drop(connection);
                    return end(shared, farewell).await;
                }
            },
            Some(ended) = streams.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    log.complain("a stream of the HTTP/2 upstream panicked".to_owned());
                }
            }
        }
    }
}

async fn end(mut shared: Shared, farewell: Farewell) {
    let last = match farewell {
        Farewell::GoAway(last, reason) | Farewell::GoAwayAndClose(last, reason) => Some((last, reason)),
        Farewell::Close => None,
    };
    if let Some((last, reason)) = last {
        let _ = shared.write_all(&goaway(last, reason)).await;
        let _ = shared.flush().await;
    }
    if !matches!(farewell, Farewell::GoAway(..)) {
        let _ = shared.shutdown().await;
    }
    // Until the client has closed too: unread bytes would turn our close into a reset that overtakes the frame.
    let mut rest = Vec::new();
    let _ = shared.read_to_end(&mut rest).await;
}

/// GOAWAY (RFC 9113, section 6.8): length 8, type 7, no flags, stream 0.
fn goaway(last: u32, reason: Reason) -> [u8; 17] {
    let mut frame = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    frame[9..13].copy_from_slice(&last.to_be_bytes());
    frame[13..].copy_from_slice(&u32::from(reason).to_be_bytes());
    frame
}

/// One request and its answer.
struct Stream {
    response: SendResponse<Bytes>,
    log: Arc<Log<H2Act>>,
    word: UnboundedSender<Word>,
}

impl Stream {
    async fn run(mut self, request: Request<RecvStream>, connection: usize, ended_with_head: bool) {
        let Ok(seen) = read(request).await else { return self.log.broke_off() };
        let seen = Seen { connection, ended_with_head, ..seen };
        let act = self.log.next(seen).unwrap_or_else(|| {
            H2Act::Answer(Reply::new(500).body("the script did not foresee this request"))
        });
        let id = self.response.stream_id().as_u32();
        match self.when_released(act).await {
            None => self.log.was_abandoned(),
            Some(H2Act::Hang | H2Act::Hold(..)) => self.abandoned().await,
            Some(H2Act::Answer(reply)) => {
                let _ = answer(&mut self.response, &reply);
            }
            Some(H2Act::Refuse) => {
                self.log.turned_away();
                self.response.send_reset(Reason::REFUSED_STREAM);
            }
            Some(H2Act::Reset(reason)) => self.response.send_reset(reason),
            Some(H2Act::HalfBody) => self.half_body().await,
            Some(H2Act::GoAwayBelow) => self.go_away_below(id, Reason::NO_ERROR).await,
            Some(H2Act::GoAwayBelowFor(reason)) => self.go_away_below(id, reason).await,
            Some(H2Act::GoAwayAbove) => self.end(Farewell::GoAwayAndClose(id, Reason::NO_ERROR)).await,
            Some(H2Act::GoAwayAboveFor(reason)) => self.end(Farewell::GoAwayAndClose(id, reason)).await,
            Some(H2Act::Close) => self.end(Farewell::Close).await,
        }
    }

    /// The act behind all gates, `None` when the client left before they were open.
    async fn when_released(&mut self, mut act: H2Act) -> Option<H2Act> {
        while let H2Act::Hold(gate, inner) = act {
            gate.arrive();
            tokio::select! {
                biased;
                _ = poll_fn(|cx| self.response.poll_reset(cx)) => return None,
                () = gate.opened() => act = *inner,
            }
        }
        Some(act)
    }

    async fn abandoned(&mut self) {
        let _ = poll_fn(|cx| self.response.poll_reset(cx)).await;
        self.log.was_abandoned();
    }

    async fn half_body(&mut self) {
        let reply = Reply::json("").header("content-length", "40");
        let Ok(mut body) = start(&mut self.response, &reply, false) else { return };
        let _ = body.send_data(Bytes::from_static(b"{\"half\": \"of the bod"), false);
        // A reset throws away what is still queued, so the half must have gone out before it.
        let (done, flushed) = oneshot::channel();
        let _ = self.word.send(Word::Flush(done));
        let _ = flushed.await;
        body.send_reset(Reason::INTERNAL_ERROR);
    }

    async fn go_away_below(self, id: u32, reason: Reason) {
        self.log.turned_away();
        // A client's streams are odd; the one below the first is 0, no stream at all.
        self.end(Farewell::GoAway(id.saturating_sub(2), reason)).await;
    }

    /// Ends the connection, and stays until it has ended: a stream that is dropped would send a reset first.
    async fn end(self, farewell: Farewell) {
        let _ = self.word.send(Word::Farewell(farewell));
        std::future::pending().await
    }
}

async fn read(request: Request<RecvStream>) -> Result<Seen, h2::Error> {
    let (head, mut stream) = request.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        let _ = stream.flow_control().release_capacity(data.len());
        body.extend(data);
    }
    let authority = head.uri.authority().map(|authority| format!(":authority: {authority}"));
    let fields = head.headers.iter();
    let fields = fields.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    Ok(Seen {
        order: 0,
        connection: 0,
        ended_with_head: false,
        method: head.method.to_string(),
        target: head.uri.path_and_query().map_or("", |target| target.as_str()).to_owned(),
        header_lines: authority.into_iter().chain(fields).collect(),
        body,
    })
}

fn answer(response: &mut SendResponse<Bytes>, reply: &Reply) -> Result<(), h2::Error> {
    let mut body = start(response, reply, reply.body.is_empty())?;
    if reply.body.is_empty() { Ok(()) } else { body.send_data(reply.body.clone(), true) }
}

fn start(
    response: &mut SendResponse<Bytes>,
    reply: &Reply,
    ends: bool,
) -> Result<SendStream<Bytes>, h2::Error> {
    let mut head = Response::new(());
    *head.status_mut() = reply.status.try_into().unwrap();
    for line in &reply.lines {
        let colon =
            line.iter().position(|byte| *byte == b':').expect("a header line without a colon over HTTP/2");
        let name = HeaderName::from_bytes(&line[..colon]).unwrap();
        head.headers_mut().append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).unwrap());
    }
    response.send_response(head, ends)
}
