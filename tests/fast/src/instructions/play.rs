//! Plays one workload on one thread: a server, one client that asks and reads over loopback, and, for fresh keys, an upstream.
//!
//! Client and upstream are so small that what is counted is the server: the client writes bytes that were made before, and
//! reads until it has as many as it should.

use std::{net::Ipv4Addr, sync::Arc};

use outcall_gateway::{
    App, Network,
    config::Config,
    ledger::{Ledger, Memory},
    server,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{bare, message};

/// The small answer of the benchmark, too.
const BODY_BYTES: usize = 250;

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workload {
    /// The bare hyper server, whose count everything else can be compared with.
    Bare,
    /// One key again and again.
    Replay,
    /// A key of its own for each request, and so a call upstream.
    Fresh,
}

impl Workload {
    pub(super) const ALL: [Self; 3] = [Self::Bare, Self::Replay, Self::Fresh];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Replay => "replay",
            Self::Fresh => "fresh",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|workload| workload.name() == name)
    }
}

type Failed = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
pub(super) async fn play(workload: Workload, times: usize) -> Result<(), Failed> {
    let address = match workload {
        Workload::Bare => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let address = listener.local_addr()?;
            tokio::spawn(bare::serve(listener, BODY_BYTES));
            address
        }
        Workload::Replay | Workload::Fresh => gateway().await?,
    };
    let mut client = TcpStream::connect(address).await?;
    client.set_nodelay(true)?;
    let first = asked(&mut client, &message::order("key-00000000"), None).await?;
    for number in 1..=times {
        // The same work to make the request, whatever is asked.
        let key = if workload == Workload::Fresh { number } else { 0 };
        let request = message::order(&format!("key-{key:08}"));
        if asked(&mut client, &request, Some(first.len())).await? != first {
            return Err(format!("answer {number} differs from the first").into());
        }
    }
    Ok(())
}

/// Sends a request and reads its answer, whose length is known after the first one.
async fn asked(client: &mut TcpStream, request: &[u8], bytes: Option<usize>) -> Result<Vec<u8>, Failed> {
    client.write_all(request).await?;
    let mut answer = Vec::with_capacity(1024);
    while bytes.or_else(|| message::whole(&answer)).is_none_or(|bytes| answer.len() < bytes) {
        if client.read_buf(&mut answer).await? == 0 {
            return Err("the connection ended within an answer".into());
        }
    }
    if !answer.starts_with(b"HTTP/1.1 200 OK\r\n") {
        return Err(format!("expected 200, found {:?}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(answer)
}

/// The gateway over its memory ledger, and an upstream behind it.
async fn gateway() -> Result<std::net::SocketAddr, Failed> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let upstream = listener.local_addr()?;
    tokio::spawn(answer_all(listener));
    let config = format!(r#"{{"{}": "http://{upstream}/v1/order"}}"#, message::ROUTE);
    let config = Config::parse(&config, &|_| None)?;
    let ledger: Arc<dyn Ledger> = Arc::new(Memory::new(config.store.room_bytes));
    let listener = server::listen((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = listener.local_addr()?;
    let app = Arc::new(App::new(config, ledger, Network::default())?);
    tokio::spawn(async move { server::run(listener, app, std::future::pending()).await });
    Ok(address)
}

/// Answers every request on every connection, as soon as its body has come.
async fn answer_all(listener: TcpListener) {
    let body = message::body(BODY_BYTES);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer: Arc<[u8]> = answer.into_bytes().into();
    while let Ok((mut stream, _)) = listener.accept().await {
        let answer = answer.clone();
        tokio::spawn(async move {
            let mut request = Vec::with_capacity(1024);
            while stream.read_buf(&mut request).await.is_ok_and(|bytes| bytes > 0) {
                if request.ends_with(message::ORDER) {
                    request.clear();
                    if stream.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}
