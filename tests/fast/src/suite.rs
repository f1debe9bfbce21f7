//! The program: which parts, at what length, and where the results go.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;

use crate::{
    load::Failed,
    part::{Part, Suite},
    result, role,
};

/// How fast the gateway is, beside a bare server and nginx.
#[derive(Parser)]
struct Arguments {
    /// The parts to play; all, if none is named
    parts: Vec<Part>,
    /// Less of everything: to see that it runs, not to publish figures
    #[arg(long)]
    quick: bool,
    /// Only what something is promised of
    #[arg(long)]
    promised: bool,
    /// Another binary of the gateway, such as the one before a change
    #[arg(long, value_name = "BINARY")]
    gateway: Option<String>,
    /// Where the figures and the chart go
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Plays the parts that the arguments name, with this binary as the gateway.
pub fn main(gateway: &str) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = role::played(&arguments).unwrap_or_else(|| play(gateway, Arguments::parse()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("no result: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn play(gateway: &str, arguments: Arguments) -> Result<(), Failed> {
    outcall_gateway::server::raise_descriptor_limit();
    let gateway = arguments.gateway.unwrap_or_else(|| gateway.to_owned());
    let Arguments { quick, promised, .. } = arguments;
    let mut suite = Suite { gateway, quick, promised, findings: Vec::new() };
    let mut parts = if arguments.parts.is_empty() { Part::ALL.to_vec() } else { arguments.parts };
    parts.retain(|part| !promised || part.has_promises());
    for part in parts {
        println!("{part:?}");
        part.play(&mut suite).await?;
    }
    let folder = arguments.out.unwrap_or_else(result::folder);
    result::write(&suite, &folder)?;
    println!("figures and chart: {}", folder.display());
    Ok(())
}

impl Suite {
    /// How long something is measured.
    pub(crate) fn lasting(&self, usually: Duration, when_quick: Duration) -> Duration {
        if self.quick { when_quick } else { usually }
    }

    /// How many there are of something.
    pub(crate) fn of(&self, usually: usize, when_quick: usize) -> usize {
        if self.quick { when_quick } else { usually }
    }
}
