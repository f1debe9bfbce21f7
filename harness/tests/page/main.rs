//! `docs/testing-your-canister.md` is there to be copied from: its files are those of `tests/guide`, a package whose tests
//! run with all others; what it shows is what is said; and the commands on it, and in the workflow beside it, exist.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::Command,
};

use outcall_harness::{Answer, Build, Subnet, Update, Upstream, candid::encode_args};
use yaml_rust2::{Yaml, YamlLoader};

const PAGE: &str = include_str!("../../../docs/testing-your-canister.md");
const WORKFLOW: &str = include_str!("../../../docs/outcalls.yml");
const GUIDE: [(&str, &str); 3] = [
    ("toml", include_str!("../../../tests/guide/Cargo.toml")),
    ("rust", include_str!("../../../tests/guide/src/lib.rs")),
    ("rust", include_str!("../../../tests/guide/tests/outcalls.rs")),
];

/// The blocks of the page in that language.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if found == language {
                blocks.push(block.join("\n") + "\n");
            }
        }
    }
    blocks
}

#[test]
fn the_files_on_the_page_are_the_tested_ones() {
    let files: Vec<(&str, String)> = ["toml", "rust"]
        .into_iter()
        .flat_map(|kind| blocks(kind).into_iter().map(move |block| (kind, block)))
        .collect();
    // On the page it comes by git, which no test reaches.
    let (by_git, by_path) =
        (r#"git = "https://github.com/OWNER/outcall-gateway""#, r#"path = "../../harness""#);
    let expected = GUIDE.map(|(kind, file)| (kind, file.replace(by_path, by_git)));
    assert!(expected[0].1.contains(by_git), "{}", expected[0].1);
    assert_eq!(files, expected);
}

/// Crates of others that the library brings, on Linux.
#[test]
fn the_librarys_dependencies_are_no_more_than_the_page_says() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--package", "outcall-harness", "--no-default-features"]);
    cargo.args(["--edges", "normal,build", "--prefix", "none", "--target", "x86_64-unknown-linux-gnu"]);
    let tree = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let crates: BTreeSet<(&str, &str)> = tree.lines().filter_map(|line| line.split_once(' ')).collect();
    let crates = crates.iter().map(|(name, rest)| (*name, rest.split(' ').next()));
    let others: BTreeSet<_> = crates.filter(|(name, _)| !name.starts_with("outcall-")).collect();
    let row = PAGE.lines().find(|line| line.starts_with("| the harness as above")).unwrap();
    let said: usize = row.split('|').nth(2).unwrap().trim().parse().unwrap();
    assert!(others.len() <= said && said > 0, "{} crates, and the page says {said}", others.len());
    assert!(others.iter().any(|(name, _)| *name == "wasmtime"), "{others:?}");
}

/// The page's test with the page's service, but for what it expects.
async fn untransformed() -> (Update, Upstream) {
    let service = Upstream::each(|asked| {
        let at = asked.number % 2;
        Answer::json(format!(r#"{{"price":"6.88","request_id":"a81f39c{at}"}}"#))
            .header("date", format!("Tue, 24 Nov 2026 12:00:0{at} GMT"))
    })
    .await;
    let build = Build::package("price-canister").within(env!("CARGO_MANIFEST_DIR"));
    let wasm = build.run().unwrap_or_else(|error| panic!("{error}"));
    let mut subnet = Subnet::embedded(13).install(&wasm, encode_args(()).unwrap()).await.unwrap();
    let url = service.url("/price");
    (subnet.update("get_price_untransformed", encode_args((url,)).unwrap()).await, service)
}

/// A message without what is another one in each run: the port, which node got which answer, and the cycles, which are
/// counted by the millisecond.
fn steadied(message: &str) -> String {
    let mut steadied = Vec::new();
    for line in message.lines() {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        if line.starts_with("outcall 0: ") {
            words = vec!["outcall 0: GET http://127.0.0.1:PORT/price".to_owned()];
        } else if line.contains(" requests: ") {
            let votes = words.pop().unwrap();
            let mut votes: Vec<char> = votes.chars().collect();
            votes.sort_unstable();
            words.push(votes.into_iter().collect());
        } else if line.starts_with("  cycles: ") {
            words = vec!["  cycles: …".to_owned()];
        } else if let Some((replied, _)) = line.split_once("replied, ") {
            words = vec![format!("{replied}replied, …")];
        } else if let Some((group, _)) = line.split_once(" replicas: ") {
            words = vec![format!("{group} replicas: …")];
        }
        steadied.push(words.join(" "));
    }
    steadied.join("\n")
}

#[tokio::test]
async fn what_the_page_shows_of_a_divergence_is_what_is_said() {
    let (update, service) = untransformed().await;
    service.expect_requests(13);
    let panicked = catch_unwind(AssertUnwindSafe(|| update.expect_agreed().rounds.len())).unwrap_err();
    let said = panicked.downcast_ref::<String>().unwrap();
    assert_eq!(steadied(&blocks("text")[0]), steadied(said));
}

/// The commands of the page and of the workflow.
fn commands() -> Vec<String> {
    let mut commands: Vec<String> = blocks("console")
        .iter()
        .flat_map(|block| {
            block.lines().filter_map(|line| Some(line.strip_prefix("$ ")?.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    commands.extend(steps().iter().filter_map(|step| Some(step["run"].as_str()?.to_owned())));
    commands
}

/// The steps of all jobs of the workflow.
fn steps() -> Vec<Yaml> {
    let workflow = YamlLoader::load_from_str(WORKFLOW).unwrap();
    let jobs = workflow[0]["jobs"].as_hash().unwrap();
    jobs.values().flat_map(|job| job["steps"].as_vec().unwrap().clone()).collect()
}

#[test]
fn the_workflow_is_one_that_github_can_read() {
    let workflow = &YamlLoader::load_from_str(WORKFLOW).unwrap()[0];
    assert_eq!(workflow["name"].as_str(), Some("outcalls"));
    assert!(!workflow["on"].is_badvalue() && !workflow["permissions"]["contents"].is_badvalue());
    for (name, job) in workflow["jobs"].as_hash().unwrap() {
        assert_eq!(job["runs-on"].as_str(), Some("ubuntu-24.04"), "{name:?}");
        assert!(job["timeout-minutes"].as_i64().is_some(), "{name:?}");
    }
    for step in steps() {
        let kinds = ["uses", "run"].map(|kind| step[kind].as_str().is_some());
        assert!(kinds[0] != kinds[1], "a step uses an action or runs a command: {step:?}");
    }
}

#[test]
fn every_command_on_the_page_and_in_the_workflow_exists() {
    let commands = commands();
    let mut known = 0;
    for command in &commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words[..] {
            ["cargo", "test", ..] => {
                let test = words[words.iter().position(|word| *word == "--test").unwrap() + 1];
                let file = format!("../tests/guide/tests/{test}.rs");
                assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(), "{command}");
                let package = words.iter().position(|word| *word == "-p").map(|at| words[at + 1]);
                assert!(package.is_none_or(|package| package == "price-canister"), "{command}");
            }
            ["cargo", "install", .., package] => {
                assert!([env!("CARGO_PKG_NAME"), "outcall-gateway"].contains(&package), "{command}");
            }
            ["outcall-harness", subcommand, ..] => {
                let help =
                    Command::new(env!("CARGO_BIN_EXE_outcall-harness")).args([subcommand, "--help"]).output();
                let help = help.unwrap();
                assert!(help.status.success(), "{command}");
                let help = String::from_utf8(help.stdout).unwrap();
                for option in words.iter().filter(|word| word.starts_with("--")) {
                    assert!(help.split_whitespace().any(|word| word == *option), "{option} of {command}");
                }
            }
            ["rustup", "toolchain" | "target", ..] => {}
            _ => panic!("nobody knows whether this exists: {command}"),
        }
        known += 1;
    }
    assert!(known >= 8 && commands.iter().any(|command| command.contains(" probe ")), "{commands:?}");
}
