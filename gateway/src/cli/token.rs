//! `outcall-gateway token`: a new bearer token for a caller.

use std::process::ExitCode;

use outcall_protocol::{digest, token::bearer};
use rustls::crypto::ring;

/// Prints the token, and beside it what the configuration is to hold of it.
pub(super) fn run() -> ExitCode {
    let mut random = [0; 32];
    if ring::default_provider().secure_random.fill(&mut random).is_err() {
        eprintln!("outcall-gateway: the system gives no random bytes");
        return ExitCode::FAILURE;
    }
    let token = bearer(&random);
    // The secret alone, so that it can go through a pipe into a secret store.
    println!("{token}");
    eprintln!(r#""tokens_sha256": ["{}"]"#, digest::plain(token.as_bytes()));
    ExitCode::SUCCESS
}
