//! Who the canister is, where it lives, and how much it may use.

use std::{sync::Arc, time::Duration};

use super::prices::{Prices, Published};

/// What an installation is told. `Settings::default()` is a canister on a subnet of 13 with 100 trillion cycles.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The canister's own principal.
    pub canister: Vec<u8>,
    /// The subnet's principal.
    pub subnet: Vec<u8>,
    /// Nodes of the subnet, for prices and `subnet_self_node_count`.
    pub node_count: u32,
    /// Principals for which `is_controller` is true. By default the anonymous one.
    pub controllers: Vec<Vec<u8>>,
    /// Cycles at the start. Execution and storage are not charged; calls take what is attached to them.
    pub cycles: u128,
    /// Nanoseconds since 1970 at the start. Time moves only when the host moves it.
    pub time_nanos: u64,
    /// What `ic0.cost_*` answers.
    pub prices: Arc<dyn Prices>,
    /// Environment variables, in the order of `env_var_name_copy`.
    pub environment: Vec<(String, String)>,
    /// What `ic0.root_key_copy` gives.
    pub root_key: Vec<u8>,
    /// What `ic0.data_certificate_copy` gives to a query; without one, no certificate is present.
    pub data_certificate: Option<Vec<u8>>,
    /// Instructions of one update, callback or timer.
    pub update_instructions_max: u64,
    /// Instructions of one query or transform.
    pub query_instructions_max: u64,
    /// Real time that one execution may take, whatever it counts. Tested ten times a second.
    pub patience: Duration,
    /// Bytes of Wasm memory.
    pub heap_bytes_max: u64,
    /// Bytes of stable memory.
    pub stable_bytes_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            canister: vec![0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
            subnet: vec![2; 29],
            node_count: 13,
            controllers: vec![vec![4]],
            cycles: 100_000_000_000_000,
            time_nanos: 1_767_225_600_000_000_000,
            prices: Arc::new(Published),
            environment: Vec::new(),
            root_key: Vec::new(),
            data_certificate: None,
            update_instructions_max: 40_000_000_000,
            query_instructions_max: 5_000_000_000,
            patience: Duration::from_secs(30),
            heap_bytes_max: 1 << 30,
            stable_bytes_max: 1 << 30,
        }
    }
}
