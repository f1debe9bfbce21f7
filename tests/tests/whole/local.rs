//! Local networks: what dfx and icp-cli make of the sample canister.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use candid::encode_one;
use outcall_canister::config::Settings;
use outcall_harness::Subnet;
use yaml_rust2::{Yaml, YamlLoader};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(file: &str) -> String {
    fs::read_to_string(repository().join(file)).unwrap()
}

/// The one canister of `icp.yaml`.
fn icp_canister() -> Yaml {
    let project = YamlLoader::load_from_str(&text("icp.yaml")).unwrap();
    let canisters = project[0]["canisters"].as_vec().unwrap();
    assert_eq!(canisters.len(), 1);
    canisters[0].clone()
}

#[test]
fn dfx_and_icp_cli_build_the_same_with_the_same_arguments() {
    let icp = icp_canister();
    let dfx: serde_json::Value = serde_json::from_str(&text("dfx.json")).unwrap();
    let dfx = &dfx["canisters"][icp["name"].as_str().unwrap()];
    let step = &icp["build"]["steps"][0];
    let commands = step["commands"].as_vec().unwrap();
    let commands: Vec<&str> = commands.iter().map(|command| command.as_str().unwrap()).collect();
    let (copy, build) = commands.split_last().unwrap();
    let expected: Vec<&str> =
        dfx["build"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!((step["type"].as_str(), build), (Some("script"), &expected[..]));
    assert_eq!(icp["init_args"].as_str(), dfx["init_arg"].as_str());
    // Where cargo was told to build elsewhere only a script can follow it.
    let wasm = dfx["wasm"].as_str().unwrap().strip_prefix("target/").unwrap();
    assert_eq!(*copy, format!(r#"cp "${{CARGO_TARGET_DIR:-target}}/{wasm}" "$ICP_WASM_OUTPUT_PATH""#));
    assert!(repository().join(dfx["candid"].as_str().unwrap()).exists());
}

fn icp() -> Command {
    let mut icp = Command::new(std::env::var("ICP").unwrap_or_else(|_| "icp".to_owned()));
    icp.current_dir(repository()).env("DO_NOT_TRACK", "1").stdin(Stdio::null());
    icp
}

/// They need a network to run; that they are spelled as this version of the command spells them needs none.
#[test]
#[cfg_attr(not(icp), ignore = "there is no icp")]
fn every_icp_command_of_the_documentation_has_options_that_it_knows() {
    let commands = crate::documents::commands::all();
    // Of two such commands in one line each is one.
    let commands: Vec<&str> = commands
        .iter()
        .flat_map(|line| line.split(" && "))
        .filter(|command| command.starts_with("icp "))
        .collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let subcommand = if words[1] == "deploy" { &words[1..2] } else { &words[1..3] };
        let help = icp().args(subcommand).arg("--help").output().unwrap();
        assert!(help.status.success(), "{command}");
        let help = String::from_utf8(help.stdout).unwrap();
        for option in words.iter().filter(|word| word.starts_with('-')) {
            assert!(help.split([' ', ',', '\n']).any(|word| word == *option), "{option} of {command}");
        }
    }
}

/// Built where the other tests build their canisters, so that nobody waits for this cargo's lock.
#[tokio::test]
#[cfg_attr(not(icp), ignore = "there is no icp")]
async fn icp_builds_a_canister_that_can_be_installed() {
    let artifact = repository().join(".icp/cache/artifacts/outcall_canister");
    let _ = fs::remove_file(&artifact);
    let target = repository().join("target/canisters");
    let built = icp().arg("build").env("CARGO_TARGET_DIR", target).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let wasm = fs::read(artifact).unwrap();
    let settings = Settings { gateway: Some("http://localhost:8080".to_owned()), ..Settings::default() };
    Subnet::embedded(13).install(&wasm, encode_one(settings).unwrap()).await.unwrap();
}
