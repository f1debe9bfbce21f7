//! What the canister remembers, and how it survives an upgrade.

use std::cell::RefCell;

use candid::CandidType;
use ic_cdk::{storage, trap};
use serde::Deserialize;

use crate::{
    config::{Config, Settings},
    key::Secret,
    orders::Orders,
};

/// The layout of stable memory. A new layout takes a new number, and `restore` learns to read both.
const LAYOUT: u32 = 1;

/// Everything that is remembered.
#[derive(CandidType, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The configuration in force.
    pub config: Config,
    /// Under all keys; there from the first outcall on.
    pub secret: Option<Secret>,
    /// Calls of `get_price` that came to an outcall.
    pub prices: u64,
    /// The orders and their attempts.
    pub orders: Orders,
}

impl State {
    /// Changes the configuration, or says why not.
    ///
    /// # Errors
    /// A sentence about the member that cannot be.
    pub fn configure(&mut self, settings: Settings) -> Result<Config, String> {
        self.config = self.config.with(settings)?;
        Ok(self.config.clone())
    }

    /// The number of the next price call, which no other one has.
    pub fn next_price(&mut self) -> u64 {
        self.prices += 1;
        self.prices
    }
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Looks at the state. Never await inside.
pub fn read<R>(look: impl FnOnce(&State) -> R) -> R {
    STATE.with_borrow(look)
}

/// Changes the state. Never await inside.
pub fn write<R>(change: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(change)
}

/// At installation: traps, and so refuses to install, when the settings cannot be.
pub fn install(settings: Settings) {
    if let Err(why) = write(|state| state.configure(settings)) {
        trap(format!("outcall-canister cannot be installed: {why}"));
    }
}

/// Before an upgrade: traps, and so keeps the old code, when the state cannot be saved.
pub fn save() {
    if let Err(error) = read(|state| storage::stable_save((LAYOUT, state))) {
        trap(format!("outcall-canister cannot save its state: {error}"));
    }
}

/// After an upgrade: traps, and so keeps the old code and state, when what was saved cannot be read. An order whose
/// outcall was under way is perhaps executed: its key will be asked again.
pub fn restore(settings: Option<Settings>) {
    let (layout, mut state): (u32, State) = match storage::stable_restore() {
        Ok(saved) => saved,
        Err(error) => trap(format!("outcall-canister cannot read its saved state: {error}")),
    };
    if layout != LAYOUT {
        trap(format!("outcall-canister reads layout {LAYOUT} of its state, and found layout {layout}"));
    }
    state.orders.all_interrupted();
    if let Some(Err(why)) = settings.map(|settings| state.configure(settings)) {
        trap(format!("outcall-canister cannot be upgraded: {why}"));
    }
    STATE.set(state);
}

#[cfg(test)]
mod tests {
    use candid::{Principal, de::IDLDeserialize, utils::ArgumentDecoder};

    use super::*;
    use crate::order::{Order, Side};

    fn saved(state: &State) -> Vec<u8> {
        let mut bytes = candid::encode_args((LAYOUT, state)).unwrap();
        // Stable memory comes in pages, and keeps what a longer state left behind.
        bytes.resize(65_536, 0xff);
        bytes
    }

    fn restored(bytes: &[u8]) -> Result<(u32, State), candid::Error> {
        ArgumentDecoder::decode(&mut IDLDeserialize::new(bytes)?)
    }

    #[test]
    fn a_state_reads_back_as_it_was_saved() {
        let mut state = State { prices: 7, ..State::default() };
        state.secret = Secret::new(vec![7; 32]).ok();
        let order = Order { id: "a".into(), pair: "ICP/USD".into(), side: Side::Sell, amount_e8s: 1 };
        state.orders.begin(Principal::anonymous(), &order, "u".into(), "b".into(), 60, 5);
        assert_eq!(restored(&saved(&state)).unwrap(), (LAYOUT, state));
    }

    #[test]
    fn what_is_no_state_is_an_error() {
        assert!(restored(&[]).is_err());
        assert!(restored(&[0; 65_536]).is_err());
        assert!(restored(&candid::encode_args((LAYOUT, "a text")).unwrap()).is_err());
    }

    #[test]
    fn no_two_prices_have_the_same_number() {
        let mut state = State::default();
        assert_eq!([state.next_price(), state.next_price()], [1, 2]);
    }
}
