//! `outcall-gateway keygen`: a new key to sign answers with.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use outcall_protocol::receipt::SecretKey;
use rustls::crypto::ring;

use super::Keygen;

/// Writes the private key to the file, or prints it, and prints the public key.
pub(super) fn run(command: &Keygen) -> ExitCode {
    let mut seed = [0; 32];
    if ring::default_provider().secure_random.fill(&mut seed).is_err() {
        eprintln!("outcall-gateway: the system gives no random bytes");
        return ExitCode::FAILURE;
    }
    let key = SecretKey::from_seed(&seed);
    let Some(path) = &command.file else {
        // The private half alone, so that it can go through a pipe into a secret store.
        print!("{}", key.to_pem());
        eprintln!("public key {}", key.public().x());
        return ExitCode::SUCCESS;
    };
    match write(path, &key.to_pem()) {
        Ok(()) => {
            println!("public key {}", key.public().x());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("outcall-gateway: {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

/// Into a new file that its owner alone may read. One that is there stays as it is: it may be the key in use.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
