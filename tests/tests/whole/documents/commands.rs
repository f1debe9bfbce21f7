//! Each command of a `console` block is run as it stands, in one folder for its page, against the gateway's real binary; what
//! the page shows of its output is compared in shape ([`super::output`]). What cannot run here is in [`ELSEWHERE`], with
//! the reason. A block behind `<!-- file: NAME -->` is written to that file first.

use std::{fs, path::Path, process::Stdio};

use outcall_tests::gateway::Process;
use tokio::process::Command;

use super::{Page, output, pages, repository};
use crate::cli::{BINARY, Folder};

/// How such a command begins, and why it is not run here, or where it is.
const ELSEWHERE: [(&str, &str); 25] = [
    ("cargo run --profile counts", "a build of its own, which .ci/run makes"),
    ("fly ", "there is no fly.io here"),
    ("curl -i https://my-gateway.fly.dev", "there is no fly.io here"),
    ("curl -6 -s -o /dev/null -w", "there is no fly.io here"),
    ("cargo run -p outcall-harness -- probe https://my-gateway", "there is no fly.io here"),
    ("curl localhost:8080/pay ", "its token is somebody's own; callers.rs has tokens"),
    ("icp network ", "its launcher is downloaded; `icp build` is tried in local.rs"),
    ("icp deploy", "needs a network"),
    ("icp canister call", "needs a network"),
    ("dfx ", "deprecated, and not here; dfx.json is held to icp.yaml in local.rs"),
    ("rustup target add", "harness::wasm::Build does it, for all tests of canisters"),
    ("cargo rustc --profile canister", "local.rs, by `icp build`"),
    ("cargo test", "this is one of them; .ci/run runs them as they stand"),
    ("OUTCALL_WRITE=1 cargo test", "the same tests, which then write what they compare"),
    ("POCKET_IC_BIN=", ".github/workflows/ci.yml"),
    ("cargo demo", ".ci/run"),
    ("fuzz/run ", "needs an input that crashed; .ci/run runs each target"),
    ("cargo bench", "takes a quiet machine and minutes"),
    ("cargo install", "harness/tests/page holds it to the package"),
    ("cargo run -p outcall-harness -- round", "harness/tests/cli/sample.rs plays it"),
    ("cargo run -p outcall-harness -- probe", "harness/tests/cli/probe.rs plays it"),
    ("outcall-harness ", "harness/tests/page holds its options to the command's help"),
    ("outcall-gateway accept-loss", "cli/redis.rs, on a Redis of the test's own"),
    ("outcall-gateway --store redis:", "cli/redis.rs, on a Redis of the test's own"),
    (".ci/", "these are what runs the tests"),
];

/// Where the pages have the admin port; here it is wherever there is room.
const ADMIN: &str = "127.0.0.1:9090";

enum Step {
    File(String, String),
    Command(String, Vec<String>),
}

/// What is to be done on a page, from its top to its end.
fn steps(page: &Page) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut named = None;
    let mut lines = page.text.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->")) {
            named = Some(name.to_owned());
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some(name) = named.take() {
            steps.push(Step::File(name, block.join("\n") + "\n"));
        } else if ["console", "sh"].contains(&language) {
            let joined = block.join("\n").replace("\\\n", "");
            for line in joined.lines() {
                match (line.strip_prefix("$ "), steps.last_mut()) {
                    (Some(command), _) => steps.push(Step::Command(command.to_owned(), Vec::new())),
                    (None, Some(Step::Command(_, shown))) => shown.push(line.to_owned()),
                    (None, _) => panic!("{}: output without a command: {line}", page.path),
                }
            }
        }
    }
    steps
}

fn elsewhere(command: &str) -> Option<usize> {
    ELSEWHERE.iter().position(|(start, _)| command.starts_with(start))
}

/// Every command of all pages.
pub(crate) fn all() -> Vec<String> {
    let steps = pages().into_iter().flat_map(|page| steps(&page));
    steps.filter_map(|step| if let Step::Command(command, _) = step { Some(command) } else { None }).collect()
}

/// One page, being followed.
struct Reader {
    folder: Folder,
    gateway: Option<(Process, String, Vec<String>)>,
}

impl Reader {
    /// In a folder that has what a clone has: the sample of a configuration, and the command.
    fn begins() -> Self {
        let folder = Folder::new();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(BINARY, bin.join("outcall-gateway")).unwrap();
        fs::copy(repository().join("proxy_conf.json"), folder.path().join("proxy_conf.json")).unwrap();
        // Without a terminal curl would show its progress.
        fs::write(folder.path().join(".curlrc"), "silent\nshow-error\n").unwrap();
        Self { folder, gateway: None }
    }

    /// The program's name is what the installed one is called.
    async fn types(&mut self, page: &str, command: &str, shown: Vec<String>) {
        let command = command.replace("cargo run --release --", "outcall-gateway");
        let served = command.replace(ADMIN, "127.0.0.1:0");
        let words: Vec<&str> = served.split_whitespace().take_while(|word| *word != "#").collect();
        match words[..] {
            ["outcall-gateway", ref arguments @ ..] if serves(arguments) => {
                self.leaves(page).await;
                let gateway = Process::start_in(self.folder.path(), BINARY, arguments).await;
                self.gateway = Some((gateway, command.clone(), shown));
            }
            _ => {
                let said = self.runs(page, &command).await;
                output::compare(&format!("{page}: {command}"), &shown, &said);
            }
        }
    }

    async fn runs(&self, page: &str, command: &str) -> String {
        let at = self.gateway.as_ref().map(|(gateway, ..)| gateway.addr().to_string());
        let wanted = command.contains("localhost:8080");
        assert!(!wanted || at.is_some(), "{page}: no gateway was started before {command}");
        let mut command = command.replace("localhost:8080", &at.unwrap_or_default());
        if let Some((gateway, ..)) = self.gateway.as_ref().filter(|_| command.contains(ADMIN)) {
            command = command.replace(ADMIN, &gateway.admin().to_string());
        }
        let folder = self.folder.path();
        let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
        let ran = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(folder)
            .env_clear()
            .envs([("PATH", &*path), ("HOME", &*folder.display().to_string())])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success(), "{page}: {command}: {}\n{said}", ran.status);
        said
    }

    /// Stops the gateway, if one runs, and compares what it has said.
    async fn leaves(&mut self, page: &str) {
        let Some((gateway, command, mut shown)) = self.gateway.take() else { return };
        // It has gone on talking since the page looked.
        shown.push("…".to_owned());
        gateway.signal("TERM").await;
        let (status, said) = gateway.last_words().await;
        assert!(status.success(), "{page}: {command}: {said}");
        output::compare(&format!("{page}: {command}"), &shown, &said);
    }
}

fn serves(arguments: &[&str]) -> bool {
    let options = ["--help", "--version"];
    arguments
        .first()
        .is_none_or(|first| *first == "serve" || first.starts_with("--") && !options.contains(first))
}

/// How many commands of a page were run.
async fn follow(page: &Page) -> usize {
    let mut reader = Reader::begins();
    let mut ran = 0;
    for step in steps(page) {
        match step {
            Step::File(name, text) => fs::write(reader.folder.path().join(Path::new(&name)), text).unwrap(),
            Step::Command(command, _) if elsewhere(&command).is_some() => {}
            Step::Command(command, shown) => {
                reader.types(&page.path, &command, shown).await;
                ran += 1;
            }
        }
    }
    reader.leaves(&page.path).await;
    ran
}

#[tokio::test]
#[cfg_attr(not(curl), ignore = "there is no curl")]
async fn every_command_of_the_documentation_runs_and_says_what_the_page_shows() {
    let (mut ran, mut wrong) = (0, Vec::new());
    for page in pages() {
        let path = page.path.clone();
        // Each in a task of its own, so that all pages are heard.
        match tokio::spawn(async move { follow(&page).await }).await {
            Ok(commands) => ran += commands,
            Err(_) => wrong.push(path),
        }
    }
    assert!(wrong.is_empty(), "what is wrong with {wrong:?} stands above");
    assert!(ran >= 15, "{ran} commands were run");
}

/// Otherwise the list would excuse what is not there any more.
#[test]
fn every_excuse_is_needed() {
    let mut needed = [false; ELSEWHERE.len()];
    for page in pages() {
        for step in steps(&page) {
            if let Step::Command(command, _) = step
                && let Some(excuse) = elsewhere(&command)
            {
                needed[excuse] = true;
            }
        }
    }
    let idle: Vec<_> = ELSEWHERE.iter().zip(needed).filter(|(_, needed)| !needed).collect();
    assert!(idle.is_empty(), "{idle:?}");
}

/// The control: a page that shows another output, a command that fails, one that nobody knows.
#[tokio::test]
async fn a_page_that_is_wrong_is_noticed() {
    let page = |shown: &str| Page { path: "a page".to_owned(), text: format!("```console\n{shown}\n```\n") };
    let told = "$ outcall-gateway check\nproxy_conf.json: good\n…";
    assert_eq!(follow(&page(told)).await, 1);
    for wrong in [
        told.replace("good", "fine"),
        told.replace("check", "chekc"),
        told.replace('…', ""),
        "$ curl -s localhost:8080/demo".to_owned(),
        "$ outcall-gatewy check".to_owned(),
    ] {
        let followed = tokio::spawn(async move { follow(&page(&wrong)).await }).await;
        assert!(followed.is_err_and(|error| error.is_panic()));
    }
}
