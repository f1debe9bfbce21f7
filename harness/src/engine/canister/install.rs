//! How a canister comes to be, and how it changes its code.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::Canister;
use crate::engine::{
    Module, Settings, Trap,
    mode::Mode,
    rewrite,
    run::{Point, Ran, run},
    state::{Message, State},
};

impl Canister {
    /// Installs a module: its start function, then `canister_init` with the argument. The first controller is the
    /// caller.
    ///
    /// # Errors
    /// The trap of either, and [`Trap::OutOfMemory`] where the module begins with more heap than there is.
    pub fn install(module: &Module, init_arg: &[u8], settings: Settings) -> Result<Self, Trap> {
        let state = State { balance: settings.cycles, version: 1, ..module.first().clone() };
        let mut canister = Self {
            module: module.clone(),
            time_nanos: settings.time_nanos,
            settings: Arc::new(settings),
            state,
            next_id: 0,
            contexts: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            outbox: Vec::new(),
            own_answers: VecDeque::new(),
            settled: BTreeMap::new(),
            log: VecDeque::new(),
        };
        let state = canister.state.clone();
        canister.state = canister.begin(module, state, "canister_init", init_arg)?;
        Ok(canister)
    }

    /// Changes the code: `canister_pre_upgrade` of the old module, a fresh heap (unless both modules say that theirs
    /// outlives upgrades), the new module's start function and `canister_post_upgrade`. Stable memory, cycles and certified data stay, the timer is off. If any of it traps,
    /// nothing has happened. Calls that are in flight return to the new code, as on a subnet: whoever upgrades with
    /// calls in flight had better know what is in the table.
    ///
    /// # Errors
    /// The trap.
    pub fn upgrade(&mut self, module: &Module, arg: &[u8]) -> Result<(), Trap> {
        let mut state = self.state.clone();
        if self.module.exports("canister_pre_upgrade") {
            let old = self.module.clone();
            let message = self.message(Mode::PreUpgrade, &[]);
            state = self.step(&old, &state, message, "canister_pre_upgrade")?;
        }
        let State { heap, globals, .. } = module.first().clone();
        let keeps = self.module.keeps_heap() && module.keeps_heap();
        let heap = if keeps { state.heap.clone() } else { heap };
        let state = State { heap, globals, timer_nanos: 0, version: state.version + 1, ..state };
        self.state = self.begin(module, state, "canister_post_upgrade", arg)?;
        self.module = module.clone();
        Ok(())
    }

    /// The start function and then an entry point of the installation. A module may have neither, and then nobody would
    /// ask whether the memory that it begins with fits.
    fn begin(&mut self, module: &Module, state: State, entry: &str, arg: &[u8]) -> Result<State, Trap> {
        let mut state = state;
        let bytes_max = self.settings.heap_bytes_max;
        if state.heap.len() > bytes_max {
            let trap = format!("it begins with {} bytes of heap", state.heap.len());
            return Err(Trap::OutOfMemory { trap, memory: "heap", bytes_max });
        }
        if module.starts() {
            let message = self.message(Mode::Start, &[]);
            state = self.step(module, &state, message, rewrite::START)?;
        }
        if module.exports(entry) {
            let message = self.message(Mode::Init, arg);
            state = self.step(module, &state, message, entry)?;
        }
        Ok(state)
    }

    fn message(&self, mode: Mode, arg: &[u8]) -> Message {
        let caller = self.settings.controllers.first().cloned().unwrap_or_default();
        Message { argument: arg.to_vec(), caller, ..Message::new(mode, self.time_nanos) }
    }

    fn step(&mut self, module: &Module, state: &State, message: Message, entry: &str) -> Result<State, Trap> {
        let Ran { result, log, .. } = run(module, &self.settings, state, message, Point::Export(entry));
        self.print(log);
        result.map(|(state, _)| state)
    }
}
