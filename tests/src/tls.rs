//! A certificate authority that lives as long as a test and signs one leaf, for `localhost` and the loopback
//! addresses. Who is to trust it gets its PEM file; nobody else does.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// Numbers the PEM files of this process, whose tests run side by side.
static FILES: AtomicUsize = AtomicUsize::new(0);

/// A self-signed root and a leaf below it.
pub struct Authority {
    root: CertificateDer<'static>,
    leaf: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    root_pem: String,
    leaf_pem: String,
    key_pem: String,
    folder: PathBuf,
}

impl Authority {
    /// A new root, a new leaf and their PEM files in a folder of their own, which goes away with the authority.
    pub fn new() -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.distinguished_name.push(DnType::CommonName, "the root that only this test trusts");
        let root_certificate = root.self_signed(&root_key).unwrap();

        let key = KeyPair::generate().unwrap();
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let leaf = CertificateParams::new(names).unwrap();
        let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();

        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("outcall-tests-{}-{number}", std::process::id()));
        let authority = Self {
            root: root_certificate.der().clone(),
            leaf: leaf.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            root_pem: root_certificate.pem(),
            leaf_pem: leaf.pem(),
            key_pem: key.serialize_pem(),
            folder,
        };
        fs::create_dir_all(&authority.folder).unwrap();
        fs::write(authority.root_path(), &authority.root_pem).unwrap();
        fs::write(authority.leaf_path(), &authority.leaf_pem).unwrap();
        fs::write(authority.key_path(), &authority.key_pem).unwrap();
        authority
    }

    /// The root's certificate as PEM text.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// A file with the root's certificate: what a gateway's `upstream_ca` names.
    pub fn root_path(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// A file with the leaf's certificate, for a server that the test starts.
    pub fn leaf_path(&self) -> PathBuf {
        self.folder.join("leaf.pem")
    }

    /// A file with the leaf's private key.
    pub fn key_path(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// The folder of the files above.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A server that shows the leaf and speaks exactly these protocols (`h2`, `http/1.1`).
    pub fn server(&self, protocols: &[&str]) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(self.key.clone_key());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.leaf.clone()], key)
            .unwrap();
        config.alpn_protocols = wire_names(protocols);
        Arc::new(config)
    }

    /// A client that trusts this root alone and offers these protocols.
    pub fn client(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = wire_names(protocols);
        Arc::new(config)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // A folder left behind in the temporary directory is not worth failing a test for.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn wire_names(protocols: &[&str]) -> Vec<Vec<u8>> {
    protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect()
}
