//! The life of one connection: read a request, ask the script, do as it says, and start over if the connection is
//! still good.

use std::io::{self, ErrorKind};

use tokio::io::AsyncWriteExt;

use super::{Act, Ending, Log, Reply, Seen};
use crate::transport::Stream;
use crate::wire::{Head, Length, Wire, malformed, values};

/// Serves until either side ends the connection.
pub(super) async fn serve(stream: Stream, number: usize, log: &Log<Act>) {
    let mut wire = Wire::new(stream);
    loop {
        let (seen, last) = match read(&mut wire, number, log).await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return log.complain(format!("connection {number} carries no HTTP/1.1: {error}"));
            }
            Err(_) => return log.broke_off(),
        };
        let to_head = seen.method == "HEAD";
        let next = match log.next(seen) {
            Some(act) => perform(act, to_head, &mut wire, log).await,
            None => answer(&unforeseen(), to_head, &mut wire).await,
        };
        match next {
            Ok(Next::Keep) if !last => {}
            Ok(Next::Keep | Next::End(Ending::Fin)) => {
                let _ = wire.stream.shutdown().await;
                return;
            }
            Ok(Next::End(Ending::Rst)) => {
                let _ = wire.stream.reset_when_dropped();
                return;
            }
            // The client did not wait for the whole answer. That is its right.
            Err(_) => return,
        }
    }
}

/// What becomes of the connection.
enum Next {
    Keep,
    End(Ending),
}

/// The next request, and whether it is the last one on this connection by its own wish. `None` when there is none.
async fn read(wire: &mut Wire, number: usize, log: &Log<Act>) -> io::Result<Option<(Seen, bool)>> {
    wire.begin_message();
    if !wire.has_more() && !matches!(wire.fill().await, Ok(true)) {
        return Ok(None);
    }
    if log.takes_step(|act| matches!(act, Act::ResetBeforeReading)) {
        wire.stream.reset_when_dropped()?;
        return Ok(None);
    }
    let Some(head) = wire.head().await? else { return Ok(None) };
    let mut words = head.first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed(format!("request line {:?}", head.first)));
    };
    let (method, target) = (method.to_owned(), target.to_owned());
    let length = head.length()?;
    let ended_with_head = length.is_none();
    let body = match length {
        Some(length) => wire.body(length).await?,
        None => wire.body(Length::Exactly(0)).await?,
    };
    let Head { lines: header_lines, .. } = head;
    let last = values(&header_lines, "connection").iter().any(|value| value.eq_ignore_ascii_case("close"));
    let (order, connection) = (0, number);
    Ok(Some((Seen { order, connection, method, target, header_lines, ended_with_head, body }, last)))
}

/// Does what the script says. An error means that the client is gone.
async fn perform(mut act: Act, to_head: bool, wire: &mut Wire, log: &Log<Act>) -> io::Result<Next> {
    loop {
        match act {
            Act::Answer(reply) => return answer(&reply, to_head, wire).await,
            Act::Varying => return answer(&Reply::varying(), to_head, wire).await,
            Act::CloseIdle(reply) => {
                answer(&reply, to_head, wire).await?;
                return Ok(Next::End(Ending::Fin));
            }
            Act::ResetOnAccept | Act::ResetBeforeReading => {
                log.complain(format!("a request was read where the script says {act:?}"));
                return Ok(Next::End(Ending::Rst));
            }
            Act::ResetAfterReading => return Ok(Next::End(Ending::Rst)),
            Act::CloseAfterReading => return Ok(Next::End(Ending::Fin)),
            Act::Hang => return abandoned(wire, log).await,
            Act::Hold(gate, inner) => {
                gate.arrive();
                tokio::select! {
                    // A client that left by the time the gate opens has left.
                    biased;
                    next = abandoned(wire, log) => return next,
                    () = gate.opened() => act = *inner,
                }
            }
            Act::HalfHead(ending) => {
                return send(b"HTTP/1.1 200 Scripted\r\ncontent-type: applica", ending, wire).await;
            }
            Act::HalfBody(ending) => {
                return send(
                    b"HTTP/1.1 200 Scripted\r\ncontent-length: 40\r\n\r\n{\"half\": \"of the bod",
                    ending,
                    wire,
                )
                .await;
            }
            Act::Garbage => return send(b"\x16\x03\x01 this is no HTTP\r\n\r\n", Ending::Fin, wire).await,
            Act::Raw(bytes) => return send(&bytes, Ending::Fin, wire).await,
            Act::Informational(statuses, inner) => {
                for status in statuses {
                    let interim =
                        format!("HTTP/1.1 {status} Interim\r\nlink: </style.css>; rel=preload\r\n\r\n");
                    wire.stream.write_all(interim.as_bytes()).await?;
                }
                wire.stream.flush().await?;
                act = *inner;
            }
            Act::Delay(time, inner) => {
                tokio::time::sleep(time).await;
                act = *inner;
            }
        }
    }
}

async fn answer(reply: &Reply, to_head: bool, wire: &mut Wire) -> io::Result<Next> {
    wire.stream.write_all(&reply.encode(to_head)).await?;
    wire.stream.flush().await?;
    Ok(if reply.closes() { Next::End(Ending::Fin) } else { Next::Keep })
}

async fn send(bytes: &[u8], ending: Ending, wire: &mut Wire) -> io::Result<Next> {
    wire.stream.write_all(bytes).await?;
    wire.stream.flush().await?;
    Ok(Next::End(ending))
}

async fn abandoned(wire: &mut Wire, log: &Log<Act>) -> io::Result<Next> {
    wire.left().await;
    log.was_abandoned();
    Ok(Next::End(Ending::Fin))
}

/// What a request gets that the script did not foresee: something a reader of a failed test will understand.
fn unforeseen() -> Reply {
    Reply::new(500).header("connection", "close").body("the script did not foresee this request")
}
