//! Help, and outputs that nobody reads.

use std::process::{Output, Stdio};

use super::{ASKER, Canister, Server, command, get, run};

#[tokio::test]
async fn help_and_version_are_told() {
    let ran = run(&["--version"]).await;
    let version = concat!("outcall-harness ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), version, ""));
    let ran = run(&["--help"]).await;
    assert!(ran.code == Some(0) && ran.stdout.contains("round"), "{ran:?}");
    let ran = run(&["round", "--help"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for word in [
        "--wasm",
        "--package",
        "--did",
        "--call",
        "--nodes",
        "--rounds",
        "--seeds",
        "--seed",
        "--trust",
        "Exit status",
        "Examples:",
    ] {
        assert!(ran.stdout.contains(word), "{word} is missing in\n{}", ran.stdout);
    }
}

#[tokio::test]
async fn a_closed_stdout_keeps_the_exit_status() {
    let canister = Canister::new(ASKER);
    for (varies, code) in [(0, 0), (1, 1)] {
        let server = Server::answering(move |number| format!("\r\n{}", number * varies)).await;
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let arguments = [
            "round",
            "--wasm",
            canister.path(),
            "--call",
            "ask",
            "--args",
            &get(&server.url()),
            "--rounds",
            "2",
        ];
        let output = with_outputs(&arguments, writer, Stdio::piped()).await;
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), server.hits()), (Some(code), 26), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[tokio::test]
async fn a_closed_stderr_keeps_the_exit_status_too() {
    let canister = Canister::new(ASKER);
    for (call, code) in [("nothing", 2), ("unchanged", 1)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let arguments = ["round", "--wasm", canister.path(), "--call", call];
        let output = with_outputs(&arguments, Stdio::piped(), writer).await;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
}

/// `Command::output` would replace both.
async fn with_outputs(arguments: &[&str], stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Output {
    let child = command(arguments).stdout(stdout).stderr(stderr).spawn().unwrap();
    child.wait_with_output().await.unwrap()
}

#[tokio::test]
async fn shells_are_told_what_to_complete() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(&["completions", shell]).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
        for word in ["probe", "round", "expect-ok", "max-response-bytes"] {
            assert!(ran.stdout.contains(word), "{shell} does not complete {word}");
        }
    }
}
