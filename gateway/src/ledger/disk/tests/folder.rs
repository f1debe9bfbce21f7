//! Folders that are in use, of another version, damaged, of a later time, or never emptied.

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, StatusCode};
use outcall_protocol::{digest::Hasher, fingerprint::Fingerprint};

use super::*;
use crate::{
    answer::Answer,
    error::Problem,
    ledger::{
        Claimed, Fingerprinted, Repeat, Settlement, Terms,
        disk::{
            batch::{Batch, FORMAT},
            engine::Share,
        },
    },
};

/// Room that no test fills.
const LARGE: u64 = 1 << 30;
const LIFE: Duration = Duration::from_secs(300);
const PATIENT: Duration = Duration::from_secs(3600);

struct Plain(Arc<[http::HeaderName]>);

impl Fingerprinted for Plain {
    fn names(&self) -> &Arc<[http::HeaderName]> {
        &self.0
    }
    fn fingerprint(&self, _: &Arc<[http::HeaderName]>) -> Fingerprint {
        Fingerprint::from_digest(digest("request"))
    }
}

fn digest(text: &str) -> Digest {
    Hasher::new("test").part(text.as_bytes()).finish()
}

fn ask(key: &str) -> Ask {
    let answer = Problem::OutcomeUnknown.answer(&Method::POST);
    let lost = Settlement { answer, life: LIFE, upstream_status: None };
    let configuration = digest("configuration");
    let terms = Terms { repeat: Repeat::Never, answer_bytes_max: 100_000, configuration, lost: lost.into() };
    Ask { id: digest(key), request: Arc::new(Plain(Arc::new([]))), terms }
}

fn answer(body_bytes: usize) -> Settlement {
    let mut body = vec![0; body_bytes];
    // Nothing that could be compressed.
    fastrand::Rng::new().fill(&mut body);
    let answer = Answer::new(&Method::POST, StatusCode::OK, Vec::new(), Bytes::from(body));
    Settlement { answer, life: LIFE, upstream_status: Some(200) }
}

async fn lead_of(disk: &Disk, key: &str) -> Lead {
    let Ok(Claim::Lead(lead, _)) = disk.claim(&ask(key)).await else { panic!("{key} cannot be led") };
    lead
}

async fn settle(disk: &Disk, key: &str, body_bytes: usize) {
    let mut lead = lead_of(disk, key).await;
    lead.begin().await.unwrap();
    lead.settle(answer(body_bytes), PATIENT).await;
}

/// Writes this over a value, below the store.
fn spoil(folder: &Folder, space: Space, key: &[u8], value: &[u8]) {
    let engine = Engine::open(&folder.0, None).unwrap();
    let mut batch = Batch::default();
    batch.put(space, key, value.to_vec());
    engine.write(&batch, true, Share::Most).unwrap();
}

fn refused(folder: &Folder) -> String {
    Disk::open(&folder.0, LARGE).err().expect("a folder that is refused").to_string()
}

#[tokio::test]
async fn a_second_process_on_one_folder_is_refused_and_the_first_goes_on() {
    let bench = DiskBench::open(LARGE).await;
    let said = refused(&bench.folder);
    assert_eq!(
        said,
        format!("{}: found another process that uses this ledger, expected none", bench.folder.0.display())
    );
    settle(&bench.disk, "key", 10).await;
}

/// Killed while it made its files for the first time, wherever that was.
#[tokio::test]
async fn a_folder_that_was_never_finished_is_made_anew() {
    let folder = Folder::new();
    for left in [&["unfinished"][..], &["unfinished", "engine/0.jnl", "engine/lock", "engine/version"]] {
        std::fs::create_dir_all(folder.0.join("engine")).unwrap();
        left.iter().for_each(|name| std::fs::write(folder.0.join(name), "").unwrap());
        let disk = Disk::open(&folder.0, LARGE).unwrap();
        settle(&disk, "key", 10).await;
        disk.0.core.engine.close();
        // The control: finished, it is not made anew.
        let disk = Disk::open(&folder.0, LARGE).unwrap();
        assert!(matches!(disk.claim(&ask("key")).await, Ok(Claim::Replay(_))));
        disk.0.core.engine.close();
        std::fs::remove_dir_all(&folder.0).unwrap();
    }
}

#[test]
fn a_ledger_whose_files_are_broken_is_not_made_anew() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("engine")).unwrap();
    std::fs::write(folder.0.join("engine/version"), "").unwrap();
    assert!(refused(&folder).contains("InvalidVersion"), "{}", refused(&folder));
}

/// The engine makes anew what it misses: it must not be asked to.
#[tokio::test]
async fn a_ledger_whose_files_are_gone_is_not_taken_for_an_empty_one() {
    let bench = DiskBench::open(LARGE).await;
    settle(&bench.disk, "key", 10).await;
    bench.disk.0.core.engine.close();
    let engine = bench.folder.0.join("engine");
    std::fs::remove_dir_all(&engine).unwrap();
    std::fs::create_dir(&engine).unwrap();
    for _ in 0..2 {
        let said = refused(&bench.folder);
        assert!(said.contains("a ledger without its version, of which more may be missing"), "{said}");
    }
}

#[test]
fn a_folder_of_something_else_is_refused_and_left_alone() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("lost+found")).unwrap();
    Disk::open(&folder.0, LARGE).unwrap();
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("letter.txt"), "dear").unwrap();
    let said = refused(&folder);
    assert!(said.contains("found no ledger, but letter.txt, expected a folder"), "{said}");
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "something is left behind");
}

#[tokio::test]
async fn a_folder_of_another_version_is_refused_by_its_number() {
    let bench = DiskBench::open(LARGE).await;
    bench.disk.0.core.engine.close();
    spoil(&bench.folder, Space::Meta, FORMAT, &7_u64.to_be_bytes());
    assert!(refused(&bench.folder).ends_with("found version 7 of the ledger, expected 1"));
}

#[tokio::test]
async fn a_damaged_claim_is_named_and_the_ledger_is_not_served_without_it() {
    let bench = DiskBench::open(LARGE).await;
    bench.disk.0.core.engine.close();
    let ask = ask("key");
    let Terms { repeat, configuration, lost, .. } = ask.terms.clone();
    let (request, lost) = (ask.as_new(), lost.settlement());
    let mut claim = Claimed { request, repeat, configuration, lost, lost_until: None }.encode();
    *claim.last_mut().unwrap() ^= 1;
    spoil(&bench.folder, Space::Claims, ask.id.as_bytes(), &claim);
    let said = refused(&bench.folder);
    let named = format!("the claim of {} cannot be read: its checksum is wrong", ask.id);
    assert!(said.contains(&named), "{said}");
}

#[tokio::test]
async fn a_damaged_record_is_never_led_again_and_the_others_are_served() {
    let bench = DiskBench::open(LARGE).await;
    for key in ["broken", "of tomorrow", "sound"] {
        settle(&bench.disk, key, 10).await;
    }
    bench.disk.0.core.engine.close();
    let engine = Engine::open(&bench.folder.0, None).unwrap();
    for (key, at) in [("broken", 40), ("of tomorrow", 0)] {
        let id = ask(key).id;
        let mut record = engine.get(Space::Records, id.as_bytes()).unwrap().unwrap();
        record[at] ^= 2;
        let mut batch = Batch::default();
        batch.put(Space::Records, id.as_bytes(), record);
        engine.write(&batch, true, Share::Most).unwrap();
    }
    engine.close();
    let bench = bench.crash().await;
    for key in ["broken", "of tomorrow"] {
        for _ in 0..2 {
            let claim = bench.disk.claim(&ask(key)).await;
            assert_eq!(claim.err(), Some(Unavailable::Unreachable), "{key} is not absent");
        }
    }
    assert!(matches!(bench.disk.claim(&ask("sound")).await, Ok(Claim::Replay(_))));
}

#[tokio::test]
async fn a_wall_clock_that_was_set_back_does_not_take_time_back() {
    let folder = Folder::new();
    let tomorrow = Clock::held(Clock::start().now().after(Duration::from_secs(24 * 3600)));
    let bench = DiskBench::start(folder, LARGE, tomorrow);
    settle(&bench.disk, "key", 10).await;
    bench.disk.0.core.engine.close();
    let disk = Disk::open(&bench.folder.0, LARGE).unwrap();
    assert!(disk.now() >= bench.clock.now());
    assert!(matches!(disk.claim(&ask("key")).await, Ok(Claim::Replay(_))), "it has not expired yet");
}

/// The first is held back until 63 more have been asked for: they go to the disk as one.
#[tokio::test]
async fn claims_that_come_together_share_one_sync() {
    let bench = DiskBench::open(LARGE).await;
    let mut leads = Vec::new();
    for key in 0..64 {
        leads.push(lead_of(&bench.disk, &key.to_string()).await);
    }
    let before = bench.disk.syncs();
    let mut begun: Vec<_> = leads.iter_mut().map(|lead| Box::pin(lead.begin())).collect();
    {
        // The writer, which has one of them in hand or none yet, stands here.
        let _held = bench.faults.how.lock().unwrap();
        for begun in &mut begun {
            assert_eq!(begun.now_or_never(), None, "a claim is durable before it was written");
        }
    }
    for begun in begun {
        assert_eq!(begun.await, Ok(()));
    }
    let syncs = bench.disk.syncs() - before;
    assert!((1..=2).contains(&syncs), "64 claims took {syncs} syncs");
}

fn disk_bytes(folder: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(folder).unwrap().filter_map(Result::ok);
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => disk_bytes(&entry.path()),
        // What it takes, and not how long it is: the engine's log has holes.
        Ok(found) => found.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// What the engine's log, and the files that it has not merged yet, take at most: merging lags behind on a busy machine.
const FOLDER_BYTES_MAX: u64 = 600_000_000;
const ROUNDS: usize = 60;
const LIVE_BYTES: usize = 20_000_000;

/// Sixty times what lives at once, of the sort that lies apart from its keys.
#[tokio::test]
async fn the_folder_does_not_grow_without_end() {
    grows(100_000).await;
}

/// The same of the sort that lies with its keys, of which there are many more.
#[tokio::test]
#[ignore = "takes a minute; .ci/long runs it"]
async fn the_folder_does_not_grow_without_end_of_small_records_either() {
    grows(3_000).await;
}

async fn grows(body_bytes: usize) {
    let bench = DiskBench::open(LARGE).await;
    let mut largest = 0;
    for round in 0..ROUNDS {
        let keys = (0..LIVE_BYTES / body_bytes).map(|key| format!("{round} {key}"));
        let settled = keys.map(|key| {
            let disk = bench.disk.clone();
            async move { settle(&disk, &key, body_bytes).await }
        });
        futures_util::future::join_all(settled).await;
        largest = largest.max(disk_bytes(&bench.folder.0));
        bench.pass(LIFE).await;
        while bench.disk.make_room().await {}
        assert_eq!(bench.disk.occupancy(), Occupancy::default(), "something is left of round {round}");
    }
    let written = ROUNDS * LIVE_BYTES;
    println!(
        "{body_bytes} bytes each: {LIVE_BYTES} bytes live, {written} written, at most {largest} on the disk"
    );
    assert!(written as u64 >= 2 * FOLDER_BYTES_MAX, "the control: what is written would not fit");
    assert!(largest < FOLDER_BYTES_MAX, "{largest} bytes on the disk");
}
