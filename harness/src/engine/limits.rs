//! Every limit of the embedded engine, in one place.

use std::time::Duration;

/// The largest Wasm module, unpacked: 100 MiB, as on the Internet Computer.
pub(super) const MODULE_BYTES_MAX: usize = 100 << 20;

/// Real time that compiling a module may take. A canister takes seconds; a few kilobytes of nested blocks take hours.
pub(super) const COMPILATION: Duration = Duration::from_secs(300);

/// The size of a page of Wasm memory.
pub(super) const PAGE_BYTES: u64 = 65_536;

/// Mutable globals that are kept between messages (`max_globals` of `rs/config/src/embedders.rs`).
pub(super) const GLOBALS_MAX: usize = 1_000;

/// Elements of one function table; canisters have a few thousand.
pub(super) const TABLE_ELEMENTS_MAX: usize = 1_000_000;

/// Native stack that Wasm may use. A test's thread has 2 MiB, and the functions of ic0 need some of it.
pub(super) const STACK_BYTES_MAX: usize = 1 << 20;

/// A reply to an update or to another canister: 2 MiB (`MAX_INTER_CANISTER_PAYLOAD_IN_BYTES`).
pub(super) const REPLY_BYTES_MAX: usize = 2 << 20;

/// A reply to a query: 3 MiB (`MAX_NON_REPLICATED_QUERY_REPLY_SIZE`).
pub(super) const QUERY_REPLY_BYTES_MAX: usize = 3 << 20;

/// Method name and argument of an outgoing call: five times 2 MiB within a subnet
/// (`MULTIPLIER_MAX_SIZE_LOCAL_SUBNET`), and the management canister is within it.
pub(super) const CALL_BYTES_MAX: usize = 10 << 20;

/// A method's name in an outgoing call (`MAX_METHOD_NAME_LENGTH` of `rs/embedders/.../request_in_prep.rs`).
pub(super) const METHOD_NAME_BYTES_MAX: usize = 20_000;

/// A principal.
pub(super) const PRINCIPAL_BYTES_MAX: usize = 29;

/// Calls in flight to one callee (`DEFAULT_QUEUE_CAPACITY`); the next one is not performed.
pub(super) const CALLS_IN_FLIGHT_MAX: usize = 500;

/// Calls in flight to all callees together; the next one is not performed.
pub(super) const CALLS_IN_FLIGHT_TO_ALL_MAX: usize = 10_000;

/// Arguments of all calls that one execution makes; the next one is not performed. A subnet has a limit for the
/// messages of all of its canisters.
pub(super) const CALLS_BYTES_MAX: usize = 128 << 20;

/// Certified data.
pub(super) const CERTIFIED_DATA_BYTES_MAX: usize = 32;

/// Lines of `debug_print` that are kept; the oldest go first.
pub(super) const LOG_LINES_MAX: usize = 1_000;

/// Bytes of one line of `debug_print`; the rest is cut off.
pub(super) const LOG_LINE_BYTES_MAX: usize = 32 << 10;

/// Bytes of a message of `ic0.trap`; the rest is cut off. A limit of this engine's own: every replica of a round keeps
/// the message.
pub(super) const TRAP_TEXT_BYTES_MAX: usize = 32 << 10;

/// Settled messages whose outcome is remembered; the oldest go first.
pub(super) const OUTCOMES_MAX: usize = 10_000;

/// Instructions of an installation or an upgrade (`MAX_INSTRUCTIONS_PER_INSTALL_CODE`).
pub(super) const INSTALL_INSTRUCTIONS_MAX: u64 = 300_000_000_000;

/// The largest heap, whatever its addresses could name: what 32 bits can. On the Internet Computer one of 64 bits may have
/// 6 GiB.
pub(super) const HEAP_BYTES_MAX: u64 = 1 << 32;
