//! Where a node's requests go: whom it trusts, how names lead to addresses, how long it waits.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, client::Resumption};
use rustls_pki_types::{CertificateDer, pem::PemObject};

/// The surroundings that all nodes of a subnet share. A new one has a local network's leniency: `http` is
/// accepted beside `https`.
#[derive(Clone, Debug)]
pub struct Network {
    tls: ConfigBuilder<ClientConfig, WantsVerifier>,
    roots: Arc<RootCertStore>,
    pub(super) pinned: Arc<HashMap<String, SocketAddr>>,
    pub(super) https_only: bool,
    pub(super) again_max: u32,
    pub(super) connect_timeout: Duration,
    pub(super) fetch_timeout: Duration,
}

/// Why a network cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A PEM text that is not one, or has no certificate in it.
    #[error("the extra trusted certificates: {0}")]
    Certificates(String),
    /// TLS itself.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl Network {
    /// A network that trusts the system's root certificates.
    ///
    /// # Errors
    /// [`NetworkError::Tls`], for which no cause is known.
    pub fn new() -> Result<Self, NetworkError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::trusting(roots)
    }

    /// A network that trusts nobody yet: for tests that bring their own authority.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub fn trusting_nobody() -> Result<Self, NetworkError> {
        Self::trusting(RootCertStore::empty())
    }

    /// Also trusts the certificates of this PEM text.
    ///
    /// # Errors
    /// When it cannot be read, or holds no certificate that can be trusted.
    pub fn trust_pem(mut self, pem: &[u8]) -> Result<Self, NetworkError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|error| NetworkError::Certificates(error.to_string()))?;
        let (added, _) = Arc::make_mut(&mut self.roots).add_parsable_certificates(certificates);
        if added == 0 {
            return Err(NetworkError::Certificates("no certificate that can be trusted".to_owned()));
        }
        Ok(self)
    }

    /// Goes to this address for that host name (in lower case), instead of asking the system. The port is the
    /// URL's where it names one.
    #[must_use]
    pub fn pin(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        Arc::make_mut(&mut self.pinned).insert(host.into(), address);
        self
    }

    /// Refuses `http`, as the mainnet does; local networks accept it.
    #[must_use]
    pub fn https_only(mut self) -> Self {
        self.https_only = true;
        self
    }

    /// How often a request is sent again after a failed direct attempt. The default is 1, as on application
    /// subnets; it is up to 2 elsewhere, and 0 on a subnet without SOCKS proxies.
    #[must_use]
    pub fn attempts_through_socks(mut self, attempts_max: u32) -> Self {
        self.again_max = attempts_max;
        self
    }

    /// Waits this long for a connection (default 2 s), and this long for everything (default 30 s).
    #[must_use]
    pub fn timeouts(mut self, connect: Duration, fetch: Duration) -> Self {
        (self.connect_timeout, self.fetch_timeout) = (connect, fetch);
        self
    }

    fn trusting(roots: RootCertStore) -> Result<Self, NetworkError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Ok(Self {
            tls: ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?,
            roots: Arc::new(roots),
            pinned: Arc::default(),
            https_only: false,
            again_max: 1,
            connect_timeout: Duration::from_secs(2),
            fetch_timeout: Duration::from_secs(30),
        })
    }

    /// A node's own TLS: no session is shared with another node.
    pub(super) fn tls(&self) -> ClientConfig {
        let mut config = self.tls.clone().with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.resumption = Resumption::in_memory_sessions(256);
        config
    }
}
