//! From nothing to a configuration: `init`, `schema`, the completions, and the help.

use super::Folder;

const SCHEMA: &str = include_str!("../../../../proxy_conf.schema.json");

#[tokio::test]
async fn init_writes_a_file_that_check_takes_and_its_schema_beside_it() {
    let folder = Folder::new();
    let made = folder.run(&["init"], &[]).await;
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""), "{made:?}");
    let checked = folder.run(&["check"], &[]).await;
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{checked:?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("proxy_conf.json").contains(r#""$schema": "./proxy_conf.schema.json""#));
    assert_eq!(read("proxy_conf.schema.json"), SCHEMA);
}

#[tokio::test]
async fn init_leaves_alone_what_is_there() {
    let folder = Folder::with("proxy_conf.json", "mine");
    let refused = folder.run(&["init"], &[]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.stderr.contains("proxy_conf.json: "), "{refused:?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name));
    assert_eq!(read("proxy_conf.json").unwrap(), "mine");
    assert!(read("proxy_conf.schema.json").is_err(), "a refusal writes nothing");

    let folder = Folder::with("proxy_conf.schema.json", "mine");
    let made = folder.run(&["init", "other.json"], &[]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.stdout.contains("proxy_conf.schema.json: another one is there, and left alone"), "{made:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("proxy_conf.schema.json")).unwrap(), "mine");
}

#[tokio::test]
async fn init_and_schema_print_into_a_pipe() {
    let folder = Folder::new();
    let printed = folder.run(&["init", "-"], &[]).await;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    std::fs::write(folder.path().join("proxy_conf.json"), &printed.stdout).unwrap();
    assert_eq!(folder.run(&["check"], &[]).await.code, Some(0));
    let schema = folder.run(&["schema"], &[]).await;
    assert_eq!((schema.code, schema.stdout.as_str()), (Some(0), SCHEMA));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only what this test wrote");
}

#[tokio::test]
async fn the_sample_names_its_schema() {
    let sample = include_str!("../../../../proxy_conf.json");
    assert!(sample.contains(r#""$schema": "./proxy_conf.schema.json""#));
}

#[tokio::test]
async fn a_shell_can_complete_every_command_and_the_help_shows_how_to_begin() {
    let folder = Folder::new();
    let help = folder.run(&["--help"], &[]).await.stdout;
    for said in ["Examples:", "outcall-gateway init", "check --online", "Exit status:", "kill -HUP"] {
        assert!(help.contains(said), "{said}: {help}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.run(&["completions", shell], &[]).await;
        assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""));
        for command in ["serve", "init", "check", "schema", "keygen", "token", "accept-loss", "completions"] {
            assert!(script.stdout.contains(command), "{shell}: {command}");
            assert!(help.contains(command), "{command} in the help");
        }
        assert!(script.stdout.contains("with-demo-upstream"), "{shell}");
    }
    let unknown = folder.run(&["completions", "telepathy"], &[]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}

/// What is written to a pipe has no colours; nor has the log.
#[tokio::test]
async fn without_a_terminal_there_are_no_colours() {
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    for arguments in
        [&["--help"][..], &["check"], &["--store", "nowhere"], &["--listen", "192.0.2.1:1", "--log", "trace"]]
    {
        let ran = folder.run(arguments, &[("TERM", "xterm-256color")]).await;
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{arguments:?}: {ran:?}");
    }
}
