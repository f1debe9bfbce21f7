//! Arguments and replies as text: what they are taken for, and what is said when they are something else.

use super::{ASKER, Canister, Ran, Server, get};

/// The asker's interface, with a method of each kind of trouble.
const DID: &str = "type Header = record { name : text; value : text };
type Request = record {
  url : text; max_response_bytes : opt nat64; method : variant { get; head; post };
  headers : vec Header; body : opt blob;
};
service : {
  ask : (Request) -> (record { status : nat; headers : vec Header; body : blob });
  unchanged : (nat8, opt text) -> (nat8, opt text) query;
  constant : () -> (text) query;
}";

fn refused(ran: &Ran) -> String {
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    ran.error()
}

#[tokio::test]
async fn a_did_file_types_the_arguments_and_names_the_fields_of_the_reply() {
    let (canister, did) = (Canister::new(ASKER), Canister::did(DID));
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let text = format!(
        r#"(record {{ url = "{}"; max_response_bytes = opt 1_000; method = variant {{ get }}; headers = vec {{}} }})"#,
        server.url()
    );
    let arguments = ["--call", "ask", "--args", &text];
    let ran = canister.round(&[&arguments[..], &["--did", did.path()]].concat()).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stdout.contains("    status = 200 : nat;\n")
            && ran.stdout.contains("    body = blob \"4.23\";\n"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("\n  cycles: 59,"), "a cap of 1,000 bytes is paid for: {ran:?}");
    let control = canister.round(&arguments).await;
    assert!(
        control.stdout.contains("\n  cycles: 20,849,"),
        "1_000 alone is an int, no nat64, so there is no cap: {control:?}"
    );
    let untyped = canister.round(&["--call", "ask", "--args", &get(&server.url())]).await;
    assert!(
        untyped.code == Some(0) && !untyped.stdout.contains("status ="),
        "names are known by the interface only: {untyped:?}"
    );
}

#[tokio::test]
async fn the_modules_own_metadata_types_the_arguments_too_and_nonsense_in_it_is_no_obstacle() {
    let arguments = ["--call", "unchanged", "--args", "(7)"];
    let metadata = format!(r#"(@custom "icp:public candid:service" {DID:?})"#).replace("\\n", " ");
    let ran = Canister::with_metadata(ASKER, &metadata).round(&arguments).await;
    assert!(ran.stdout.contains("\nunchanged replied (7 : nat8, null)\n"), "{ran:?}");
    let nonsense = r#"(@custom "icp:public candid:service" "service : { \ff")"#;
    let ran = Canister::with_metadata(ASKER, nonsense).round(&arguments).await;
    assert!(ran.stdout.contains("\nunchanged replied (7 : int)\n"), "{ran:?}");
}

/// What `export_candid!` of ic-cdk compiles to.
#[tokio::test]
async fn a_module_that_tells_its_interface_when_it_is_asked_is_asked() {
    let telling = |text: &str, at: i32| {
        let data = text.replace('\n', " ").replace('"', "\\22");
        let function = format!(r#"(func (export "get_candid_pointer") (result i32) (i32.const {at}))"#);
        Canister::with_metadata(ASKER, &format!(r#"(data (i32.const 60000) "{data}\00") {function}"#))
    };
    let arguments = ["--call", "unchanged", "--args", "(7)"];
    let ran = telling(DID, 60_000).round(&arguments).await;
    assert!(ran.stdout.contains("\nunchanged replied (7 : nat8, null)\n"), "{ran:?}");
    for (nonsense, at) in [("service : {", 60_000), (DID, i32::MAX), (DID, -1)] {
        let ran = telling(nonsense, at).round(&arguments).await;
        assert!(ran.stdout.contains("\nunchanged replied (7 : int)\n"), "{ran:?}");
    }
}

/// As candid's crate says it; the numbers of the command line are ints, unless somebody says more.
#[tokio::test]
async fn a_number_of_another_type_is_explained_where_no_interface_is_known() {
    let message = "Fail to decode argument 0 from int to nat64";
    let text = format!(
        r#"(module (import "ic0" "trap" (func $trap (param i32 i32))) (memory 1) (data (i32.const 0) "{message}")
            (func (export "canister_update count") (call $trap (i32.const 0) (i32.const {}))))"#,
        message.len()
    );
    let hint = "  the canister tells no interface, so a number is an int unless it is written as 1 : nat64; or give --did FILE\n";
    let ran = Canister::new(&text).round(&["--call", "count", "--args", "(7)"]).await;
    assert!(ran.code == Some(1) && ran.stdout.contains(hint), "{ran:?}");
    let told = r#"(@custom "icp:public candid:service" "service : { count : (nat64) -> () }")"#;
    let ran = Canister::with_metadata(&text, told).round(&["--call", "count", "--args", "(7)"]).await;
    assert!(ran.stdout.contains(message) && !ran.stdout.contains(hint), "the control: {ran:?}");
}

#[tokio::test]
async fn replies_that_are_an_err_are_counted() {
    let canister = Canister::new(ASKER);
    for (reply, is_err) in [
        (r#"(variant { Err = "no such pair" })"#, true),
        (r#"(variant { err = "no such pair" })"#, true),
        (r#"(opt opt variant { Err })"#, true),
        (r#"(variant { Ok = "4.23" })"#, false),
        (r#"(variant { Ok = variant { Err } }, variant { Err })"#, false),
        (r#"("Err")"#, false),
        ("()", false),
    ] {
        let ran = canister.round(&["--call", "unchanged", "--args", reply]).await;
        assert_eq!(ran.stdout.contains("; 1 Err; "), is_err, "{ran:?}");
    }
    let ran = canister.round(&["--call", "constant"]).await;
    assert!(ran.stdout.contains("; 1 Err; "), "what is no Candid is of no use: {ran:?}");
}

#[tokio::test]
async fn init_is_typed_by_the_service_or_by_the_metadata_beside_it() {
    let keeper = r#"(module
        (import "ic0" "msg_arg_data_size" (func $size (result i32)))
        (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
        (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
        (import "ic0" "msg_reply" (func $reply))
        (memory 1) (global $kept (mut i32) (i32.const 0))
        (func (export "canister_init")
          (global.set $kept (call $size)) (call $copy (i32.const 0) (i32.const 0) (call $size)))
        (func (export "canister_query kept") (call $append (i32.const 0) (global.get $kept)) (call $reply)))"#;
    let class =
        r#"(@custom "icp:public candid:service" "service : (nat16) -> { kept : () -> (nat16) query }")"#;
    let beside = r#"(@custom "icp:private candid:service" "type N = nat16; service : { kept : () -> (N) query }")
        (@custom "icp:public candid:args" "(N)")"#;
    for (metadata, kept) in [(class, "(9 : nat16)"), (beside, "(9 : nat16)"), ("", "(9 : int)")] {
        let ran = Canister::with_metadata(keeper, metadata).round(&["--init", "(9)", "--call", "kept"]).await;
        assert!(ran.stdout.contains(&format!("\nkept replied {kept}\n")), "{metadata}: {ran:?}");
    }
    let error = refused(
        &Canister::with_metadata(keeper, beside).round(&["--init", "(70_000)", "--call", "kept"]).await,
    );
    assert_eq!(error, "--init: ParseIntError: number too large to fit in target type; expected (nat16)");
}

#[tokio::test]
async fn bad_text_is_told_with_its_place_and_what_was_expected() {
    let canister = Canister::new(ASKER);
    for (text, said) in [
        (
            r#"(record { url = "x" ) "#,
            "--args:1:21: found \")\", expected one of \";\", \"}\"\n    (record { url = \"x\" ) \n                        ^",
        ),
        ("(1,\n é)", "--args:2:2: Unknown token é\n     é)\n     ^"),
        ("(1", "--args:1:3: found the end, expected one of \")\", \",\", \":\"\n    (1\n      ^"),
        ("(1) 2", "--args:1:5: Unexpected token\n    (1) 2\n        ^"),
        ("", "--args:1:1: found the end, expected \"(\"\n    \n    ^"),
        (r#"("a"#, "--args:1:2: Unclosed string"),
        (r#"(principal "x")"#, "--args:1:12: "),
    ] {
        let error = refused(&canister.round(&["--call", "ask", "--args", text]).await);
        assert!(error.starts_with(said), "{text}\n{error}\n{said}");
    }
    let error = refused(&canister.round(&["--call", "ask", "--init", "(", "--args", "("]).await);
    assert!(error.starts_with("--init:1:2: "), "{error}");
}

#[tokio::test]
async fn values_of_other_types_are_told_with_the_types_that_were_expected() {
    let (canister, did) = (Canister::new(ASKER), Canister::did(DID));
    for (call, text, said) in [
        (
            "unchanged",
            r#"("x")"#,
            r#"--args: type mismatch: "x" cannot be of type nat8; expected (nat8, opt text)"#,
        ),
        ("unchanged", "()", "--args: Omitted values cannot be of type nat8; expected (nat8, opt text)"),
        ("unchanged", "(1, null, 3)", "--args: found 3 values; expected (nat8, opt text)"),
        ("constant", "(1)", "--args: found 1 values; expected ()"),
        ("ask", "(record {})", "--args: record field url not found; expected (record {\n"),
    ] {
        let error = refused(&canister.round(&["--call", call, "--args", text, "--did", did.path()]).await);
        assert!(error.starts_with(said), "{text}\n{error}");
    }
}

#[tokio::test]
async fn a_did_file_that_cannot_be_read_is_told_with_its_place() {
    let canister = Canister::new(ASKER);
    for (text, said) in [
        ("service : {\n  ask : (nat) -> (nat)\n  b : () -> ();\n}", ":3:3: found \"b\", expected one of "),
        ("service : { ask : (Missing) -> () }", ": Unbound type identifier Missing"),
        ("type A = nat;", ": found no service, expected one"),
        ("type A = B; type B = A; service : {}", ": A has cyclic type definition"),
        ("import \"nowhere.did\"; service : {}", ": Cannot import \"nowhere.did\""),
    ] {
        let did = Canister::did(text);
        let error = refused(&canister.round(&["--call", "ask", "--did", did.path()]).await);
        assert!(error.starts_with(&format!("{}{said}", did.path())), "{error}");
    }
}

#[tokio::test]
async fn a_reply_that_is_no_candid_is_shown_as_bytes() {
    let ran = Canister::new(ASKER).round(&["--call", "constant"]).await;
    assert!(ran.stdout.contains("\nconstant replied 1 bytes that are no Candid: \"x\"\n"), "{ran:?}");
}

#[tokio::test]
async fn text_that_is_too_long_or_nested_too_deeply_is_refused_and_what_is_within_is_not() {
    let canister = Canister::new(ASKER);
    let deep = |prefix: &str, times: usize| format!("({}1)", prefix.repeat(times));
    for (text, code) in [
        (deep("opt ", 98), 1),
        (deep("opt ", 99), 2),
        (deep("opt ", 30_000), 2),
        (deep("record { opt ", 10_000), 2),
        (format!("({}1)", "opt 1, ".repeat(200)), 1),
        (format!("(vec {{{}}})", "opt 1;".repeat(200)), 1),
    ] {
        let ran = canister.round(&["--call", "unchanged", "--args", &text]).await;
        assert_eq!(ran.code, Some(code), "{} bytes: {}", text.len(), ran.stderr);
        let told = ran.stderr.contains(": expected nothing that is nested more than 100 times\n");
        assert_eq!(told, code == 2, "{}", ran.stderr);
    }
    let aliases: String = (0..5_000).map(|number| format!("type A{number} = opt A{};", number + 1)).collect();
    for (did, said) in [
        (
            format!("service : {{ a : ({}nat) -> () }}", "vec ".repeat(60_000)),
            ":1:406: expected nothing that is nested",
        ),
        (" ".repeat(262_145), ": found 262145 bytes, expected at most 262144"),
        (aliases + "type A5000 = nat; service : { unchanged : (A0) -> () }", ""),
    ] {
        let did = Canister::did(&did);
        let ran =
            canister.round(&["--call", "unchanged", "--args", "(opt opt null)", "--did", did.path()]).await;
        let said = if said.is_empty() { said.to_owned() } else { format!("{}{said}", did.path()) };
        assert_eq!(ran.code, Some(if said.is_empty() { 1 } else { 2 }), "{}", ran.stderr);
        assert!(ran.error().starts_with(&said), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn a_reply_without_end_is_shown_as_bytes() {
    let text = r#"(module (import "ic0" "msg_reply_data_append" (func $append (param i32 i32))) (import "ic0" "msg_reply" (func $reply))
        (memory 32) (data (i32.const 0) "DIDL\01\6e\00\01\00")
        (func (export "canister_query deep")
          (memory.fill (i32.const 9) (i32.const 1) (i32.const 1_000_000))
          (call $append (i32.const 0) (i32.const 1_000_010)) (call $reply)))"#;
    let ran = Canister::new(text).round(&["--call", "deep"]).await;
    assert!(ran.stdout.contains("\ndeep replied 1000010 bytes that are no Candid: \"DIDL"), "{ran:?}");
}
