//! Which modules are hosted, and what is said about the others.

use std::io::Write as _;

use super::{PRELUDE, install, query, update, wasm};
use crate::engine::{Canister, EngineError, Module, Settings};

fn refusal(text: &str) -> String {
    Module::new(&wat::parse_str(text).unwrap()).unwrap_err().to_string()
}

#[test]
fn every_unknown_import_is_named() {
    let error = refusal(
        r#"(module
        (import "ic0" "msg_reply" (func))
        (import "ic0" "teleport" (func))
        (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))))"#,
    );
    assert!(
        error.contains("ic0.teleport, wasi_snapshot_preview1.random_get. A canister may import"),
        "{error}"
    );
    assert!(!error.contains("msg_reply"), "{error}");
}

#[test]
fn what_is_not_a_canister_is_refused_in_words() {
    let text = Module::new(b"not wasm").unwrap_err().to_string();
    assert_eq!(text, r#"this is not a Wasm module that can be hosted: it does not begin with "\0asm""#);
    assert!(matches!(Module::new(b""), Err(EngineError::Invalid(_))));
    assert!(matches!(Module::new(&[0x1f, 0x8b, 1, 2]), Err(EngineError::Invalid(_))));
    assert!(refusal("(component)").contains("component"));
    assert!(refusal(r#"(module (import "ic0" "memory" (memory 1)))"#).contains("functions only"));
    assert!(
        refusal(r#"(module (func (export "canister_refuel")))"#).contains("\"canister_refuel\" is reserved")
    );
    assert!(refusal("(module (table 1 funcref) (global (mut funcref) ref.null func))").contains("reference"));
    for odd in ["canister_update a", "canister_init"] {
        let signature = refusal(&format!(r#"(module (func (export "{odd}") (param i32)))"#));
        assert!(
            signature.contains(&format!("\"{odd}\" must have neither parameters nor results")),
            "{signature}"
        );
    }
    let twice = r#"(module (func (export "canister_query a")) (func (export "canister_update a")))"#;
    assert!(refusal(twice).contains("more than once"));
    let signature = refusal(r#"(module (import "ic0" "time" (func (param i32))))"#);
    assert!(signature.contains("ic0") && signature.contains("time"), "{signature}");
}

#[test]
fn a_module_needs_neither_memory_nor_table_nor_functions() {
    for sections in [b"".as_slice(), b"\x05\x01\0", b"\x04\x01\0\x05\x01\0"] {
        let module = Module::new(&[b"\0asm\x01\0\0\0", sections].concat()).unwrap();
        Canister::install(&module, &[], Settings::default()).unwrap();
    }
}

#[test]
fn a_module_says_about_itself_what_its_metadata_says() {
    let module = super::module(
        r#"(@custom "icp:public candid:service" "service : {}") (@custom "icp:private a b" "\00\01")
           (@custom "candid:args" "()") (@custom "icp:public candid:service" "again")"#,
    );
    let said = |name| module.metadata(name);
    assert_eq!(said("candid:service"), Some(b"service : {}".as_slice()), "the first one counts");
    assert_eq!(said("a b"), Some(b"\0\x01".as_slice()));
    assert_eq!(said("candid:args"), None, "not a section of metadata");
}

#[test]
fn no_cut_module_makes_the_engine_panic() {
    let whole = wasm(
        r#"(table funcref (elem $answer2)) (func $answer2) (start $answer2) (global (mut i32) (i32.const 1))"#,
    );
    for end in 0..whole.len() {
        let _ = Module::new(&whole[..end]);
    }
}

#[test]
fn a_gzipped_module_is_unpacked() {
    let plain = wasm(r#"(func (export "canister_query seven") (call $answer (i64.const 7)))"#);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).unwrap();
    let module = Module::new(&encoder.finish().unwrap()).unwrap();
    assert_eq!(module.methods().collect::<Vec<_>>(), ["canister_query seven"]);
    let canister = Canister::install(&module, &[], Settings::default()).unwrap();
    assert_eq!(query(&canister, "seven"), Ok(7));
}

#[test]
fn segments_lie_where_a_global_says_and_must_fit() {
    let canister = install(
        r#"
        (global $place i32 (i32.const 5))
        (table 9 funcref)
        (type $number (func (result i64)))
        (func $seven (result i64) (i64.const 7))
        (elem (global.get $place) $seven)
        (data (global.get $place) "\08")
        (func (export "canister_query both") (call $answer
            (i64.add (i64.load8_u (i32.const 5)) (call_indirect (type $number) (i32.const 5)))))
        "#,
    );
    assert_eq!(query(&canister, "both"), Ok(15));
    for (module, text) in [
        (r#"(module (memory 1) (data (i32.const 65535) "12"))"#, "Canister trapped: heap out of bounds"),
        (
            "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))",
            "Canister trapped: table out of bounds",
        ),
    ] {
        assert_eq!(refusal(module), format!("this is not a Wasm module that can be hosted: {text}"));
    }
}

#[test]
fn the_start_function_runs_once_and_never_again() {
    let mut canister = install(
        r#"
        (global $starts (mut i64) (i64.const 40))
        (func $start
            (global.set $starts (i64.add (global.get $starts) (i64.const 1)))
            (i32.store8 (i32.const 60) (i32.add (i32.load8_u (i32.const 60)) (i32.const 1))))
        (start $start)
        (func (export "canister_update read")
            (call $answer (i64.add (global.get $starts) (i64.load8_u (i32.const 60)))))
        "#,
    );
    assert_eq!(update(&mut canister, "read"), Ok(42));
    assert_eq!(query(&canister, "read").unwrap_err().code as u32, 5);
    assert_eq!(update(&mut canister, "read"), Ok(42));
}

#[test]
fn the_start_function_may_not_use_the_system() {
    let text = format!("(module {PRELUDE} (func $start (drop (call $arg_size))) (start $start))");
    let module = Module::new(&wat::parse_str(text).unwrap()).unwrap();
    let trap = Canister::install(&module, &[], Settings::default()).unwrap_err().to_string();
    assert!(trap.contains("cannot be executed in start mode"), "{trap}");
}

#[test]
fn globals_of_every_kind_last_and_the_table_needs_no_export() {
    let mut canister = install(
        r#"
        (global $a (mut i32) (i32.const 1))
        (global $b i64 (i64.const 5))
        (global $c (mut i64) (i64.const 10))
        (global $d (mut f64) (f64.const 0.5))
        (global $e (mut f32) (f32.const 0.25))
        (func (export "canister_update add")
            (global.set $a (i32.add (global.get $a) (i32.const 1)))
            (global.set $c (i64.add (global.get $c) (i64.const 10)))
            (global.set $d (f64.mul (global.get $d) (f64.const 4)))
            (global.set $e (f32.mul (global.get $e) (f32.const 8)))
            (call $answer (i64.const 0)))
        (func (export "canister_query sum") (call $answer
            (i64.add (i64.add (i64.extend_i32_u (global.get $a)) (global.get $b))
                (i64.add (global.get $c)
                    (i64.add (i64.trunc_f64_u (global.get $d)) (i64.trunc_f32_u (global.get $e)))))))
        "#,
    );
    for _ in 0..2 {
        assert_eq!(update(&mut canister, "add"), Ok(0));
    }
    assert_eq!(query(&canister, "sum"), Ok(3 + 5 + 30 + 8 + 16));
}
