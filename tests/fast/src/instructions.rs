//! The regression guard: how many instructions an answer takes, without a clock.
//!
//! ```text
//! play      one workload so many times, on one thread: what callgrind counts
//! measure   the same workload for two lengths under callgrind; the difference has no start-up in it
//! baseline  the counts that are kept, and how far from them is too far
//! ```
//!
//! Counts are the same on a busy machine and an idle one, and differ by far less than a percent from run to run. They tell of
//! the code alone, not of locks, system calls or the scheduler: that is what the benchmark is for.

use std::process::ExitCode;

mod baseline;
mod measure;
mod play;

use baseline::Baseline;
pub use measure::Counts;
use play::Workload;

/// The program `instructions`; without arguments it checks.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => check(),
        ["keep"] => keep(),
        ["play", workload, times] => play(workload, times),
        _ => Err("expected nothing, `keep`, or `play bare|replay|fresh TIMES`".into()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

fn check() -> Done {
    let kept = Baseline::read()?;
    let judgement = kept.judge(&Counts::taken()?, measure::MADE_BY);
    print!("{judgement}");
    Ok(if judgement.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn keep() -> Done {
    let kept = Baseline::of(Counts::taken()?, measure::MADE_BY);
    kept.write()?;
    println!("kept: {kept}");
    Ok(ExitCode::SUCCESS)
}

fn play(workload: &str, times: &str) -> Done {
    let workload = Workload::named(workload).ok_or("expected bare, replay or fresh")?;
    play::play(workload, times.parse()?)?;
    Ok(ExitCode::SUCCESS)
}
