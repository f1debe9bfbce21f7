//! A service as they are in the wild. No two of its answers are alike: a date, a cookie, a request id, a price that
//! moves, members in an order by chance. It executes each order that reaches it, and one of its paths breaks the
//! connection off when the order has been read.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The path that reads an order and never answers.
pub(crate) const BREAKING: &str = "/breaking";

pub(crate) struct Upstream {
    address: SocketAddr,
    served: Arc<AtomicU64>,
}

impl Upstream {
    /// On a free port of loopback, until the process ends.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let served = Arc::new(AtomicU64::new(0));
        tokio::spawn(accept(listener, served.clone()));
        Ok(Self { address, served })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests that have arrived whole.
    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, served: Arc<AtomicU64>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let served = served.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &served));
            // It ends with an error when an answer was broken off, as it should be.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, served: &AtomicU64) -> Result<Response<Full<Bytes>>, BrokenOff> {
    let path = request.uri().path().to_owned();
    request.into_body().collect().await.map_err(|_| BrokenOff)?;
    let number = served.fetch_add(1, Ordering::SeqCst) + 1;
    if path == BREAKING {
        return Err(BrokenOff);
    }
    let id = format!("{:016x}", fastrand::u64(..));
    let mut members = [
        format!(r#""price":"{}.{:02}""#, fastrand::u32(3..9), fastrand::u32(0..100)),
        format!(r#""receipt":{number}"#),
        format!(r#""request_id":"{id}""#),
    ];
    fastrand::shuffle(&mut members);
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::SET_COOKIE, format!("session={id}"))
        .header("x-request-id", id)
        .body(Full::from(format!("{{{}}}", members.join(","))))
        .map_err(|_| BrokenOff)
}

/// The connection is closed without a word.
#[derive(Debug, thiserror::Error)]
#[error("the demo's upstream broke off")]
struct BrokenOff;
