//! Runs this very program under callgrind and takes the counts.

use std::{error::Error, process::Command};

use super::play::Workload;

/// What made this program, as far as its counts depend on it: the compiler and the C library.
pub(super) const MADE_BY: &str = env!("OUTCALL_MADE_BY");

/// The two lengths. The first is beyond what is done only once in a while: growing maps, the first wheels of timers.
const TIMES: [usize; 2] = [500, 2_500];

/// Instructions per answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Of the bare hyper server.
    pub bare: u64,
    /// Of a recorded answer of 250 bytes.
    pub replay: u64,
    /// Of a fresh key with its call upstream.
    pub fresh: u64,
}

impl Counts {
    pub(super) fn taken() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            bare: per_answer(Workload::Bare)?,
            replay: per_answer(Workload::Replay)?,
            fresh: per_answer(Workload::Fresh)?,
        })
    }

    pub(super) fn of(&self, workload: Workload) -> u64 {
        match workload {
            Workload::Bare => self.bare,
            Workload::Replay => self.replay,
            Workload::Fresh => self.fresh,
        }
    }
}

fn per_answer(workload: Workload) -> Result<u64, Box<dyn Error>> {
    let [short, long] = [counted(workload, TIMES[0])?, counted(workload, TIMES[1])?];
    let more =
        long.checked_sub(short).ok_or("the longer run took fewer instructions than the shorter one")?;
    Ok(more / (TIMES[1] - TIMES[0]) as u64)
}

/// All instructions of a run.
fn counted(workload: Workload, times: usize) -> Result<u64, Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args(["play", workload.name(), &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind cannot be started: {error}"))?;
    let said = String::from_utf8_lossy(&run.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match collected {
        Some(count) if run.status.success() => Ok(count),
        _ => Err(format!("{} was not counted:\n{said}", workload.name()).into()),
    }
}
