//! How long a connection stays without a request: whole connections over a pipe, on a paused clock.

use std::time::Duration;

use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    task::JoinHandle,
    time::advance,
};

use super::*;
use crate::{
    config::Config,
    ledger::{Ask, BoxFuture, Claim, Ledger, Occupancy, Timestamp, Unavailable},
    upstream::Network,
};

/// How long a request takes: longer than a connection may be idle.
const REQUEST: Duration = limits::IDLE_TIMEOUT.saturating_mul(3);
/// Timers are exact to a millisecond, and closing takes one or two more than its grace.
const CLOSING: Duration = limits::CLOSE_GRACE.saturating_add(Duration::from_millis(10));

/// A ledger that thinks for as long as [`REQUEST`], and then is full.
struct Slow;

impl Ledger for Slow {
    fn claim<'a>(&'a self, _: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(async {
            // A request claims twice: a second time in search of a claim that was made in between.
            sleep(REQUEST / 2).await;
            Err(Unavailable::Full)
        })
    }

    fn now(&self) -> Timestamp {
        // No refusal expires meanwhile.
        Timestamp::from_millis(0)
    }

    fn occupancy(&self) -> Occupancy {
        Occupancy::default()
    }
}

/// The client's end of a connection, its service, and the end of the process, which never comes.
struct Connection {
    client: DuplexStream,
    served: JoinHandle<()>,
    started: Instant,
    _close: watch::Sender<()>,
}

fn connect() -> Connection {
    connect_through(64 * 1024)
}

/// The same, over a pipe that holds so many bytes.
fn connect_through(pipe: usize) -> Connection {
    let config = Config::parse(r#"{"/r": "http://127.0.0.1:1/u"}"#, &|_| None).unwrap();
    let acceptor = Acceptor::new(config.server.tls.as_ref()).unwrap();
    let places = Places::new(1, None, &[]);
    let app = Arc::new(App::new(config, Arc::new(Slow), Network::default()).unwrap());
    let door = Door { acceptor, places, app };
    let (client, server) = duplex(pipe);
    let (close, closing) = watch::channel(());
    let served = tokio::spawn(async move {
        let _ = door.converse(server, closing).await;
    });
    Connection { client, served, started: Instant::now(), _close: close }
}

/// When the connection ended, counted from its beginning.
async fn end(served: JoinHandle<()>, started: Instant) -> Duration {
    let ended = timeout(limits::IDLE_TIMEOUT * 10, served).await;
    assert!(ended.is_ok(), "a connection that is idle for ever");
    started.elapsed()
}

#[track_caller]
fn assert_about(found: Duration, expected: Duration, what: &str) {
    assert!(found >= expected && found <= expected + CLOSING, "{what}: closed after {found:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_closed() {
    for said in
        ["", "P", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "GET / HT", "GET /r HTTP/1.1\r\nhost: g\r\n"]
    {
        let Connection { mut client, served, started, _close } = connect();
        client.write_all(said.as_bytes()).await.unwrap();
        assert_about(end(served, started).await, limits::IDLE_TIMEOUT, said);
        client.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_answers_pings_is_closed() {
    let Connection { client, served, started, _close } = connect();
    let (_requests, connection) = h2::client::handshake(client).await.unwrap();
    let client = tokio::spawn(connection);
    assert_about(end(served, started).await, limits::IDLE_TIMEOUT, "HTTP/2");
    client.await.unwrap().unwrap();
}

/// The control: a request keeps its connection for as long as it takes, and then the patience begins anew.
#[tokio::test(start_paused = true)]
async fn a_connection_with_a_request_stays_for_as_long_as_it_takes() {
    let Connection { mut client, served, started, _close } = connect();
    client.write_all(b"GET /r HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    let mut status = [0; 12];
    client.read_exact(&mut status).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&status), "HTTP/1.1 503");
    assert_about(started.elapsed(), REQUEST, "answered");
    assert_about(end(served, started).await, REQUEST + limits::IDLE_TIMEOUT, "closed");
}

#[tokio::test(start_paused = true)]
async fn so_does_one_of_http2_while_one_of_its_requests_runs() {
    let Connection { client, served, started, _close } = connect();
    let (mut requests, connection) = h2::client::handshake(client).await.unwrap();
    let client = tokio::spawn(connection);
    let request = || Request::get("http://g/r").body(()).unwrap();
    let (first, _) = requests.send_request(request(), true).unwrap();
    // A second request in the middle of the first; the connection is in use until both are answered.
    advance(REQUEST / 2).await;
    let mut requests = requests.ready().await.unwrap();
    let (second, _) = requests.send_request(request(), true).unwrap();
    for answer in [first, second] {
        assert_eq!(answer.await.unwrap().status(), 503);
    }
    let answered = started.elapsed();
    assert!(answered >= REQUEST, "answered after {answered:?}");
    assert_about(end(served, started).await, answered + limits::IDLE_TIMEOUT, "closed");
    drop(requests);
    client.await.unwrap().unwrap();
}

/// Idle is who has taken his answer.
#[tokio::test(start_paused = true)]
async fn who_takes_his_answer_slowly_is_given_all_of_it() {
    const PIPE: usize = 32;
    let Connection { mut client, served, started, _close } = connect_through(PIPE);
    client.write_all(b"GET /r HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; PIPE]);
    while !answer.ends_with(b"}") {
        let bytes = client.read(&mut piece).await.unwrap();
        assert!(bytes > 0, "cut off behind {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..bytes]);
        // Longer in all than a connection may be idle, and than what was idle is waited for.
        sleep(limits::WRITE_TIMEOUT / 2).await;
    }
    assert!(started.elapsed() > REQUEST + limits::IDLE_TIMEOUT + CLOSING, "{:?}", started.elapsed());
    drop(client);
    end(served, started).await;
}
