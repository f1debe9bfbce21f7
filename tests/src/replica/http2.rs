//! A replica that speaks HTTP/2 in clear text without asking first. The framing is a library's here: what counts is
//! status, header fields in order, and body.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Outcall, REQUEST_TIMEOUT};

/// One HTTP/2 connection; calls on it run side by side.
pub struct H2Replica {
    addr: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<()>,
}

/// An answer over HTTP/2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct H2Answer {
    /// The status code.
    pub status: u16,
    /// Names and values in order. Values of a repeated name come together.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; not decompressed.
    pub body: Vec<u8>,
}

impl H2Replica {
    /// Connects with prior knowledge.
    ///
    /// # Errors
    /// When nobody listens or nobody speaks HTTP/2.
    pub async fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        let (sender, connection) =
            handshake(TokioExecutor::new(), TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let connection = tokio::spawn(async move {
            // What goes wrong on the connection shows at the call that it concerns.
            let _ = connection.await;
        });
        Ok(Self { addr, sender, connection })
    }

    /// Makes the call and waits for the answer. Headers as the adapter sends them; `host` is `:authority` here.
    ///
    /// # Errors
    /// A reset, a connection that ends, or 30 s gone.
    pub async fn send(&self, outcall: &Outcall) -> io::Result<H2Answer> {
        let mut request = Request::builder()
            .method(outcall.method.as_str())
            .uri(format!("http://{}{}", self.addr, outcall.path));
        for (name, value) in &outcall.headers {
            request = request.header(name.to_ascii_lowercase(), value);
        }
        if request.headers_ref().is_some_and(|headers| !headers.contains_key("user-agent")) {
            request = request.header("user-agent", "ic/1.0");
        }
        let request = request.body(Full::new(Bytes::from(outcall.body.clone()))).map_err(io::Error::other)?;
        let mut sender = self.sender.clone();
        let call = async move {
            let (head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
            let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                (name.to_string(), value.as_bytes().to_vec())
            };
            Ok(H2Answer {
                status: head.status.as_u16(),
                headers: head.headers.iter().map(header).collect(),
                body,
            })
        };
        timeout(REQUEST_TIMEOUT, call).await?
    }
}

impl H2Answer {
    /// The first value of that header as text.
    pub fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(&found.1).into_owned())
    }
}

impl Drop for H2Replica {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
