//! The embedded engine: Wasmtime hosting ic0, for any canister that makes outcalls.
//!
//! It knows Wasm and messages; no HTTP, no consensus, no clock but the one that it is given. A message's life:
//!
//! ```text
//! module            compiled once; table, memory, globals exported (rewrite); all of ic0 linked (ic0)
//! canister          install, upgrade; an update opens a context
//!   run             a fresh instance from the state's images, fuel, one entry point
//!     ic0           the functions it calls, permitted by mode
//!   state           taken if it ended well, left as it was if it trapped
//! canister          calls go to the host; responses come back and run callbacks
//! ```
//!
//! **Every execution has an instance of its own**, made from copy-on-write images of heap and stable memory. A rollback
//! is a state that is not taken. Queries and transforms need `&Canister` only and run on as many threads as there are.
//!
//! What differs from a replica: instructions are counted by Wasmtime's fuel (about one for each Wasm instruction), not by
//! the replica's weights; execution, storage and messages cost no cycles; a canister neither freezes nor stops; no
//! heartbeat, no composite queries; a heap of 64 bits, such as Motoko's canisters have, ends at 4 GiB.

mod canister;
mod error;
mod host;
mod ic0;
mod image;
mod interface;
mod limits;
mod machine;
mod mode;
mod module;
mod prices;
mod rewrite;
mod run;
mod settings;
mod state;

pub use canister::{Call, CallId, Canister, MessageId, Queried, Settled};
pub use error::{EngineError, Trap};
pub use module::Module;
pub use prices::{HttpOutcall, HttpUsage, NoPrice, Prices, Published, Replication, Scheme};
pub use settings::Settings;

#[cfg(test)]
mod tests;
