//! TLS at the door, by certificate files; ALPN offers h2 and HTTP/1.1, as the replicas do.
//!
//! The files are looked at again and again (`renewal`): a certificate that is renewed is served from the next handshake
//! on, and nobody is cut off.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{config::Tls, limits};

mod renewal;

/// Ends TLS, where it is configured.
#[derive(Clone)]
pub(super) struct Acceptor(Option<Arc<Served>>);

/// A certificate in service.
struct Served {
    files: Tls,
    /// The files as they were before they were read for the first time.
    read_at: renewal::Stamps,
    now: RwLock<TlsAcceptor>,
}

/// A connection, with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Why the door's certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of `server.tls`.
    #[error("{member}: {path}: found {cause}, expected {expected}")]
    File {
        /// The member that names it.
        member: &'static str,
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
        let Some(files) = tls else { return Ok(Self(None)) };
        let read_at = renewal::stamps(files);
        let now = RwLock::new(read(files)?);
        Ok(Self(Some(Arc::new(Served { files: files.clone(), read_at, now }))))
    }

    /// The handshake, where there is one, within its time.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<Stream> {
        match &self.0 {
            None => Ok(Stream::Plain(stream)),
            Some(served) => {
                let handshake = timeout(limits::TLS_HANDSHAKE_TIMEOUT, served.now().accept(stream));
                Ok(Stream::Tls(Box::new(handshake.await??)))
            }
        }
    }
}

impl Served {
    fn now(&self) -> TlsAcceptor {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, by: TlsAcceptor) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = by;
    }
}

/// All that is wrong with certificate and key, each looked at whatever the other is.
pub(super) fn problems(files: &Tls) -> Vec<TlsError> {
    match (chain(&files.certificate), key(&files.key)) {
        (Ok(chain), Ok(key)) => acceptor(chain, key).err().into_iter().collect(),
        (chain, key) => chain.err().into_iter().chain(key.err()).collect(),
    }
}

/// Reads certificate and key, which must belong together.
fn read(files: &Tls) -> Result<TlsAcceptor, TlsError> {
    acceptor(chain(&files.certificate)?, key(&files.key)?)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong =
        |cause: &dyn fmt::Display| file("server.tls.certificate", path, cause, "a certificate chain in PEM");
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|cause| wrong(&cause))?;
    if chain.is_empty() { Err(wrong(&"no certificate")) } else { Ok(chain) }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|cause| file("server.tls.key", path, &cause, "a private key in PEM"))
}

fn acceptor(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn file(member: &'static str, path: &Path, cause: &dyn fmt::Display, expected: &'static str) -> TlsError {
    TlsError::File { member, path: path.to_owned(), cause: cause.to_string(), expected }
}
