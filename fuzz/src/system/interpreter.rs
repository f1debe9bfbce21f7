//! The canister that calls what its argument says.

use std::fmt::Write as _;

/// Where the script stands in memory; in front of it is what functions may be pointed to.
const SCRIPT: u32 = 16_384;
/// More of a script is not read.
const SCRIPT_BYTES_MAX: u32 = 16_384;

/// All of ic0: each function with its parameters and its result, `i` for 32 bits and `I` for 64. A wrong one does not link.
const FUNCTIONS: &str = "
msg_arg_data_size:>i msg_arg_data_copy:iii> msg_caller_size:>i msg_caller_copy:iii> msg_caller_info_data_size:>i
msg_caller_info_data_copy:iii> msg_caller_info_signer_size:>i msg_caller_info_signer_copy:iii>
msg_reject_code:>i msg_reject_msg_size:>i msg_reject_msg_copy:iii> msg_deadline:>I msg_reply_data_append:ii>
msg_reply:> msg_reject:ii> msg_method_name_size:>i msg_method_name_copy:iii> accept_message:>
msg_cycles_available:>I msg_cycles_available128:i> msg_cycles_refunded:>I msg_cycles_refunded128:i>
msg_cycles_accept:I>I msg_cycles_accept128:IIi> cycles_burn128:IIi> canister_cycle_balance:>I
canister_cycle_balance128:i> canister_liquid_cycle_balance128:i> mint_cycles:I>I mint_cycles128:IIi>
canister_self_size:>i canister_self_copy:iii> canister_status:>i canister_version:>I subnet_self_size:>i
subnet_self_copy:iii> subnet_self_node_count:>i root_key_size:>i root_key_copy:iii> certified_data_set:ii>
data_certificate_present:>i data_certificate_size:>i data_certificate_copy:iii> time:>I global_timer_set:I>I
performance_counter:i>I is_controller:ii>i in_replicated_execution:>i debug_print:ii> trap:ii>
call_new:iiiiiiii> call_on_cleanup:ii> call_data_append:ii> call_with_best_effort_response:i> call_cycles_add:I>
call_cycles_add128:II> call_perform:>i stable_size:>i stable_grow:i>i stable_write:iii> stable_read:iii>
stable64_size:>I stable64_grow:I>I stable64_write:III> stable64_read:III> cost_call:IIi> cost_create_canister:i>
cost_http_request:IIi> cost_http_request_v2:iii> cost_sign_with_ecdsa:iiii>i cost_sign_with_schnorr:iiii>i
cost_vetkd_derive_key:iiii>i env_var_count:>i env_var_name_size:i>i env_var_name_copy:iiii>
env_var_name_exists:ii>i env_var_value_size:ii>i env_var_value_copy:iiiii>
";

/// What stands at the beginning of the memory: a method of its own, principals, curves, a name, and the Candid of nothing.
const DATA: &[(u32, &str)] = &[
    (0, "run"),
    (4, "name"),
    (8, "raw_rand"),
    (16, "\\00\\00\\00\\00\\00\\00\\00\\01\\01\\01"),
    (32, "DIDL\\00\\00"),
    (48, "secp256k1"),
    (64, "key_1"),
    (128, "http_request"),
];

/// A function of ic0: its name, its parameters and its result.
struct Function {
    name: &'static str,
    parameters: &'static str,
    result: &'static str,
}

fn functions() -> impl Iterator<Item = Function> {
    FUNCTIONS.split_ascii_whitespace().map(|line| {
        let mut parts = line.split([':', '>']);
        let mut part = || parts.next().unwrap_or_default();
        Function { name: part(), parameters: part(), result: part() }
    })
}

/// The module's bytes.
pub(super) fn wasm() -> Vec<u8> {
    wat::parse_str(text()).expect("a module in the text format")
}

fn text() -> String {
    let (mut imports, mut cases) = (String::new(), String::new());
    let count = functions().count();
    for Function { name, parameters, result } in functions() {
        let kinds: String = parameters.chars().map(|kind| format!(" {}", of(kind))).collect();
        let result_kind = result.chars().map(|kind| format!("(result {})", of(kind))).collect::<String>();
        let _ = writeln!(imports, r#"(import "ic0" "{name}" (func ${name} (param{kinds}) {result_kind}))"#);
        // The case of a function begins behind the end of its block.
        cases.push(')');
        for kind in parameters.chars() {
            cases.push_str(if kind == 'i' { "(i32.wrap_i64 (call $number))" } else { "(call $number)" });
        }
        let _ = write!(cases, "(call ${name})");
        cases.push_str(if result.is_empty() { "" } else { "(drop)" });
        cases.push_str("(br $next)\n");
    }
    // One case more ends the message, and leaves the rest of the script to a callback.
    cases.push_str(")(return)");
    let choices = count + 1;
    let opened = "(block ".repeat(choices);
    let labels: String = (0..choices).map(|number| format!(" {number}")).collect();
    let data: String =
        DATA.iter().map(|(at, bytes)| format!("(data (i32.const {at}) \"{bytes}\")")).collect();
    let entry_points: String = ENTRY_POINTS
        .iter()
        .map(|(name, takes)| {
            let take = if *takes { "(call $take)" } else { "" };
            format!("(func (export \"{name}\") {take} (call $interpret))")
        })
        .collect();
    format!(
        r#"(module
        {imports}
        (memory 1)
        (table funcref (elem $callback $callback_of_its_own $wrong))
        {data}
        (global $at (mut i32) (i32.const {SCRIPT}))
        (global $end (mut i32) (i32.const {SCRIPT}))
        (func $wrong)
        (func $callback (param i32) (call $interpret))
        (func $callback_of_its_own (param i32) (call $take) (call $interpret))
        (func $take (local $size i32)
            (local.set $size (call $msg_arg_data_size))
            (if (i32.gt_u (local.get $size) (i32.const {SCRIPT_BYTES_MAX}))
                (then (local.set $size (i32.const {SCRIPT_BYTES_MAX}))))
            (call $msg_arg_data_copy (i32.const {SCRIPT}) (i32.const 0) (local.get $size))
            (global.set $at (i32.const {SCRIPT}))
            (global.set $end (i32.add (i32.const {SCRIPT}) (local.get $size))))
        ;; The next byte of the script; 0 behind its end.
        (func $byte (result i32)
            (if (i32.ge_u (global.get $at) (global.get $end)) (then (return (i32.const 0))))
            (global.set $at (i32.add (global.get $at) (i32.const 1)))
            (i32.load8_u (i32.sub (global.get $at) (i32.const 1))))
        ;; A number of two bytes: below 128 itself, then a power of two, then a negative one; and a little beside it.
        (func $number (result i64) (local $base i32) (local $number i64)
            (local.set $base (call $byte))
            (local.set $number (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $base))))
            (if (i32.lt_u (local.get $base) (i32.const 128))
                (then (local.set $number (i64.extend_i32_u (local.get $base)))))
            (if (i32.ge_u (local.get $base) (i32.const 192))
                (then (local.set $number (i64.sub (i64.const 0) (local.get $number)))))
            (i64.add (local.get $number) (i64.extend8_s (i64.extend_i32_u (call $byte)))))
        (func $interpret
            (loop $next
                (if (i32.ge_u (global.get $at) (global.get $end)) (then (return)))
                {opened} (br_table {labels} (i32.rem_u (call $byte) (i32.const {choices})))
                {cases}))
        {entry_points})"#
    )
}

/// The entry points, and whether they have a script of their own or go on in the last one.
const ENTRY_POINTS: [(&str, bool); 7] = [
    ("canister_init", true),
    ("canister_pre_upgrade", false),
    ("canister_post_upgrade", true),
    ("canister_update run", true),
    ("canister_query ask", true),
    ("canister_inspect_message", true),
    ("canister_global_timer", false),
];

fn of(kind: char) -> &'static str {
    if kind == 'i' { "i32" } else { "i64" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The engine's own table has one line for each function, which begins with the entry points that may call it.
    #[test]
    fn every_function_of_the_engine_is_called() {
        let table = include_str!("../../../harness/src/engine/ic0.rs");
        let line = |line: &'static str| {
            line.strip_prefix("    ")?.split_once(' ')?.1.split_once('(').map(|(name, _)| name)
        };
        let is_line = |text: &&str| text.starts_with("    ") && text.as_bytes()[4].is_ascii_uppercase();
        let offered: Vec<_> = table.lines().filter(is_line).filter_map(line).collect();
        let called: Vec<_> = functions().map(|function| function.name).collect();
        assert!(offered.len() > 70, "{offered:?}");
        assert_eq!(called, offered);
    }
}
