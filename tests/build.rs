//! Finds out whether the tests that need a Redis server can run: `cfg(redis)` says so. With `REQUIRE_REDIS=1` they run in
//! any case, and fail without one.

use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(redis)");
    println!("cargo::rerun-if-env-changed=REQUIRE_REDIS");
    println!("cargo::rerun-if-env-changed=REDIS_SERVER");
    println!("cargo::rerun-if-env-changed=PATH");
    let required = std::env::var("REQUIRE_REDIS").is_ok_and(|value| value == "1");
    let server = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
    let found = Command::new(server).arg("--version").output().is_ok_and(|said| said.status.success());
    if required || found {
        println!("cargo::rustc-cfg=redis");
    }
}
