//! The parts that other processes play: this program started again, as the bare server or as the upstream.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use outcall_tests::gateway::Process;

use crate::{bare, load::Failed, upstream};

/// The first argument of a process that plays a part.
const PART: &str = "play-part";

/// Plays a part until it is killed, if the arguments are for one.
pub(crate) fn played(arguments: &[String]) -> Option<Result<(), Failed>> {
    let [first, part, delay_us, body_bytes, ..] = arguments else { return None };
    (first == PART).then(|| play(part, delay_us.parse()?, body_bytes.parse()?))
}

fn play(part: &str, delay_us: u64, body_bytes: usize) -> Result<(), Failed> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    eprintln!("listening http://{}", listener.local_addr()?);
    if part == "upstream" {
        upstream::serve(&listener, Duration::from_micros(delay_us), body_bytes);
        return Ok(());
    }
    listener.set_nonblocking(true)?;
    // As the gateway runs: as many threads as cores.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        bare::serve(tokio::net::TcpListener::from_std(listener)?, body_bytes).await;
        Ok(())
    })
}

/// Starts the process that plays this part.
pub(crate) async fn start(part: &str, delay: Duration, body_bytes: usize) -> Result<Process, Failed> {
    let this = std::env::current_exe()?.display().to_string();
    let arguments = [PART, part, &delay.as_micros().to_string(), &body_bytes.to_string()];
    Ok(Process::start_in(&std::env::temp_dir(), &this, &arguments).await)
}
