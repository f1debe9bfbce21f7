//! TLS at the door, by certificate files; ALPN offers h2 and HTTP/1.1, as the replicas do.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{config::Tls, limits};

/// Ends TLS, where it is configured.
#[derive(Clone)]
pub(super) struct Acceptor(Option<TlsAcceptor>);

/// A connection, with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Why the door's certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of `server.tls`.
    #[error("{path}: found {cause}, expected {expected}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// Certificate and key do not fit, or rustls cannot use them.
    #[error("server.tls cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Acceptor {
    pub(super) fn new(tls: Option<&Tls>) -> Result<Self, TlsError> {
        let Some(Tls { certificate, key }) = tls else { return Ok(Self(None)) };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|cause| file(certificate, &cause, CHAIN))?;
        if chain.is_empty() {
            return Err(file(certificate, &"no certificate", CHAIN));
        }
        let key =
            PrivateKeyDer::from_pem_file(key).map_err(|cause| file(key, &cause, "a private key in PEM"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Some(TlsAcceptor::from(Arc::new(config)))))
    }

    /// The handshake, where there is one, within its time.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<Stream> {
        match &self.0 {
            None => Ok(Stream::Plain(stream)),
            Some(acceptor) => {
                let handshake = timeout(limits::TLS_HANDSHAKE_TIMEOUT, acceptor.accept(stream));
                Ok(Stream::Tls(Box::new(handshake.await??)))
            }
        }
    }
}

const CHAIN: &str = "a certificate chain in PEM";

fn file(path: &Path, cause: &dyn fmt::Display, expected: &'static str) -> TlsError {
    TlsError::File { path: path.to_owned(), cause: cause.to_string(), expected }
}
