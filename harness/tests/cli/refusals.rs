//! What cannot be played: the status is 2, nothing is said on stdout, and the reason names what to change.

use super::{ASKER, BINARY, Canister, Ran, run};

fn refused(ran: &Ran) -> String {
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    ran.error()
}

#[tokio::test]
async fn an_import_that_does_not_exist_is_named() {
    let canister = Canister::new(r#"(module (import "ic0" "teleport" (func)) (import "env" "now" (func)))"#);
    let error = refused(&canister.round(&["--call", "ask"]).await);
    let start =
        format!("{}: the Wasm module imports what the Internet Computer does not offer: ", canister.path());
    assert!(error.starts_with(&format!("{start}ic0.teleport, env.now. A canister may import")), "{error}");
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_answered_with_those_that_do() {
    let error = refused(&Canister::new(ASKER).round(&["--call", "aks"]).await);
    let methods = "ask, ask_flexibly, ask_poorly, ask_twice_at_once, ask_twice_in_a_row, attach, caller, constant, delete, \
                   random, trapping, unchanged";
    assert_eq!(error, format!(r#"--call: found "aks", expected a method of the canister: {methods}"#));
    let composite = r#"(module (func (export "canister_composite_query ask")))"#;
    let error = refused(&Canister::new(composite).round(&["--call", "ask"]).await);
    assert_eq!(error, r#"--call: found "ask", expected a method of the canister: it has none"#);
}

#[tokio::test]
async fn files_that_are_not_there_or_not_what_they_should_be_are_named() {
    let canister = Canister::new(ASKER);
    let no_file = "found No such file or directory (os error 2), expected a readable file";
    let error = refused(&run(&["round", "--wasm", "no.wasm", "--call", "ask"]).await);
    assert_eq!(error, format!("--wasm: no.wasm: {no_file}"));
    for flag in ["--did", "--trust"] {
        let error = refused(&canister.round(&["--call", "ask", flag, "/nowhere/file"]).await);
        assert_eq!(error, format!("{flag}: /nowhere/file: {no_file}"));
    }
    let error = refused(&canister.round(&["--call", "ask", "--trust", "Cargo.toml"]).await);
    assert_eq!(error, "--trust: the extra trusted certificates: no certificate that can be trusted");
    let error = refused(&run(&["round", "--wasm", "Cargo.toml", "--call", "ask"]).await);
    assert_eq!(
        error,
        r#"Cargo.toml: this is not a Wasm module that can be hosted: it does not begin with "\0asm""#
    );
    let error = refused(&canister.round(&["--call", "ask", "--did", BINARY]).await);
    assert!(error.contains("invalid utf-8"), "{error}");
}

#[tokio::test]
async fn an_init_that_traps_is_told_in_its_own_words() {
    let text = r#"(module (import "ic0" "trap" (func $trap (param i32 i32))) (memory 1) (data (i32.const 0) "no gateway")
        (func (export "canister_init") (call $trap (i32.const 0) (i32.const 10))) (func (export "canister_query a")))"#;
    let error = refused(&Canister::new(text).round(&["--call", "a"]).await);
    assert_eq!(
        error,
        "the canister was not installed: Canister called `ic0.trap` with message: 'no gateway'"
    );
}

#[tokio::test]
async fn a_package_that_cannot_be_built_is_cargos_to_explain() {
    let error = refused(&run(&["round", "--package", "no-such-canister", "--call", "ask"]).await);
    assert!(error.starts_with("cargo build --target wasm32-unknown-unknown --profile release"), "{error}");
    assert!(error.contains("no-such-canister"), "{error}");
}

#[tokio::test]
async fn what_the_command_line_gets_wrong_is_misuse() {
    let canister = Canister::new(ASKER);
    for (arguments, said) in [
        (&[][..], "--call"),
        (&["--call", "ask", "--nonsense"], "--nonsense"),
        (&["--call", "ask", "--package", "x"], "--package"),
        (&["--call", "ask", "--profile", "x"], "--profile"),
        (&["--call", "ask", "-n", "0"], "1..=200"),
        (&["--call", "ask", "-n", "201"], "1..=200"),
        (&["--call", "ask", "--rounds", "0"], "--rounds"),
        (&["--call", "ask", "--seed", "-1"], "-1"),
        (&["--call", "ask", "--skew", "61s"], r#"expected a duration up to 60s, such as "20ms" or "1s""#),
        (&["--call", "ask", "--skew", "1h"], "--skew"),
        (&["--call", "ask", "--skew", "99999999999999999999ms"], "--skew"),
        (&["--call", "ask", "--cycles", "1T"], r#"expected a whole number, such as "1_000_000_000""#),
        (&["--call", "ask", "--late", "13"], "--late: found replica 13, expected one from 0 to 12"),
        (
            &["--call", "ask", "-n", "1", "--resend", "0,1"],
            "--resend: found replica 1, expected one from 0 to 0",
        ),
        (&["--call", "ask", "--silent", "x"], "--silent"),
    ] {
        let error = refused(&canister.round(arguments).await);
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
    assert!(refused(&run(&["round", "--call", "ask"]).await).contains("--package"));
    assert!(refused(&run(&["rond"]).await).contains("round"));
    assert!(refused(&run(&[]).await).contains("Usage"));
}
