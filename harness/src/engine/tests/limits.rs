//! Canisters that would never end, or never have enough.

use std::time::{Duration, Instant};

use super::{install_with, module, query, text, update};
use crate::engine::{Canister, Module, Settings};

#[test]
fn a_loop_without_end_stops_after_the_instructions_of_its_kind() {
    let settings = Settings {
        update_instructions_max: 2_000_000,
        query_instructions_max: 1_000_000,
        ..Settings::default()
    };
    let body = r#"
        (func $for_ever (loop $again (br $again)))
        (func (export "canister_update update") (call $for_ever))
        (func (export "canister_query query") (call $for_ever))
    "#;
    let mut canister = install_with(body, settings);
    let outcome = text(update(&mut canister, "update"));
    assert_eq!(outcome, "Canister exceeded the limit of 2000000 instructions for single message execution.");
    let outcome = text(query(&canister, "query"));
    assert_eq!(outcome, "Canister exceeded the limit of 1000000 instructions for single message execution.");
}

#[test]
fn calls_into_the_host_and_the_bytes_they_move_count_as_instructions() {
    let settings = Settings { update_instructions_max: 2_000_000, ..Settings::default() };
    let body = r#"
        (func (export "canister_update print")
            (loop $again (call $print (i32.const 0) (i32.const 30000)) (br $again)))
        (func (export "canister_update three")
            (call $print (i32.const 0) (i32.const 30000))
            (call $answer (call $counter (i32.const 0))))
    "#;
    let mut canister = install_with(body, settings);
    assert!(text(update(&mut canister, "print")).starts_with("Canister exceeded the limit of 2000000 "));
    assert!((30_000..31_000).contains(&update(&mut canister, "three").unwrap()));
}

#[test]
fn what_takes_few_instructions_but_for_ever_is_stopped_by_the_clock() {
    let settings = Settings { patience: Duration::from_millis(100), ..Settings::default() };
    let body = r#"
        (func (export "canister_update fill")
            (drop (memory.grow (i32.const 1000)))
            (loop $again
                (memory.fill (i32.const 0) (i32.const 7) (i32.const 65000000))
                (br $again)))
    "#;
    let mut canister = install_with(body, settings);
    let start = Instant::now();
    let outcome = text(update(&mut canister, "fill"));
    let expected =
        "Canister ran for more than 100ms of real time in one message; the embedded engine stopped it";
    assert_eq!(outcome, expected);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn memories_grow_to_their_limit_and_not_beyond() {
    let settings =
        Settings { heap_bytes_max: 10 * 65_536, stable_bytes_max: 5 * 65_536, ..Settings::default() };
    let body = r#"
        (func (export "canister_update nine")
            (call $answer (i64.extend_i32_s (memory.grow (i32.const 9)))))
        (func (export "canister_update one")
            (call $answer (i64.extend_i32_s (memory.grow (i32.const 1)))))
        (func (export "canister_update insist")
            (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))))
        (func (export "canister_update stable five") (call $answer (call $stable_grow (i64.const 5))))
        (func (export "canister_update stable one") (call $answer (call $stable_grow (i64.const 1))))
        (func (export "canister_update stable most") (call $answer (call $stable_grow (i64.const -1))))
    "#;
    let mut canister = install_with(body, settings);
    assert_eq!(update(&mut canister, "nine"), Ok(1));
    assert_eq!(canister.heap_bytes(), 655_360);
    assert_eq!(update(&mut canister, "one"), Ok(u64::MAX));
    let expected = "Canister trapped: unreachable. Its heap memory had asked for more than the 655360 bytes that \
                    the embedded engine was told to give it";
    assert_eq!(text(update(&mut canister, "insist")), expected);
    assert_eq!(update(&mut canister, "stable five"), Ok(0));
    assert_eq!(update(&mut canister, "stable one"), Ok(u64::MAX));
    assert_eq!(update(&mut canister, "stable most"), Ok(u64::MAX));
    assert_eq!(canister.stable_bytes(), 327_680);
}

#[test]
fn a_module_whose_memory_is_too_large_from_the_start_is_a_trap_of_the_installation() {
    let settings = Settings { heap_bytes_max: 1_000, ..Settings::default() };
    let trap = Canister::install(&module(r#"(func (export "canister_init"))"#), &[], settings).unwrap_err();
    assert!(trap.to_string().contains("memory"), "{trap}");
}

#[test]
fn a_module_that_runs_nothing_at_its_installation_is_held_to_its_heap_too() {
    let settings = || Settings { heap_bytes_max: 131_072, ..Settings::default() };
    let beginning_with =
        |pages: u32| Module::new(&wat::parse_str(format!("(module (memory {pages}))")).unwrap());
    let (fits, too_large) = (beginning_with(2).unwrap(), beginning_with(3).unwrap());
    let mut canister = Canister::install(&fits, &[], settings()).unwrap();
    let expected = "Canister trapped: it begins with 196608 bytes of heap. Its heap memory had asked for more than the \
         131072 bytes that the embedded engine was told to give it";
    let refused = Canister::install(&too_large, &[], settings()).unwrap_err();
    assert_eq!(refused.to_string(), expected);
    assert_eq!(canister.upgrade(&too_large, &[]).unwrap_err().to_string(), expected);
    assert_eq!(canister.heap_bytes(), 131_072);
}

#[test]
fn a_reply_may_be_two_mebibytes_to_an_update_and_three_to_a_query() {
    let body = r#"
        (func $chunks (param i32)
            (drop (memory.grow (i32.const 15)))
            (loop $again
                (call $append (i32.const 0) (i32.const 1048576))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (call $reply))
        (func (export "canister_update two") (call $chunks (i32.const 2)))
        (func (export "canister_update three") (call $chunks (i32.const 3)))
        (func (export "canister_query of three") (call $chunks (i32.const 3)))
        (func (export "canister_query of four") (call $chunks (i32.const 4)))
    "#;
    let mut canister = install_with(body, Settings::default());
    let two = canister.update("two", &[], &[]);
    assert_eq!(canister.outcome(two).unwrap().unwrap().len(), 2 << 20);
    let three = text(update(&mut canister, "three"));
    assert!(three.ends_with("application payload size (3145728) cannot be larger than 2097152."), "{three}");
    assert_eq!(canister.query("of three", &[], &[]).unwrap().len(), 3 << 20);
    assert!(text(canister.query("of four", &[], &[])).ends_with("cannot be larger than 3145728."));
}

#[test]
fn the_last_words_of_a_canister_are_cut() {
    let body = r#"
        (func (export "canister_query short") (call $trap (i32.const 0) (i32.const 32768)))
        (func (export "canister_query long") (call $trap (i32.const 0) (i32.const 65536)))
    "#;
    let canister = install_with(body, Settings::default());
    let said = text(query(&canister, "short"));
    assert!(said.len() > 32_768 && said.starts_with("Canister called `ic0.trap` with message: '"), "{said}");
    assert_eq!(text(query(&canister, "long")), said);
}

#[test]
fn the_same_message_takes_the_same_instructions() {
    let body = r#"
        (func (export "canister_query work") (local i32)
            (loop $again (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
                (i32.const 1000))))
            (call $answer (call $counter (i32.const 0))))
    "#;
    let canister = install_with(body, Settings::default());
    let first = canister.queried("work", &[], &[]);
    assert_eq!(first, canister.queried("work", &[], &[]));
    assert!((5_000..12_000).contains(&first.instructions), "{}", first.instructions);
}

#[test]
fn one_message_cannot_send_more_than_there_is_room_for() {
    let body = r#"
        (table funcref (elem $callback))
        (func $callback (param i32))
        (func (export "canister_update flood") (local i64)
            (drop (memory.grow (i32.const 160)))
            (loop $again
                (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
                (call $data (i32.const 0) (i32.const 10485000))
                (local.set 0 (i64.add (local.get 0) (i64.const 1)))
                (br_if $again (i32.eqz (call $perform))))
            (call $answer (local.get 0)))
    "#;
    let mut canister = install_with(body, Settings::default());
    assert_eq!(update(&mut canister, "flood"), Ok(13));
    assert_eq!(canister.take_calls().len(), 12);
}

#[test]
fn a_call_may_carry_ten_mebibytes_with_its_name() {
    let body = r#"
        (func (export "canister_update too much")
            (drop (memory.grow (i32.const 160)))
            (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
            (call $data (i32.const 0) (i32.const 10485754))
            (call $data (i32.const 0) (i32.const 1)))
    "#;
    let mut canister = install_with(body, Settings::default());
    let expected = "Canister violated contract: Request to aaaaa-aa:method has a payload size of 10485761, which \
                    exceeds the allowed limit of 10485760.";
    assert_eq!(text(update(&mut canister, "too much")), expected);
}
