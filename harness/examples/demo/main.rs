//! `cargo demo`: what happens to a canister's outcalls without the gateway, and with it, on one screen.
//!
//! ```text
//! upstream   a service as they are in the wild: no two answers alike, each order executed anew
//! gateway    the real one, in this process
//! stage      the sample canister's real Wasm on a subnet; every replica sends its own real request
//! scene      a price, an order with resends, an order that breaks off: each played directly and through the gateway
//! minutes    a question whose answer takes minutes: waited for, and polled for
//! screen     what was seen
//! page       the same for a browser, replica by replica
//! ```
//!
//! Everything stays on loopback. It exits with 0 when the gateway kept its promises, with 1 when it did not, with 2
//! when the demo could not be played.

use std::{
    error::Error,
    io::{Write, stdout},
    process::ExitCode,
    sync::Arc,
};

use outcall_harness::wasm::Build;
use tokio::task::spawn_blocking;

mod gateway;
mod minutes;
mod page;
// The command's own: a library need not offer it.
#[path = "../../src/cli/progress.rs"]
mod progress;
mod scene;
mod screen;
mod stage;
mod upstream;

use gateway::Gateway;
use progress::Progress;
use scene::{Played, Scene};
use stage::Stage;
use upstream::Upstream;

/// An application subnet, and a large fiduciary one.
const SUBNETS: [usize; 2] = [13, 34];

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let seed = match seed() {
        Ok(seed) => seed,
        Err(text) => {
            eprintln!("cargo demo: found {text:?}, expected a seed: a whole number such as 7");
            return ExitCode::from(2);
        }
    };
    match play(seed).await {
        Ok(kept) if kept => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("\ncargo demo: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Plays everything and prints it; whether all promises were kept.
async fn play(seed: u64) -> Result<bool, Failure> {
    let progress = Progress::begin();
    progress.say("building the sample canister for wasm32");
    let wasm = spawn_blocking(build).await??;
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream)?;
    let with_tickets = Gateway::start_with_tickets(&upstream)?;
    let titles: Vec<&str> = Scene::ALL.into_iter().map(Scene::title).chain([minutes::TITLE]).collect();
    let scenes = (SUBNETS.len() * titles.len()) as u64;
    let mut columns: Vec<Vec<Played>> = Vec::new();
    for nodes in SUBNETS {
        progress.say(&format!("installing it on {nodes} nodes (its Wasm is compiled once)"));
        let mut stage = Stage::install(nodes, &wasm, &upstream, &gateway).await?;
        let mut column = Vec::new();
        for scene in Scene::ALL {
            let done = (columns.len() * titles.len() + column.len()) as u64;
            progress.at(done, scenes, &format!("{nodes} nodes: {}", scene.title()));
            column.push(scene.play(&mut stage, seed).await?);
        }
        let done = (columns.len() * titles.len() + column.len()) as u64;
        progress.at(done, scenes, &format!("{nodes} nodes: {}", minutes::TITLE));
        column.push(minutes::play(nodes, &wasm, &upstream, &with_tickets, seed).await?);
        columns.push(column);
    }
    progress.clear();
    let wasm_bytes = wasm.len();
    let show = screen::Show { seed, wasm_bytes, subnets: &SUBNETS, titles: &titles, columns: &columns };
    let screen = screen::draw(&show);
    let page = page::write(&show)?;
    let page = format!("Replica by replica, as a page for a browser: {}\n", page.display());
    // Who closes our stdout has seen enough; the exit status still says how it went.
    let _ = stdout().write_all([screen, page].concat().as_bytes());
    Ok(columns.iter().flatten().all(Played::kept))
}

fn build() -> Result<Arc<[u8]>, outcall_harness::wasm::BuildError> {
    Build::package("outcall-canister").profile("canister").within(env!("CARGO_MANIFEST_DIR")).run()
}

/// The first argument, or a new one. It is printed, so that a schedule can be played again.
fn seed() -> Result<u64, String> {
    match std::env::args().nth(1) {
        None => Ok(fastrand::u64(1..10_000)),
        Some(text) => text.parse().map_err(|_| text),
    }
}
