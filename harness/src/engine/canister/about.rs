//! What can be seen of a canister from outside.

use super::Canister;

impl Canister {
    /// Its principal.
    pub fn id(&self) -> &[u8] {
        &self.settings.canister
    }

    /// Its balance in cycles.
    pub fn cycles(&self) -> u128 {
        self.state.balance
    }

    /// Its certified data, at most 32 bytes.
    pub fn certified_data(&self) -> &[u8] {
        &self.state.certified
    }

    /// The size of its heap in bytes.
    pub fn heap_bytes(&self) -> u64 {
        self.state.heap.len()
    }

    /// The size of its stable memory in bytes.
    pub fn stable_bytes(&self) -> u64 {
        self.state.stable.len()
    }

    /// The last 1,000 lines that updates printed, and their traps.
    pub fn log(&self) -> impl Iterator<Item = &str> {
        self.log.iter().map(String::as_str)
    }
}
