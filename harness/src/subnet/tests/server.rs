//! A server that answers by a rule, and counts.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Barrier,
};

type Rule = Arc<dyn Fn(usize) -> String + Send + Sync>;

pub(crate) struct Server {
    address: SocketAddr,
    hits: Arc<AtomicUsize>,
}

impl Server {
    /// Answers the request with that number, from 0, by this rule: header lines, an empty line, the body.
    pub(crate) async fn answering(rule: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(rule), None).await
    }

    /// Answers nobody before so many have asked.
    pub(crate) async fn answering_together(requests: usize) -> Self {
        Self::start(Arc::new(|_| "\r\n".to_owned()), Some(Arc::new(Barrier::new(requests)))).await
    }

    async fn start(rule: Rule, barrier: Option<Arc<Barrier>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hits = Arc::new(AtomicUsize::new(0));
        let counted = hits.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, rule.clone(), barrier.clone(), counted.clone()));
            }
        });
        Self { address, hits }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

/// Requests here have no body.
async fn serve(mut stream: TcpStream, rule: Rule, barrier: Option<Arc<Barrier>>, hits: Arc<AtomicUsize>) {
    let mut bytes = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        bytes.push(byte);
        if !bytes.ends_with(b"\r\n\r\n") {
            continue;
        }
        bytes.clear();
        let number = hits.fetch_add(1, Ordering::SeqCst);
        if let Some(barrier) = &barrier {
            barrier.wait().await;
        }
        let answer = rule(number);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("", answer.trim_start()));
        let head = if head.is_empty() { String::new() } else { format!("{head}\r\n") };
        let answer = format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
