//! A server that reads requests byte by byte and does to each of them, in order of arrival, what its script says.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// What is done to a request that was read whole.
pub(super) enum Act {
    /// These bytes; the connection stays.
    Reply(Vec<u8>),
    /// These bytes, then the end of the connection.
    ReplyAndClose(Vec<u8>),
    /// A reset.
    Reset,
    /// Nothing, ever.
    Hold,
}

impl Act {
    pub(super) fn reply(text: &str) -> Self {
        Self::Reply(text.as_bytes().to_vec())
    }
}

/// A request, and the connection that it came on, counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) connection: usize,
    pub(super) bytes: String,
}

#[derive(Default)]
struct State {
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
    arrived: Notify,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    state: Arc<State>,
}

impl Server {
    pub(super) async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { script: Mutex::new(script.into_iter().collect()), ..State::default() });
        let shared = state.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = shared.clone();
                tokio::spawn(async move { serve(stream, connection, &shared).await });
            }
        });
        Self { address, state }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// Returns once a request has arrived since the last time.
    pub(super) async fn arrived(&self) {
        self.state.arrived.notified().await;
    }
}

async fn serve(mut stream: TcpStream, connection: usize, state: &State) {
    while let Some(bytes) = read_request(&mut stream).await {
        state.seen.lock().unwrap().push(Seen { connection, bytes });
        state.arrived.notify_one();
        let act = state.script.lock().unwrap().pop_front();
        match act.unwrap_or(Act::Reset) {
            Act::Reply(bytes) => stream.write_all(&bytes).await.unwrap(),
            Act::ReplyAndClose(bytes) => return stream.write_all(&bytes).await.unwrap(),
            Act::Reset => return stream.set_zero_linger().unwrap(),
            Act::Hold => std::future::pending().await,
        }
    }
}

/// The head and as much body as its `content-length` says; none when the client has gone.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + std::str::from_utf8(&body).unwrap())
}
