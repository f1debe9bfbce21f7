//! A gateway that stops: whoever is part of a burst gets its answer, before and after the signal.

use std::process::ExitStatus;

use outcall_tests::{
    gate::{Gate, PATIENCE},
    gateway::Process,
    upstream::{Act, Script, Upstream},
};
use tokio::time::timeout;

mod burst;
mod keys;
mod slow;
mod stop;

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");

/// The real gateway with an upstream that holds what it is asked for below `/held`.
struct Draining {
    gateway: Process,
    upstream: Upstream,
    gate: Gate,
}

impl Draining {
    /// `/r` may take its 20 s, `/quick` one second.
    async fn start(drain: &str) -> Self {
        let gate = Gate::new();
        let held = gate.clone();
        let script = Script::each(move |seen| match seen.target.starts_with("/held") {
            true => Act::Varying.held_at(&held),
            false => Act::Varying,
        });
        let upstream = Upstream::start(script).await;
        let config = format!(
            r#"{{"server": {{"drain": "{drain}"}}, "/r": "{0}", "/quick": {{"upstream": "{0}", "timeout": "1s"}}}}"#,
            upstream.url("/")
        );
        let gateway = Process::start(BINARY, &config, &[]).await;
        Self { gateway, upstream, gate }
    }

    /// Tells it to stop, and waits until it says that it drains.
    async fn stop(&mut self) {
        self.gateway.signal("TERM").await;
        self.gateway.said("draining").await;
    }
}

/// Waits for the end of a process that must not wait for anything.
async fn ended(gateway: Process) -> ExitStatus {
    let ended = timeout(PATIENCE, gateway.ended()).await;
    ended.unwrap_or_else(|_| panic!("the gateway is still there after {PATIENCE:?}"))
}
