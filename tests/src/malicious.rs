//! A node that lies: between a subnet's replicas and the gateway, it changes what is asked and what is answered.
//!
//! It speaks HTTP/1.1 as the adapter does where a network is clear, one request for each connection to the gateway.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What a node does with one exchange. Texts are whole messages; every message here is text.
pub trait Malice: Send + Sync + 'static {
    /// What is asked of the gateway in place of `request`, the `number`th from 0; none when it is not asked at all.
    fn request(&self, _number: usize, request: String) -> Option<String> {
        Some(request)
    }
    /// What is handed over in place of the gateway's answer, which is empty when it was not asked.
    fn answer(&self, number: usize, answer: String) -> String;
}

/// Changes answers only.
impl<F: Fn(usize, String) -> String + Send + Sync + 'static> Malice for F {
    fn answer(&self, number: usize, answer: String) -> String {
        self(number, answer)
    }
}

/// The lying node, until it is dropped.
pub struct Malicious {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Malicious {
    /// Stands before this gateway.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn before(gateway: SocketAddr, malice: impl Malice) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let (malice, number, heard) =
            (Arc::new(malice), AtomicUsize::new(0), Arc::<Mutex<Vec<String>>>::default());
        let noting = heard.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (malice, number) = (malice.clone(), number.fetch_add(1, Ordering::SeqCst));
                let noting = noting.clone();
                // A replica that hangs up early is none of our business.
                tokio::spawn(async move {
                    let _ = exchange(stream, gateway, &*malice, number, &noting).await;
                });
            }
        });
        Self { address, heard, accepting }
    }

    /// Its URL, for a canister that takes it for the gateway.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The answers that the gateway gave.
    pub fn answers(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Malicious {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn exchange(
    mut replica: TcpStream,
    gateway: SocketAddr,
    malice: &dyn Malice,
    number: usize,
    noting: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let request = read_request(&mut replica).await?;
    let answer = match malice.request(number, request) {
        None => String::new(),
        Some(request) => {
            let mut gateway = TcpStream::connect(gateway).await?;
            // So that the answer ends where the connection does.
            let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            gateway.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            gateway.read_to_string(&mut answer).await?;
            noting.lock().unwrap_or_else(PoisonError::into_inner).push(answer.clone());
            answer
        }
    };
    replica.write_all(malice.answer(number, answer).as_bytes()).await?;
    replica.shutdown().await
}

async fn read_request(replica: &mut TcpStream) -> std::io::Result<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap_or(0)) {
                return Ok(text.into_owned());
            }
        }
        if replica.read_buf(&mut request).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
