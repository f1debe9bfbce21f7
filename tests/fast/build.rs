//! Tells the regression guard what made it: instruction counts are a compiler's and a C library's.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!("cargo::rustc-env=OUTCALL_MADE_BY={}, {}", version(&rustc), version("ldd"));
}

/// The first line of what a program says of itself; nothing, where there is none.
fn version(program: &str) -> String {
    let said = Command::new(program).arg("--version").output().map(|said| said.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned()
}
