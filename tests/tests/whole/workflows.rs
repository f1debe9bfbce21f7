//! The workflows for GitHub name what exists: jobs, packages, tests, variables, files. They cannot be run here; what can be
//! held is that none of their words has gone.

use std::{fs, path::PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(file: &str) -> String {
    fs::read_to_string(repository().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

const WORKFLOWS: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

/// What is wrong with a workflow, in words.
fn wrong(workflow: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut unless = |right: bool, what: String| {
        if !right {
            wrong.push(what);
        }
    };
    let Ok(documents) = YamlLoader::load_from_str(workflow) else { return vec!["no YAML".to_owned()] };
    let workflow = &documents[0];
    unless(
        workflow["permissions"]["contents"].as_str() == Some("read"),
        "it may do more than read".to_owned(),
    );
    let jobs = workflow["jobs"].as_hash().unwrap();
    for (name, job) in jobs {
        let name = name.as_str().unwrap();
        unless(job["runs-on"].as_str().is_some(), format!("{name} runs nowhere"));
        unless(job["timeout-minutes"].as_i64().is_some(), format!("{name} has no limit"));
        for needed in words(&job["needs"]) {
            unless(jobs.contains_key(&Yaml::String(needed.to_owned())), format!("{name} needs {needed}"));
        }
        for variable in job["env"].as_hash().into_iter().flatten().filter_map(|(name, _)| name.as_str()) {
            let known = !variable.starts_with("REQUIRE_")
                || text("tests/build.rs").contains(&format!("\"{variable}\""));
            unless(known, format!("{name}: nobody asks for {variable}"));
        }
        for step in job["steps"].as_vec().unwrap() {
            let (uses, run) = (step["uses"].as_str(), step["run"].as_str());
            unless(
                uses.is_some() != run.is_some(),
                format!("{name}: a step uses an action or runs a command"),
            );
            let pinned = uses.is_none_or(|uses| {
                uses.split_once("@v").is_some_and(|(_, major)| major.parse::<u8>().is_ok())
            });
            unless(pinned, format!("{name}: {uses:?} is no version of an action"));
            for line in run.into_iter().flat_map(str::lines) {
                unless(runs(line), format!("{name}: {line}"));
            }
        }
    }
    wrong
}

fn words(yaml: &Yaml) -> Vec<&str> {
    match yaml {
        Yaml::Array(words) => words.iter().filter_map(Yaml::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

/// Whether the packages, tests and files that a command names exist.
fn runs(line: &str) -> bool {
    // What GitHub puts in is as good as any variable.
    let line = line.replace("${{ ", "$").replace(" }}", "");
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |options: [&'static str; 2]| {
        words
            .windows(2)
            .filter(move |pair| options.contains(&pair[0]))
            .map(|pair| pair[1])
            .collect::<Vec<_>>()
    };
    let packages =
        ["gateway", "harness", "tests", "canister", "protocol"].map(|room| format!("outcall-{room}"));
    let is_cargo = words.first() == Some(&"cargo");
    let known = !is_cargo
        || after(["-p", "--package"]).iter().all(|package| packages.contains(&(*package).to_owned()));
    let manifests =
        after(["--manifest-path", "--manifest-path"]).iter().all(|file| repository().join(file).exists());
    let main = text("tests/tests/whole/main.rs");
    let filtered = match words.windows(3).find(|words| words[..2] == ["--test", "whole"]) {
        Some(words) => {
            main.contains(&format!("\nmod {};\n", words[2].split("::").next().unwrap_or_default()))
        }
        None => !words.contains(&"whole"),
    };
    let copied = words.first() != Some(&"cp")
        || words[1..].iter().filter(|word| !word.contains('$')).all(|file| repository().join(file).exists());
    let script =
        words.iter().filter(|word| word.starts_with(".ci/")).all(|file| repository().join(file).exists());
    known && manifests && filtered && copied && script
}

#[test]
fn the_workflows_name_what_exists() {
    for file in WORKFLOWS {
        assert_eq!(wrong(&text(file)), Vec::<String>::new(), "{file}");
    }
    let server = text("tests/build.rs");
    let version = text(WORKFLOWS[0])
        .split_once("POCKET_IC_VERSION: ")
        .unwrap()
        .1
        .split_once('\n')
        .unwrap()
        .0
        .to_owned();
    assert!(
        server.contains(&format!("pocket-ic-server-{version}")),
        "{version} is not the server that is looked for"
    );
    let jobs = |file: &str| {
        let workflow = YamlLoader::load_from_str(&text(file)).unwrap();
        let jobs = workflow[0]["jobs"].as_hash().unwrap().keys();
        jobs.map(|job| job.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(jobs(WORKFLOWS[0]), ["run", "dependencies", "engines", "icp", "docs", "image"]);
    assert_eq!(jobs(WORKFLOWS[1]), ["version", "binaries", "parts", "image", "draft"]);
}

/// The commands of the job `version`, run as they stand.
#[test]
fn a_tag_that_is_not_the_version_is_refused() {
    let workflow = &YamlLoader::load_from_str(&text(WORKFLOWS[1])).unwrap()[0];
    let script = workflow["jobs"]["version"]["steps"][1]["run"].as_str().unwrap();
    let passes = |tag: &str, changelog: &str| {
        let folder = crate::cli::Folder::with("CHANGELOG.md", changelog);
        fs::copy(repository().join("Cargo.toml"), folder.path().join("Cargo.toml")).unwrap();
        let mut shell = std::process::Command::new("bash");
        shell.args(["-e", "-c", script]).env("GITHUB_REF_NAME", tag).current_dir(folder.path());
        shell.status().unwrap().success()
    };
    let tag = concat!("v", env!("CARGO_PKG_VERSION"));
    let dated = format!("## [{}] - 2026-12-01\n", env!("CARGO_PKG_VERSION"));
    assert!(passes(tag, &dated));
    assert!(!passes("v99.0.0", &dated) && !passes(tag, "## [Unreleased]\n"));
    // While the version is in the making the changelog has it without a day.
    assert!(text("CHANGELOG.md").contains(&format!("\n## [{}] - ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_word_that_has_gone_is_noticed() {
    for (file, from, to) in [
        (0, "--test whole engines", "--test whole motors"),
        (0, "--test whole documents", "whole documents"),
        (0, "-p outcall-harness", "-p outcall-harnes"),
        (0, "REQUIRE_ICP: ", "REQUIRE_DFX: "),
        (0, "\" .ci/run", "\" .ci/runs"),
        (0, "timeout-minutes: 90", "timeout: 90"),
        (0, "actions/checkout@v4", "actions/checkout"),
        (1, "--package outcall-gateway", "--package gateway"),
        (1, "--manifest-path gateway/", "--manifest-path gate/"),
        (1, "needs: version", "needs: versions"),
        (1, "needs: [binaries, parts", "needs: [binary, parts"),
        (1, "deploy/outcall-gateway.service", "outcall-gateway.service"),
        (1, "permissions:\n  contents: read", "permissions:\n  contents: write"),
    ] {
        let workflow = text(WORKFLOWS[file]);
        assert!(workflow.contains(from), "{from}");
        assert!(!wrong(&workflow.replacen(from, to, 1)).is_empty(), "nobody notices {to}");
    }
}
