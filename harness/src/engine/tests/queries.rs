//! Queries: on a copy, beside each other, and as transforms.

use super::{install, query, text, update};

const COUNTER: &str = r#"
    (func $count
        (i64.store (i32.const 50) (i64.add (i64.load (i32.const 50)) (i64.const 1)))
        (call $answer (i64.load (i32.const 50))))
    (func (export "canister_update add") (call $count))
    (func (export "canister_query look") (call $count))
    (func (export "canister_query refuses") (call $reject (i32.const 100) (i32.const 6)))
    (func (export "canister_query says nothing"))
    (func (export "canister_composite_query both"))
    (func (export "canister_query prints")
        (call $print (i32.const 100) (i32.const 6)) (call $answer (i64.const 0)))
"#;

#[test]
fn a_query_changes_nothing_called_either_way() {
    let mut canister = install(COUNTER);
    assert_eq!(update(&mut canister, "add"), Ok(1));
    assert_eq!(query(&canister, "look"), Ok(2));
    assert_eq!(update(&mut canister, "look"), Ok(2));
    assert_eq!(query(&canister, "look"), Ok(2));
}

/// A query that is called as an update may write everywhere, and nothing of it is there afterwards.
#[test]
fn what_a_replicated_query_writes_is_gone_from_globals_and_stable_memory_too() {
    let mut canister = install(
        r#"
        (global $calls (mut i64) (i64.const 0))
        (func $write
            (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
            (drop (call $stable_grow (i64.const 1)))
            (call $answer (global.get $calls)))
        (func (export "canister_query look") (call $write))
        (func (export "canister_update control") (call $write))
        "#,
    );
    for _ in 0..2 {
        assert_eq!((update(&mut canister, "look"), canister.stable_bytes()), (Ok(1), 0));
    }
    assert_eq!((update(&mut canister, "control"), canister.stable_bytes()), (Ok(1), 65_536));
    assert_eq!((update(&mut canister, "look"), canister.stable_bytes()), (Ok(2), 65_536));
}

#[test]
fn thirty_four_queries_run_beside_each_other() {
    let canister = install(COUNTER);
    let replies: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..34).map(|_| scope.spawn(|| query(&canister, "look"))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(replies.iter().all(|reply| *reply == Ok(1)));
}

#[test]
fn a_query_that_refuses_or_stays_silent_is_rejected() {
    let canister = install(COUNTER);
    let refused = query(&canister, "refuses").unwrap_err();
    assert_eq!((refused.code as u32, &*refused.message), (4, "method"));
    assert!(text(query(&canister, "says nothing")).ends_with("did not reply to the call"));
    assert_eq!(text(query(&canister, "absent")), "Canister has no query method 'absent'.");
    assert_eq!(text(query(&canister, "add")), "Canister has no query method 'add'.");
    assert!(text(query(&canister, "both")).contains("composite query"));
}

#[test]
fn what_a_query_prints_and_takes_is_told_to_whoever_asks() {
    let canister = install(COUNTER);
    let queried = canister.queried("prints", &[], &[]);
    assert_eq!(queried.log, ["method"]);
    assert!(queried.instructions > 0);
    assert_eq!(canister.log().count(), 0);
}
