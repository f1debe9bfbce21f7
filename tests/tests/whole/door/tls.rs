//! TLS by certificate files, and the protocol that is agreed on in it.

use std::{fs, io, net::SocketAddr, path::PathBuf, sync::Arc};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use outcall_gateway::{App, Network, config::Config, ledger::Memory, server};
use outcall_tests::{
    gateway::{Gateway, Process},
    replica::{Outcall, Replica, Subnet, agreed},
    tls::Authority,
    upstream::{Act, Script, Upstream},
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");

fn config(upstream: &Upstream, authority: &Authority) -> String {
    let (certificate, key) = (authority.leaf_path(), authority.key_path());
    let tls = format!(r#"{{"certificate": "{}", "key": "{}"}}"#, certificate.display(), key.display());
    format!(r#"{{"server": {{"tls": {tls}}}, "/r": "{}"}}"#, upstream.url("/u"))
}

/// A TLS connection on which the client offers these protocols.
async fn connect(
    addr: SocketAddr,
    authority: &Authority,
    protocols: &[&str],
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(addr).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(authority.client(protocols)).connect(name, stream).await
}

fn agreed_on(stream: &TlsStream<TcpStream>) -> Option<String> {
    stream.get_ref().1.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned())
}

#[tokio::test]
async fn a_subnet_agrees_over_tls() {
    let authority = Authority::new();
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let gateway = Gateway::start(&config(&upstream, &authority)).await;
    let replica = Replica::over_tls(gateway.addr(), &authority);
    let answers = Subnet { replica, replicas: 13 }.burst(&Outcall::post("/r").key("k").json("{}")).await;
    assert_eq!(agreed(&answers).status, 200);
    assert_eq!(upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn the_protocol_is_agreed_on_in_the_handshake() {
    let authority = Authority::new();
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let gateway = Gateway::start(&config(&upstream, &authority)).await;
    for (offered, expected) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&["h2"], Some("h2")),
        (&[], None),
    ] {
        let stream = connect(gateway.addr(), &authority, offered).await.unwrap();
        assert_eq!(agreed_on(&stream).as_deref(), expected, "{offered:?}");
    }
    let none = connect(gateway.addr(), &authority, &["gopher"]).await;
    assert!(none.is_err(), "no common protocol");
}

#[tokio::test]
async fn http2_over_tls_gives_the_same_answer() {
    let authority = Authority::new();
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let gateway = Gateway::start(&config(&upstream, &authority)).await;
    let expected = Replica::over_tls(gateway.addr(), &authority).send(&Outcall::get("/r")).await.unwrap();

    let stream = connect(gateway.addr(), &authority, &["h2"]).await.unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("https://localhost:{}/r", gateway.addr().port()));
    let response = sender.send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let lines: Vec<_> =
        head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    assert_eq!((head.status.as_u16(), lines), (expected.status, expected.header_lines));
    assert_eq!(body.collect().await.unwrap().to_bytes(), expected.body);
    connection.abort();
}

#[tokio::test]
async fn whoever_speaks_no_tls_or_trusts_another_authority_disturbs_nobody() {
    let (authority, other) = (Authority::new(), Authority::new());
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let gateway = Gateway::start(&config(&upstream, &authority)).await;
    let mut plain = TcpStream::connect(gateway.addr()).await.unwrap();
    plain.write_all(b"GET /r HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP/"), "an answer in clear text: {}", String::from_utf8_lossy(&said));
    assert!(connect(gateway.addr(), &other, &["http/1.1"]).await.is_err());
    let silent = TcpStream::connect(gateway.addr()).await.unwrap();
    let replica = Replica::over_tls(gateway.addr(), &authority);
    assert_eq!(replica.send(&Outcall::get("/r")).await.unwrap().status, 200);
    drop(silent);
    assert_eq!(upstream.hits(), 1);
}

#[tokio::test]
async fn files_that_are_no_certificate_and_key_are_named_before_anything_is_accepted() {
    let authority = Authority::new();
    let (leaf, key) =
        (authority.leaf_path().display().to_string(), authority.key_path().display().to_string());
    for (certificate, private, named) in [
        ("/nowhere/leaf.pem", key.as_str(), "/nowhere/leaf.pem"),
        (&leaf, "/nowhere/key.pem", "/nowhere/key.pem"),
        (&leaf, &leaf, &leaf),
        (&key, &key, &key),
    ] {
        let text = format!(
            r#"{{"server": {{"tls": {{"certificate": "{certificate}", "key": "{private}"}}}}, "/r": "http://127.0.0.1:1"}}"#
        );
        let config = Config::parse(&text, &|_| None).unwrap();
        let ledger = Arc::new(Memory::new(config.store.room_bytes));
        let app = Arc::new(App::new(config, ledger, Network::default()).unwrap());
        let listener = server::listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let error = server::run(listener, app, std::future::pending()).await.unwrap_err().to_string();
        assert!(error.contains(named), "{error:?} does not name {named}");
    }
}

/// Puts the files of one authority in the place of another's, as whoever renews a certificate does.
fn renew(place: &Authority, from: &Authority, files: &[fn(&Authority) -> PathBuf]) {
    for file in files {
        let new = file(place).with_extension("new");
        fs::copy(file(from), &new).unwrap();
        fs::rename(new, file(place)).unwrap();
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_served_to_the_next_and_cuts_nobody_off() {
    let (before, after) = (Authority::new(), Authority::new());
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let mut gateway = Process::start(BINARY, &config(&upstream, &before), &["--store", "memory"]).await;
    let mut early = Replica::over_tls(gateway.addr(), &before).session().await.unwrap();
    let outcall = Outcall::get("/r");
    let first = early.send(&outcall).await.unwrap();

    // A key without its certificate is not served.
    renew(&before, &after, &[Authority::key_path]);
    gateway.said("a changed certificate cannot be used").await;
    assert_eq!(Replica::over_tls(gateway.addr(), &before).send(&outcall).await.unwrap(), first);

    renew(&before, &after, &[Authority::leaf_path]);
    gateway.said("the certificate was renewed").await;
    assert_eq!(Replica::over_tls(gateway.addr(), &after).send(&outcall).await.unwrap(), first);
    assert!(
        connect(gateway.addr(), &before, &["http/1.1"]).await.is_err(),
        "the old certificate is still served"
    );
    assert_eq!(
        early.send(&outcall).await.unwrap(),
        first,
        "a connection from before the renewal was cut off"
    );
}
