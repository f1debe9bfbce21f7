//! What is remembered: setup and readings in stable memory, where upgrades do not touch them, and a few counters on
//! the heap, where they do.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
};

use candid::{CandidType, Deserialize, decode_one, encode_one};
use ic_cdk::futures::is_recovering_from_trap;
use ic_cdk_timers::TimerId;
use ic_stable_structures::{
    DefaultMemoryImpl, StableBTreeMap, StableCell, Storable,
    memory_manager::{MemoryId, MemoryManager, VirtualMemory},
    storable::Bound,
};

type Memory = VirtualMemory<DefaultMemoryImpl>;

/// Which stations are watched, and how often; 0 is never.
#[derive(CandidType, Deserialize, Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) stations: Vec<String>,
    pub(crate) every_seconds: u64,
}

/// What a station said.
#[derive(CandidType, Deserialize, Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) station: String,
    pub(crate) text: String,
    pub(crate) at_nanos: u64,
}

macro_rules! storable {
    ($type:ty) => {
        impl Storable for $type {
            const BOUND: Bound = Bound::Unbounded;

            fn to_bytes(&self) -> Cow<'_, [u8]> {
                encode_one(self).unwrap_or_else(|error| ic_cdk::trap(error.to_string())).into()
            }

            fn into_bytes(self) -> Vec<u8> {
                self.to_bytes().into_owned()
            }

            fn from_bytes(bytes: Cow<'_, [u8]>) -> Self {
                decode_one(&bytes).unwrap_or_else(|error| ic_cdk::trap(error.to_string()))
            }
        }
    };
}

storable!(Setup);
storable!(Reading);

/// What the heap knows.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counters {
    /// Whether an update is in the middle of something.
    pub(crate) busy: bool,
    /// What was counted.
    pub(crate) counted: u64,
    /// How often a destructor has run because of a trap.
    pub(crate) rescued: u64,
}

thread_local! {
    static MEMORIES: RefCell<MemoryManager<DefaultMemoryImpl>> =
        RefCell::new(MemoryManager::init(DefaultMemoryImpl::default()));
    static SETUP: RefCell<StableCell<Setup, Memory>> =
        RefCell::new(StableCell::init(memory(0), Setup::default()));
    static READINGS: RefCell<StableBTreeMap<u64, Reading, Memory>> =
        RefCell::new(StableBTreeMap::init(memory(1)));
    static COUNTERS: Cell<Counters> = Cell::default();
    static TIMER: Cell<Option<TimerId>> = const { Cell::new(None) };
}

fn memory(id: u8) -> Memory {
    MEMORIES.with_borrow(|memories| memories.get(MemoryId::new(id)))
}

pub(crate) fn set_up(setup: Setup) {
    SETUP.with_borrow_mut(|cell| cell.set(setup));
}

pub(crate) fn setup() -> Setup {
    SETUP.with_borrow(|cell| cell.get().clone())
}

/// Readings are numbered in the order in which they come.
pub(crate) fn write_down(reading: &Reading) {
    READINGS.with_borrow_mut(|readings| {
        let next = readings.last_key_value().map_or(0, |(last, _)| last + 1);
        readings.insert(next, reading.clone());
    });
}

pub(crate) fn readings() -> Vec<Reading> {
    READINGS.with_borrow(|readings| readings.values().collect())
}

pub(crate) fn forget() {
    READINGS.with_borrow_mut(StableBTreeMap::clear_new);
}

pub(crate) fn count(more: u64) {
    change(|counters| counters.counted += more);
}

pub(crate) fn counters() -> Counters {
    COUNTERS.get()
}

fn change(by: impl FnOnce(&mut Counters)) {
    let mut counters = COUNTERS.get();
    by(&mut counters);
    COUNTERS.set(counters);
}

pub(crate) fn keep_timer(timer: TimerId) {
    TIMER.set(Some(timer));
}

pub(crate) fn take_timer() -> Option<TimerId> {
    TIMER.take()
}

/// Busy while it lives: ended by its destructor, also in the cleanup after a trap.
pub(crate) struct Busy;

impl Busy {
    pub(crate) fn begin() -> Self {
        change(|counters| counters.busy = true);
        Self
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let rescued = u64::from(is_recovering_from_trap());
        change(|counters| {
            counters.busy = false;
            counters.rescued += rescued;
        });
    }
}
