//! Finds out whether the tests that need a program can run: `cfg(redis)`, `cfg(pocket_ic)`, `cfg(icp)`, `cfg(curl)`
//! and `cfg(systemd)` say so. With `REQUIRE_REDIS=1` and its like they run in any case, and fail without it.

use std::{path::PathBuf, process::Command};

fn main() {
    let redis = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
    found("redis", "REQUIRE_REDIS", &["REDIS_SERVER", "PATH"], &redis.into());
    let icp = std::env::var("ICP").unwrap_or_else(|_| "icp".to_owned());
    found("icp", "REQUIRE_ICP", &["ICP", "PATH"], &icp.into());
    found("curl", "REQUIRE_CURL", &["PATH"], &"curl".into());
    found("systemd", "REQUIRE_SYSTEMD", &["PATH"], &"systemd-analyze".into());
    // What `POCKET_IC_BIN` names, or what the library has downloaded before.
    let downloaded = std::env::temp_dir().join("pocket-ic-server-16.1.0").join("pocket-ic");
    let pocket_ic = std::env::var_os("POCKET_IC_BIN").map_or(downloaded, PathBuf::from);
    found("pocket_ic", "REQUIRE_POCKET_IC", &["POCKET_IC_BIN"], &pocket_ic);
}

fn found(cfg: &str, require: &str, others: &[&str], server: &PathBuf) {
    println!("cargo::rustc-check-cfg=cfg({cfg})");
    for variable in others.iter().chain(&[require]) {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let required = std::env::var(require).is_ok_and(|value| value == "1");
    let found = Command::new(server).arg("--version").output().is_ok_and(|said| said.status.success());
    if required || found {
        println!("cargo::rustc-cfg={cfg}");
    }
}
