//! An upstream as they are in the wild, for the first five minutes: every answer differs in body and headers.
//!
//! It runs on loopback and counts what reaches it, so that one sees with one's own eyes that thirteen requests with
//! one key are one request upstream.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

use crate::config::{Config, ConfigError, Route};

/// The demo's upstream service; it ends with the process.
pub struct DemoUpstream {
    address: SocketAddr,
}

#[derive(Clone, Default)]
struct Served(Arc<AtomicU64>);

impl DemoUpstream {
    /// Where the gateway serves it.
    pub const ROUTE: &str = "/demo";

    /// Starts the service on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port to listen on.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let service = Router::new().fallback(answer).with_state(Served::default());
        tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(Self { address })
    }

    /// The route that leads to it.
    ///
    /// # Errors
    /// None that a user could cause: the route is written here.
    pub fn route(&self) -> Result<Arc<Route>, ConfigError> {
        let text = format!(r#"{{"{}": "http://{}/price"}}"#, Self::ROUTE, self.address);
        Ok(Config::parse(&text, &|_| None)?.routes.remove(0))
    }
}

/// A price with all that makes replicas disagree: a count, an id, the time, a cookie, an order of members by chance.
async fn answer(State(served): State<Served>, method: Method) -> Response {
    let served = served.0.fetch_add(1, Ordering::Relaxed) + 1;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let id = format!("{:016x}", fastrand::u64(..));
    let mut members = [
        r#""pair":"ICP/USD""#.to_owned(),
        format!(r#""price":"{}.{:02}""#, fastrand::u32(3..9), fastrand::u32(0..100)),
        format!(r#""request_id":"{id}""#),
        format!(r#""answered_at_ms":{}"#, now.as_millis()),
        format!(r#""upstream_requests":{served}"#),
        format!(r#""method":"{method}""#),
    ];
    fastrand::shuffle(&mut members);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [("x-request-id", id.clone()), ("set-cookie", format!("session={id}"))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    (headers, format!("{{{}}}", members.join(","))).into_response()
}
