//! The system interface: every function of ic0, and from which entry points it may be called.
//!
//! Each line of the table below names the entry points, the signature of crate `ic0` 1.2, and the bytes that it
//! moves, which count as instructions. A `word` has 32 bits or, for a canister with a heap of 64 bits, such as Motoko makes
//! them, 64. What the functions do is in the files beside this one. Mutable memory in front
//! of the arguments is the canister's heap.

mod call;
mod canister;
mod cost;
mod environment;
mod message;

mod stable;

use wasmtime::{Caller, Linker};

use super::{Trap, host::Host, mode::Modes};

/// Instructions that every call into the host takes; the replica's figures lie between 20 and a few thousand.
const CALL_INSTRUCTIONS: u64 = 200;

/// The type of a parameter: `word` is what addresses the heap, and indexes, with its 32 or 64 bits; `env` is as wide and
/// nothing but handed back.
macro_rules! kind {
    (32 word) => {
        u32
    };
    (64 word) => {
        u64
    };
    (32 env) => {
        u32
    };
    (64 env) => {
        u64
    };
    ($bits:tt $kind:ident) => {
        $kind
    };
}

/// A parameter as the host takes it: a word of 32 bits, since no heap here is larger.
macro_rules! taken {
    (64 word $arg:ident) => {
        u32::try_from($arg).map_err(|_| beyond())?
    };
    (32 env $arg:ident) => {
        u64::from($arg)
    };
    ($bits:tt $kind:ident $arg:ident) => {
        $arg
    };
}

/// A result as the canister takes it.
macro_rules! given {
    (64 [word] $result:expr) => {
        $result.map(u64::from)
    };
    ($bits:tt [$($kind:ident)?] $result:expr) => {
        $result
    };
}

/// Gives a module one of the functions.
macro_rules! link {
    ($bits:tt $linker:ident $modes:ident $name:ident($($arg:ident: $kind:ident),*) [$($ret:ident)?] $bytes:expr) => {
        $linker.func_wrap(
            "ic0",
            stringify!($name),
            |mut caller: Caller<'_, Host>, $($arg: kind!($bits $kind)),*| {
                $(let $arg = taken!($bits $kind $arg);)*
                let (memory, host) =
                    enter(&mut caller, stringify!($name), Modes::$modes, u64::from($bytes))?;
                given!($bits [$($ret)?] host.$name(memory, $($arg),*).map_err(wasmtime::Error::new))
            },
        )?
    };
}

/// Defines the functions, and lists their names.
macro_rules! ic0 {
    ($($modes:ident $name:ident($($arg:ident: $kind:ident),*) $(-> $ret:ident)? $bytes:expr;)*) => {
        /// Whether ic0 has a function of this name.
        pub(super) fn knows(name: &str) -> bool {
            [$(stringify!($name)),*].contains(&name)
        }

        /// Gives all of ic0 to a module whose heap is addressed by 32 bits.
        pub(super) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
            $(link!(32 linker $modes $name($($arg: $kind),*) [$($ret)?] $bytes);)*
            Ok(())
        }

        /// Gives all of ic0 to a module whose heap is addressed by 64 bits.
        pub(super) fn link_wide(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
            $(link!(64 linker $modes $name($($arg: $kind),*) [$($ret)?] $bytes);)*
            Ok(())
        }
    };
}

ic0! {
    ARGUMENT msg_arg_data_size() -> word 0u8;
    ARGUMENT msg_arg_data_copy(dst: word, offset: word, size: word) size;
    STARTED msg_caller_size() -> word 0u8;
    STARTED msg_caller_copy(dst: word, offset: word, size: word) size;
    STARTED msg_caller_info_data_size() -> word 0u8;
    STARTED msg_caller_info_data_copy(dst: word, offset: word, size: word) size;
    STARTED msg_caller_info_signer_size() -> word 0u8;
    STARTED msg_caller_info_signer_copy(dst: word, offset: word, size: word) size;
    REJECT_CODE msg_reject_code() 0u8;
    REJECT msg_reject_msg_size() -> word 0u8;
    REJECT msg_reject_msg_copy(dst: word, offset: word, size: word) size;
    ANSWER msg_deadline() 0u8;
    ANSWER msg_reply_data_append(src: word, size: word) size;
    ANSWER msg_reply() 0u8;
    ANSWER msg_reject(src: word, size: word) size;
    INSPECT msg_method_name_size() -> word 0u8;
    INSPECT msg_method_name_copy(dst: word, offset: word, size: word) size;
    INSPECT accept_message() 0u8;

    CYCLES msg_cycles_available() 0u8;
    CYCLES msg_cycles_available128(dst: word) 0u8;
    REFUND msg_cycles_refunded() 0u8;
    REFUND msg_cycles_refunded128(dst: word) 0u8;
    CYCLES msg_cycles_accept(max: u64) 0u8;
    CYCLES msg_cycles_accept128(max_high: u64, max_low: u64, dst: word) 0u8;
    REPLICATED cycles_burn128(high: u64, low: u64, dst: word) 0u8;
    STARTED canister_cycle_balance() 0u8;
    STARTED canister_cycle_balance128(dst: word) 0u8;
    STARTED canister_liquid_cycle_balance128(dst: word) 0u8;
    CALLS mint_cycles(amount: u64) 0u8;
    CALLS mint_cycles128(high: u64, low: u64, dst: word) 0u8;

    STARTED canister_self_size() -> word 0u8;
    STARTED canister_self_copy(dst: word, offset: word, size: word) size;
    STARTED canister_status() 0u8;
    STARTED canister_version() 0u8;
    STARTED subnet_self_size() -> word 0u8;
    STARTED subnet_self_copy(dst: word, offset: word, size: word) size;
    STARTED subnet_self_node_count() 0u8;
    REPLICATED root_key_size() -> word 0u8;
    REPLICATED root_key_copy(dst: word, offset: word, size: word) size;
    CERTIFY certified_data_set(src: word, size: word) size;
    STARTED data_certificate_present() 0u8;
    QUERY data_certificate_size() -> word 0u8;
    QUERY data_certificate_copy(dst: word, offset: word, size: word) size;
    STARTED time() 0u8;
    LASTING global_timer_set(nanos: u64) 0u8;
    ANY performance_counter(kind: u32) 0u8;
    ANY is_controller(src: word, size: word) size;
    ANY in_replicated_execution() 0u8;
    ANY debug_print(src: word, size: word) size;
    ANY trap(src: word, size: word) size;

    CALLS call_new(callee: word, callee_size: word, name: word, name_size: word,
        reply_fun: word, reply_env: env, reject_fun: word, reject_env: env) name_size;
    CALLS call_on_cleanup(fun: word, env: env) 0u8;
    CALLS call_data_append(src: word, size: word) size;
    CALLS call_with_best_effort_response(seconds: u32) 0u8;
    CALLS call_cycles_add(amount: u64) 0u8;
    CALLS call_cycles_add128(high: u64, low: u64) 0u8;
    CALLS call_perform() 0u8;

    ANY stable_size() 0u8;
    ANY stable_grow(pages: u32) 0u8;
    ANY stable_write(offset: u32, src: u32, size: u32) size;
    ANY stable_read(dst: u32, offset: u32, size: u32) size;
    ANY stable64_size() 0u8;
    ANY stable64_grow(pages: u64) 0u8;
    ANY stable64_write(offset: u64, src: u64, size: u64) size;
    ANY stable64_read(dst: u64, offset: u64, size: u64) size;

    ANY cost_call(name_size: u64, payload_size: u64, dst: word) 0u8;
    ANY cost_create_canister(dst: word) 0u8;
    ANY cost_http_request(request_size: u64, max_size: u64, dst: word) 0u8;
    ANY cost_http_request_v2(src: word, size: word, dst: word) size;
    ANY cost_sign_with_ecdsa(src: word, size: word, curve: u32, dst: word) size;
    ANY cost_sign_with_schnorr(src: word, size: word, algorithm: u32, dst: word) size;
    ANY cost_vetkd_derive_key(src: word, size: word, curve: u32, dst: word) size;

    STARTED env_var_count() -> word 0u8;
    STARTED env_var_name_size(index: word) -> word 0u8;
    STARTED env_var_name_copy(index: word, dst: word, offset: word, size: word) size;
    STARTED env_var_name_exists(name: word, name_size: word) name_size;
    STARTED env_var_value_size(name: word, name_size: word) -> word name_size;
    STARTED env_var_value_copy(name: word, name_size: word, dst: word, offset: word, size: word) size;
}

/// What every function does first: may it be called, and are there instructions left for the bytes that it moves.
fn enter<'c>(
    caller: &'c mut Caller<'_, Host>,
    function: &str,
    modes: Modes,
    bytes: u64,
) -> wasmtime::Result<(&'c mut [u8], &'c mut Host)> {
    caller.data().permit(function, modes).map_err(wasmtime::Error::new)?;
    let limit = caller.data().instructions_max;
    let left = caller.get_fuel()?.checked_sub(CALL_INSTRUCTIONS.saturating_add(bytes));
    let left = left.ok_or_else(|| wasmtime::Error::new(Trap::Instructions { limit }))?;
    caller.set_fuel(left)?;
    caller.data_mut().instructions = limit.saturating_sub(left);
    match caller.data().memory {
        Some(memory) => Ok(memory.data_and_store_mut(caller)),
        None => Ok((&mut [], caller.data_mut())),
    }
}

/// An address that no heap has.
fn beyond() -> wasmtime::Error {
    wasmtime::Error::new(Trap::Wasm("heap out of bounds".to_owned()))
}

/// A 128-bit number from its halves.
fn wide(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// A number for the old functions of 64 bits.
fn narrow(amount: u128) -> Result<u64, Trap> {
    u64::try_from(amount).map_err(|_| Trap::Wasm("cycles amount exceeds 64-bit representation".to_owned()))
}
