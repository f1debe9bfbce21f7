//! Over TLS: whom it trusts, what it offers, both versions of HTTP.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{io::AsyncWriteExt, net::TcpListener, task::JoinHandle};
use tokio_rustls::LazyConfigAcceptor;

use super::*;

const HOST: &str = "prices.example";

/// A server's configuration for [`HOST`] that speaks this protocol, and its root as PEM text.
fn authority(protocol: &str) -> (Arc<ServerConfig>, String) {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = root.self_signed(&root_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([HOST.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    (Arc::new(config), pem)
}

/// Answers one request by HTTP/1.1; the protocols that the client offered, and the request.
async fn serve_once(config: Arc<ServerConfig>) -> (SocketAddr, JoinHandle<(Vec<String>, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let start = LazyConfigAcceptor::new(Default::default(), stream).await.unwrap();
        let offered = start.client_hello().alpn().unwrap();
        let offered = offered.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect();
        let mut stream = start.into_stream(config).await.unwrap();
        let request = server::read_request(&mut stream).await.unwrap();
        stream.write_all(OK.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        (offered, request)
    });
    (address, served)
}

#[tokio::test]
async fn a_trusted_server_at_a_pinned_address_is_offered_both_versions_of_http() {
    let (config, pem) = authority("http/1.1");
    let (address, served) = serve_once(config).await;
    let network = Network::trusting_nobody().unwrap().trust_pem(pem.as_bytes()).unwrap();
    let network = network.https_only().pin(HOST, address);
    let fetched = Adapter::new(&network).fetch(&Request::get(format!("https://{HOST}/p"))).await;
    assert_eq!(body_of(&fetched), b"ok");
    let (offered, request) = served.await.unwrap();
    assert_eq!(offered, ["h2", "http/1.1"]);
    assert_eq!(request, format!("GET /p HTTP/1.1\r\nuser-agent: ic/1.0\r\nhost: {HOST}\r\n\r\n"));
}

#[tokio::test]
async fn a_server_that_prefers_http2_gets_it() {
    let (config, pem) = authority("h2");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = tokio_rustls::TlsAcceptor::from(config).accept(stream).await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (request, mut respond) = connection.accept().await.unwrap().unwrap();
        let response = http::Response::builder().header("x-name", "v").body(()).unwrap();
        let mut body = respond.send_response(response, false).unwrap();
        body.send_data(Bytes::from_static(b"two"), true).unwrap();
        assert!(connection.accept().await.is_none(), "one request, and the client goes");
        request
    });
    let network = Network::trusting_nobody().unwrap().trust_pem(pem.as_bytes()).unwrap().pin(HOST, address);
    let adapter = Adapter::new(&network);
    let fetched = adapter.fetch(&Request::get(format!("https://{HOST}/p")).header("X-Key", "K")).await;
    let response = fetched.outcome.unwrap();
    assert_eq!(response.headers, [("x-name".to_owned(), "v".to_owned())]);
    assert_eq!(response.body, b"two");
    drop(adapter);
    let request = served.await.unwrap();
    let names: Vec<&str> = request.headers().keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["x-key", "user-agent"]);
    assert_eq!(request.uri().to_string(), format!("https://{HOST}/p"));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_told_the_request() {
    let (config, _) = authority("http/1.1");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let refusals = tokio::spawn(async move {
        for _ in 0..2 {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = tokio_rustls::TlsAcceptor::from(config.clone());
            assert!(acceptor.accept(stream).await.is_err());
        }
    });
    let network = Network::trusting_nobody().unwrap().pin(HOST, address);
    let fetched = Adapter::new(&network).fetch(&Request::get(format!("https://{HOST}/"))).await;
    let (code, message) = reject_of(&fetched);
    assert_eq!(code, RejectCode::SysTransient);
    assert!(message.starts_with("Connecting to prices.example failed: direct connect"), "{message}");
    assert!(message.contains("UnknownIssuer"), "{message}");
    assert_eq!(fetched.attempts, 2);
    refusals.await.unwrap();
}

#[test]
fn what_is_not_a_certificate_is_not_trusted() {
    for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Network::trusting_nobody().unwrap().trust_pem(pem.as_bytes()).is_err(), "{pem}");
    }
}
