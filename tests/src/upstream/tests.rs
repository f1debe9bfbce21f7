use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Act, Ending, Framing, Refusing, Reply, Script, Upstream};
use crate::gate::Gate;

mod lies;
mod ready;
mod script;

const GET: &str = "GET /price?of=ICP HTTP/1.1\r\nHost: here\r\nX-Twice: 1\r\nx-twice: 2\r\n\r\n";
const POST: &str = "POST /pay HTTP/1.1\r\nhost: here\r\ncontent-length: 5\r\n\r\n5 ICP";

/// Sends these bytes and reads to the end: everything that came, and how it ended.
async fn exchange(upstream: &Upstream, request: &str) -> (String, Ending) {
    let mut bytes = Vec::new();
    let end = match try_exchange(upstream, request, &mut bytes).await {
        Ok(()) => Ending::Fin,
        Err(error) => {
            // A reset that comes while the client still writes shows as a broken pipe.
            let reset = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
            assert!(reset.contains(&error.kind()), "{error}");
            Ending::Rst
        }
    };
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

async fn try_exchange(upstream: &Upstream, request: &str, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut stream = TcpStream::connect(upstream.addr()).await?;
    stream.write_all(request.as_bytes()).await?;
    while stream.read_buf(bytes).await? > 0 {}
    Ok(())
}

fn last(request: &str) -> String {
    request.replacen("\r\n", "\r\nconnection: close\r\n", 1)
}

/// What a connection gets that stays open, up to that many bytes.
async fn read(stream: &mut TcpStream, bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    stream.read_exact(&mut buffer).await.unwrap();
    String::from_utf8(buffer).unwrap()
}

#[tokio::test]
async fn an_answer_is_on_the_wire_as_it_was_scripted() {
    let reply = Reply::new(418).header("X-Spelled", "Like  This").line("x-spelled:tight").body("short");
    let upstream = Upstream::start(Script::steps([Act::Answer(reply)])).await;

    let (bytes, end) = exchange(&upstream, &last(GET)).await;

    let head =
        "HTTP/1.1 418 Scripted\r\nX-Spelled: Like  This\r\nx-spelled:tight\r\ncontent-length: 5\r\n\r\n";
    assert_eq!(bytes, format!("{head}short"));
    assert_eq!(end, Ending::Fin);
    upstream.finish().await;
}

#[tokio::test]
async fn requests_are_kept_as_they_came() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    exchange(&upstream, &last(GET)).await;
    exchange(&upstream, &last(POST)).await;

    let seen = upstream.finish().await;

    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("GET", "/price?of=ICP"));
    assert_eq!(seen[0].header_lines, ["connection: close", "Host: here", "X-Twice: 1", "x-twice: 2"]);
    assert_eq!(seen[0].headers("x-TWICE"), ["1", "2"]);
    assert_eq!(seen[0].header_names(), ["connection", "Host", "X-Twice", "x-twice"]);
    assert_eq!((seen[1].text().as_str(), seen[1].order, seen[1].connection), ("5 ICP", 1, 1));
}

#[tokio::test]
async fn a_chunked_request_is_put_together() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    let chunks = "3;note=x\r\n5 I\r\n2\r\nCP\r\n0\r\nx-trailer: 1\r\n\r\n";
    let head = "POST /pay HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    exchange(&upstream, &format!("{head}{chunks}")).await;
    assert_eq!(upstream.finish().await[0].text(), "5 ICP");
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let upstream = Upstream::start(Script::steps([Act::json("{}"), Act::json("{}")])).await;
    let (bytes, end) = exchange(&upstream, &format!("{GET}{}", last(POST))).await;
    assert_eq!(end, Ending::Fin);
    assert_eq!(bytes.matches("HTTP/1.1 200 Scripted").count(), 2);
    let seen = upstream.finish().await;
    assert_eq!(seen.iter().map(|seen| seen.connection).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test]
async fn a_gate_holds_the_answer_until_the_test_opens_it() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::json("{}").held_at(&gate)])).await;
    let mut stream = TcpStream::connect(upstream.addr()).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();

    gate.reached().await;
    assert_eq!(upstream.hits(), 1);
    assert_eq!(stream.try_read(&mut [0; 1]).unwrap_err().kind(), io::ErrorKind::WouldBlock);

    gate.release();
    assert_eq!(read(&mut stream, 12).await, "HTTP/1.1 200");
    upstream.finish().await;
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_counted() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Hang, Act::json("{}").held_at(&gate)])).await;
    for request in [GET, POST] {
        let mut stream = TcpStream::connect(upstream.addr()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
    }
    upstream.abandoned_by(2).await;
    assert_eq!((upstream.hits(), upstream.connections()), (2, 2));
    upstream.finish().await;
}

#[tokio::test]
async fn half_a_request_is_no_hit() {
    let upstream = Upstream::start(Script::steps([])).await;
    let mut stream = TcpStream::connect(upstream.addr()).await.unwrap();
    stream.write_all(&POST.as_bytes()[..POST.len() - 2]).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!((upstream.hits(), upstream.incomplete()), (0, 1));
    upstream.finish().await;
}

#[tokio::test]
async fn an_upstream_that_is_gone_closes_its_connections() {
    let arrival = Gate::open();
    let upstream = Upstream::start(Script::steps([Act::Hang.held_at(&arrival)])).await;
    let mut stream = TcpStream::connect(upstream.addr()).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    arrival.reached().await;
    drop(upstream);
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn an_address_refuses_until_its_machine_comes_up() {
    let refusing = Refusing::bind();
    let addr = refusing.addr();
    let refused = TcpStream::connect(addr).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);

    let upstream = refusing.come_up(Script::steps([Act::json("{}")]));
    assert_eq!(upstream.addr(), addr);
    assert!(exchange(&upstream, &last(GET)).await.0.starts_with("HTTP/1.1 200"));
    upstream.finish().await;
}

#[tokio::test]
async fn an_upstream_listens_on_ipv6_too() {
    let upstream = Upstream::start_on("::1".parse().unwrap(), Script::steps([Act::json("{}")])).await;
    assert!(upstream.url("/price").starts_with("http://[::1]:"));
    assert!(exchange(&upstream, &last(GET)).await.0.starts_with("HTTP/1.1 200"));
    upstream.finish().await;
}
