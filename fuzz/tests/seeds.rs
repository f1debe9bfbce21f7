//! Every seed, played as an ordinary test: what the search has found once stays found.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use outcall_fuzz::TARGETS;

/// All seeds of a target together: they are in the repository to begin with, not to end with.
const BYTES_MAX: usize = 64 << 10;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target)
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder(target)).unwrap_or_else(|error| panic!("{target}: {error}"));
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

#[test]
fn every_target_holds_on_all_of_its_seeds() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        let bytes: usize = seeds.iter().map(|seed| seed.1.len()).sum();
        assert!(bytes <= BYTES_MAX, "the seeds of {name} have {bytes} bytes");
        for (file, bytes) in seeds {
            println!("{}", file.display());
            target(&bytes);
        }
    }
}

#[test]
fn no_seeds_are_left_without_a_target() {
    let folders = fs::read_dir(folder("")).unwrap();
    let folders: BTreeSet<_> = folders.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, TARGETS.iter().map(|target| target.0.to_owned()).collect());
}

/// The search can only find a second way in if it starts at the door.
#[test]
fn what_is_let_in_and_believed_is_a_seed() {
    let openers = outcall_fuzz::token::openers().into_iter().map(String::into_bytes).collect::<Vec<_>>();
    for (target, doors) in [("token", openers), ("receipt", outcall_fuzz::receipt::originals())] {
        let seeds: Vec<Vec<u8>> = seeds(target).into_iter().map(|seed| seed.1).collect();
        for door in doors {
            assert!(seeds.contains(&door), "no seed of {target} is {:?}", String::from_utf8_lossy(&door));
        }
    }
}
