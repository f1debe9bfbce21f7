//! What the engine does to a broken log, and should not: known defects, each with the test that will say when it is mended.

use std::{fs, os::unix::fs::FileExt, path::PathBuf};

use super::*;
use crate::ledger::{
    Repeat,
    conformance::{
        Bench,
        parts::{ask, settle},
    },
};

/// What the engine writes behind every batch.
const TRAILER: &[u8] = b"FJL\x03";

fn log(folder: &Folder) -> PathBuf {
    folder.0.join("engine/0.jnl")
}

/// Writes this over the log of a ledger that nobody uses.
fn write_over(folder: &Folder, at: usize, bytes: &[u8]) {
    let log = fs::File::options().write(true).open(log(folder)).unwrap();
    log.write_all_at(bytes, at as u64).unwrap();
}

/// One bit of the log is another: everything behind it is thrown away without a word, and could be led again.
#[tokio::test]
#[ignore = "the engine takes what it cannot read for the end of its log"]
async fn what_is_behind_a_broken_place_of_the_log_is_not_forgotten() {
    let bench = DiskBench::open(1 << 20).await;
    for key in ["a", "b", "c"] {
        settle(&bench, &ask(key, "5 ICP", Repeat::Never), "paid").await;
    }
    bench.disk.0.core.engine.close();
    let bytes = fs::read(log(&bench.folder)).unwrap();
    let trailers = bytes.windows(TRAILER.len()).enumerate().filter(|(_, window)| *window == TRAILER);
    let trailers: Vec<_> = trailers.map(|(at, _)| at).collect();
    let at = trailers[trailers.len() / 2];
    write_over(&bench.folder, at, &[bytes[at] ^ 1]);
    let Ok(disk) = Disk::open(&bench.folder.0, 1 << 20) else { return };
    for key in ["a", "b", "c"] {
        let claim = disk.claim(&ask(key, "5 ICP", Repeat::Never)).await;
        assert!(!matches!(claim, Ok(Claim::Lead(..))), "{key} would be paid again");
    }
}

/// A power cut may take any page that was not synced. Those are of safe answers, on which nobody relies.
#[tokio::test]
#[ignore = "the engine takes a batch with a hole for a broken one"]
async fn a_page_of_a_safe_answer_that_a_power_cut_took_keeps_nobody_from_serving() {
    const PAGE: usize = 4096;
    let bench = DiskBench::open(1 << 20).await;
    settle(&bench, &ask("paid", "5 ICP", Repeat::Never), "paid").await;
    // Nothing that could be compressed.
    let body: String = (0..2 * PAGE).map(|_| fastrand::alphanumeric()).collect();
    settle(&bench, &ask("price", "ICP", Repeat::Always), &body).await;
    bench.disk.0.core.engine.close();
    write_over(&bench.folder, PAGE, &[0; PAGE]);
    let disk = Disk::open(&bench.folder.0, 1 << 20).unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(disk.claim(&ask("paid", "5 ICP", Repeat::Never)).await, Ok(Claim::Replay(_))));
}
