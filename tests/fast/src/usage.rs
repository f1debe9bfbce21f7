//! What processes use, as the kernel counts it: `/proc/PID/stat` and `/proc/PID/status` (proc(5)).

use std::{fs, time::Duration};

/// `USER_HZ` of every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// The CPU time of these processes so far.
pub(crate) fn cpu(processes: &[u32]) -> Duration {
    let ticks: u64 = processes.iter().map(|process| cpu_ticks(*process).unwrap_or(0)).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

fn cpu_ticks(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Behind the name, which may contain anything: state is the third field, utime and stime the 14th and 15th.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11);
    Some(times.next()?.parse::<u64>().ok()? + times.next()?.parse::<u64>().ok()?)
}

/// What these processes hold in memory, in bytes.
pub(crate) fn resident_bytes(processes: &[u32]) -> u64 {
    processes.iter().map(|process| resident_kib(*process).unwrap_or(0) * 1024).sum()
}

fn resident_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory() {
        assert!(resident_bytes(&[std::process::id()]) > 1024 * 1024);
        assert!(cpu_ticks(std::process::id()).is_some());
    }
}
