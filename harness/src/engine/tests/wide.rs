//! A heap that is addressed by 64 bits: what Motoko makes of every canister. It is played whole in `tests/cli/motoko.rs`.

use super::*;

const WIDE: &str = r#"
    (import "ic0" "msg_arg_data_size" (func $size (result i64)))
    (import "ic0" "msg_arg_data_copy" (func $copy (param i64 i64 i64)))
    (import "ic0" "msg_reply_data_append" (func $append (param i64 i64)))
    (import "ic0" "msg_reply" (func $reply))
    (memory i64 1)
    (func (export "canister_query echo")
        (call $copy (i64.const 16) (i64.const 0) (call $size))
        (call $append (i64.const 16) (call $size)) (call $reply))
    (func (export "canister_query beyond") (call $append (i64.const 0x1_0000_0010) (i64.const 1)) (call $reply))
    (func (export "canister_query long") (call $append (i64.const 0) (i64.const 0x1_0000_0001)) (call $reply))
    (func (export "canister_query grow")
        (i64.store (i64.const 0) (memory.grow (i64.const 1)))
        (i64.store (i64.const 8) (memory.grow (i64.const 65536)))
        (call $append (i64.const 0) (i64.const 16)) (call $reply))
"#;

fn asked(method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
    let module = Module::new(&wat::parse_str(format!("(module {WIDE})")).unwrap()).unwrap();
    let settings = Settings { heap_bytes_max: u64::MAX, ..Settings::default() };
    Canister::install(&module, &[], settings).unwrap().query(method, arg, &[4])
}

#[test]
fn words_are_of_64_bits_and_none_is_cut_to_32() {
    assert_eq!(asked("echo", b"hello"), Ok(b"hello".to_vec()));
    for method in ["beyond", "long"] {
        let reject = asked(method, &[]).unwrap_err();
        assert!(reject.message.contains("heap out of bounds"), "{method}: {reject}");
    }
}

#[test]
fn it_grows_but_not_beyond_what_32_bits_can_name() {
    let grown = asked("grow", &[]).unwrap();
    assert_eq!(grown, [1_i64.to_le_bytes(), (-1_i64).to_le_bytes()].concat());
}

#[test]
fn what_is_imported_with_words_of_32_bits_does_not_fit() {
    let narrow = WIDE.replace("$append (param i64 i64)", "$append (param i32 i32)");
    let text = format!("(module {})", &narrow[..narrow.find("(func (export").unwrap()]);
    let error = Module::new(&wat::parse_str(text).unwrap()).unwrap_err().to_string();
    assert!(error.contains("msg_reply_data_append"), "{error}");
}
