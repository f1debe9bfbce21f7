use super::*;

fn here() -> Build {
    Build::package("outcall-canister").profile("canister").within(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_sample_canister_is_built_and_can_be_hosted() {
    let wasm = here().run().unwrap_or_else(|error| panic!("{error}"));
    let module = crate::engine::Module::new(&wasm).unwrap();
    for method in ["canister_update get_price", "canister_update place_order", "canister_query transform"] {
        assert!(module.exports(method), "{method}");
    }
    assert!(Arc::ptr_eq(&wasm, &here().run().unwrap()), "a process builds a package once");
}

#[test]
fn a_package_that_is_not_there_is_cargos_to_explain() {
    let error = Build { package: "no-such-canister".to_owned(), ..here() }.run().unwrap_err().to_string();
    assert!(error.starts_with("cargo build --target wasm32-unknown-unknown --profile canister"), "{error}");
    assert!(error.contains("no-such-canister"), "{error}");
}

#[test]
fn a_package_without_a_cdylib_makes_no_wasm() {
    let error = Build { package: "outcall-protocol".to_owned(), ..here() }.run().unwrap_err().to_string();
    assert_eq!(
        error,
        r#"the package outcall-protocol makes no Wasm: its [lib] needs crate-type = ["cdylib"]"#
    );
}

#[test]
fn a_missing_target_is_recognised_and_the_message_says_what_to_do() {
    let failed = |stderr: &str| Output {
        status: std::os::unix::process::ExitStatusExt::from_raw(101 << 8),
        stdout: Vec::new(),
        stderr: stderr.as_bytes().to_vec(),
    };
    let missing = "error[E0463]: can't find crate for `core`\n  = note: the `wasm32-unknown-unknown` target may not be installed\n";
    assert!(misses_target(&failed(missing)));
    assert!(!misses_target(&failed("error[E0425]: cannot find value `x` in this scope")));
    let error = BuildError::NoTarget { folder: "/here".into(), why: "no network".to_owned() };
    assert!(error.to_string().contains("Run `rustup target add wasm32-unknown-unknown`"), "{error}");
}

#[test]
fn only_the_end_of_a_long_story_is_told() {
    let story: String = (0..100).map(|line| format!("line {line}\n")).collect();
    let output = Output {
        status: std::process::ExitStatus::default(),
        stdout: Vec::new(),
        stderr: story.into_bytes(),
    };
    let end = end_of(&output);
    assert!(end.starts_with("line 60\n") && end.ends_with("line 99"), "{end}");
}
