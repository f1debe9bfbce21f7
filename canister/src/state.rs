//! What the canister remembers, and how it survives an upgrade.

use std::cell::RefCell;

use candid::CandidType;
use ic_cdk::{storage, trap};
use serde::Deserialize;

use crate::{
    config::{Config, Settings},
    key::Secret,
    orders::Orders,
    questions::Questions,
};

/// The layout of stable memory. What is added to it is optional (Candid reads the absent as none); any other change is a new
/// layout and takes a new number, and `restore` learns to read both.
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
    /// The questions and what became of them. Optional, as all that this layout did not have from the beginning: so what was
    /// saved without it can be read.
    pub questions: Option<Questions>,
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

    /// The questions, to be changed.
    pub fn questions(&mut self) -> &mut Questions {
        self.questions.get_or_insert_default()
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
    use crate::{
        config::{Callers, Receipts},
        identity::Identity,
        order::{Order, Side},
        orders::Request,
    };

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
        let request = Request { url: "u".into(), body: "b".into() };
        state.questions().begin(Principal::anonymous(), request, 5);
        assert_eq!(restored(&saved(&state)).unwrap(), (LAYOUT, state));
    }

    /// What the first version saved: no questions, and no settings of them.
    #[test]
    fn a_state_without_questions_is_read_as_one_that_has_none() {
        #[derive(CandidType)]
        struct First {
            config: FirstConfig,
            secret: Option<Secret>,
            prices: u64,
            orders: Orders,
        }
        #[derive(CandidType)]
        struct FirstConfig {
            gateway: String,
            price_path: String,
            order_path: String,
            price_response_bytes_max: u64,
            order_response_bytes_max: u64,
            roundtrip_ms_expected: u64,
            cycles_per_outcall_max: u128,
            ask_again_within_s: u64,
            callers: Callers,
            receipts: Option<Receipts>,
            identity: Option<Identity>,
        }
        let Config { price_path, order_path, callers, receipts, identity, .. } = Config::default();
        let config = FirstConfig {
            gateway: "https://g".into(),
            price_path,
            order_path,
            price_response_bytes_max: 1_024,
            order_response_bytes_max: 2_048,
            roundtrip_ms_expected: 30_000,
            cycles_per_outcall_max: 1_000_000_000,
            ask_again_within_s: 3_600,
            callers,
            receipts,
            identity,
        };
        let first = First { config, secret: None, prices: 7, orders: Orders::default() };
        let (_, state) = restored(&candid::encode_args((LAYOUT, first)).unwrap()).unwrap();
        assert_eq!((state.prices, &*state.config.llm_url()), (7, "https://g/llm"));
        assert_eq!((state.config.llm, state.questions), (None, None));
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
