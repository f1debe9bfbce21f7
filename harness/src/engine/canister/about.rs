//! What can be seen of a canister from outside, and what it can be given.

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

    /// Adds cycles to its balance without a message, as a refund does whose call was answered before.
    pub fn deposit(&mut self, cycles: u128) {
        self.state.balance = self.state.balance.saturating_add(cycles);
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
