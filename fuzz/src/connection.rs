//! What a client sends on a connection, over a real socket: whatever it is, every answer is one, the next client is served
//! the recorded answer, and nothing reaches the upstream but what is within the route.

use std::{
    convert::Infallible,
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use outcall_gateway::{
    App, Network,
    config::Config,
    ledger::{Ledger, Memory},
    server,
};
use tokio::{net::TcpListener, runtime::Runtime};

/// Which request the honest client makes: the first time it is sent upstream, from then on it is replayed.
const HONEST: &[u8] =
    b"GET /r/honest HTTP/1.1\r\nhost: g\r\nidempotency-key: honest-4711\r\nconnection: close\r\n\r\n";
/// What the upstream says to anybody.
const SAID: &str = "said once";

/// A gateway and its upstream, for the whole process.
struct Rig {
    _runtime: Runtime,
    gateway: SocketAddr,
    strays: Arc<AtomicU64>,
}

fn rig() -> &'static Rig {
    static RIG: OnceLock<Rig> = OnceLock::new();
    RIG.get_or_init(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let strays = Arc::new(AtomicU64::new(0));
        let gateway = runtime.block_on(open(strays.clone()));
        Rig { _runtime: runtime, gateway, strays }
    })
}

async fn open(strays: Arc<AtomicU64>) -> SocketAddr {
    let upstream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let config = format!(
        r#"{{"/r": {{"upstream": "http://{addr}/base", "methods": ["GET", "POST"], "ttl": "2m"}},
            "/r/honest": "http://{addr}/base/honest"}}"#,
        addr = upstream.local_addr().unwrap()
    );
    let config = Config::parse(&config, &|_| None).unwrap_or_else(|error| panic!("{error}"));
    tokio::spawn(serve(upstream, strays));
    let listener = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let ledger: Arc<dyn Ledger> = Arc::new(Memory::new(config.store.room_bytes));
    let app = Arc::new(App::new(config, ledger, Network::default()).unwrap());
    tokio::spawn(async move { server::run(listener, app, std::future::pending()).await.unwrap() });
    address
}

/// An upstream that says the same to everybody, and counts who asks for what is not within the route.
async fn serve(listener: TcpListener, strays: Arc<AtomicU64>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let strays = strays.clone();
        let answer = move |request: Request<Incoming>| {
            let strays = strays.clone();
            async move {
                let is_within = is_within(request.uri().path());
                let is_whole = request.into_body().collect().await.is_ok();
                if !is_within {
                    strays.fetch_add(1, Ordering::SeqCst);
                }
                let status = if is_whole { 200 } else { 400 };
                Ok::<_, Infallible>(
                    Response::builder().status(status).body(Full::new(Bytes::from(SAID))).unwrap(),
                )
            }
        };
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
    }
}

/// Whether a path is the route's base or below it, also for a server that unfolds its escapes once.
fn is_within(path: &str) -> bool {
    let slashes = path.to_ascii_lowercase().replace("%2f", "/").replace("%5c", "/");
    let unfolded = slashes.replace("%2e", ".");
    let is_below = path == "/base" || path.starts_with("/base/");
    is_below && !unfolded.split('/').any(|piece| matches!(piece, "." | ".."))
}

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    let rig = rig();
    let mut hostile = TcpStream::connect(rig.gateway).expect("a gateway that accepts");
    closing_is_fine(hostile.write_all(bytes));
    // Meanwhile the gateway reads what was sent.
    let mut next = TcpStream::connect(rig.gateway).expect("a gateway that accepts");
    let mut honest = String::new();
    next.write_all(HONEST).and_then(|()| next.read_to_string(&mut honest)).expect("an answer");
    let is_served = honest.starts_with("HTTP/1.1 200 OK\r\n") && honest.ends_with(&format!("\r\n\r\n{SAID}"));
    assert!(is_served, "the next client got {honest:?}");
    let mut answers = Vec::new();
    closing_is_fine(hostile.shutdown(Shutdown::Write));
    closing_is_fine(hostile.read_to_end(&mut answers).map(drop));
    // The head of a frame SETTINGS opens HTTP/2.
    let is_one = answers.len() < 9 || answers.starts_with(b"HTTP/1.") || answers[3] == 4;
    assert!(is_one, "an answer that is none: {:?}", String::from_utf8_lossy(&answers));
    assert_eq!(
        rig.strays.load(Ordering::SeqCst),
        0,
        "the upstream was asked for what is not within the route"
    );
}

/// A gateway that refuses closes in the middle of what it is sent.
fn closing_is_fine(done: io::Result<()>) {
    let closed = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::NotConnected];
    if let Err(error) = done {
        assert!(closed.contains(&error.kind()), "{error}");
    }
}
