//! From which entry point a canister is running, and so which functions of ic0 it may call.
//!
//! Source: the table of imports in the interface specification, enforced by `ApiType` in
//! `rs/embedders/src/wasmtime_embedder/system_api.rs` of dfinity/ic.

use std::fmt;

/// The kind of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Mode {
    /// The module's own start function.
    Start = 1,
    /// `canister_init` and `canister_post_upgrade`.
    Init = 1 << 1,
    /// `canister_pre_upgrade`.
    PreUpgrade = 1 << 2,
    /// `canister_update`.
    Update = 1 << 3,
    /// `canister_query`, called as an update.
    ReplicatedQuery = 1 << 4,
    /// `canister_query`, called as a query; transforms.
    Query = 1 << 5,
    /// The reply to a call.
    Reply = 1 << 6,
    /// The rejection of a call.
    Reject = 1 << 7,
    /// After a callback that trapped.
    Cleanup = 1 << 8,
    /// `canister_global_timer`.
    Timer = 1 << 9,
    /// `canister_inspect_message`.
    Inspect = 1 << 10,
}

/// A set of modes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modes(u16);

impl Modes {
    /// Everywhere.
    pub(super) const ANY: Self = Self(u16::MAX);
    /// Everywhere but in the start function.
    pub(super) const STARTED: Self = Self(u16::MAX ^ Mode::Start as u16);
    /// Where there is an argument.
    pub(super) const ARGUMENT: Self =
        Self::of(&[Mode::Init, Mode::Update, Mode::ReplicatedQuery, Mode::Query, Mode::Reply, Mode::Inspect]);
    /// Where a response has come. (The interface specification has the cleanup here as well; the replica has not.)
    pub(super) const REJECT_CODE: Self = Self::of(&[Mode::Reply, Mode::Reject]);
    /// Where there is one.
    pub(super) const REJECT: Self = Self::of(&[Mode::Reject]);
    /// Where somebody waits for an answer.
    pub(super) const ANSWER: Self =
        Self::of(&[Mode::Update, Mode::ReplicatedQuery, Mode::Query, Mode::Reply, Mode::Reject]);
    /// Where cycles may have come along.
    pub(super) const CYCLES: Self =
        Self::of(&[Mode::Update, Mode::ReplicatedQuery, Mode::Reply, Mode::Reject]);
    /// Where cycles may have come back.
    pub(super) const REFUND: Self = Self::of(&[Mode::Reply, Mode::Reject]);
    /// Where calls may be made.
    pub(super) const CALLS: Self = Self::of(&[Mode::Update, Mode::Reply, Mode::Reject, Mode::Timer]);
    /// Where all replicas run and the state lasts.
    pub(super) const LASTING: Self = Self::of(&[
        Mode::Init,
        Mode::PreUpgrade,
        Mode::Update,
        Mode::Reply,
        Mode::Reject,
        Mode::Cleanup,
        Mode::Timer,
    ]);
    /// Where all replicas run.
    pub(super) const REPLICATED: Self = Self(Self::LASTING.0 | Mode::ReplicatedQuery as u16);
    /// Where certified data may be set: as above, but not in a cleanup.
    pub(super) const CERTIFY: Self = Self(Self::LASTING.0 ^ Mode::Cleanup as u16);
    /// Plain queries.
    pub(super) const QUERY: Self = Self::of(&[Mode::Query]);
    /// The inspection of a message.
    pub(super) const INSPECT: Self = Self::of(&[Mode::Inspect]);

    const fn of(modes: &[Mode]) -> Self {
        let mut bits = 0;
        let mut rest = modes;
        while let [first, others @ ..] = rest {
            bits |= *first as u16;
            rest = others;
        }
        Self(bits)
    }

    /// Whether `mode` is one of them.
    pub(super) fn contain(self, mode: Mode) -> bool {
        self.0 & mode as u16 != 0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Init => "init",
            Self::PreUpgrade => "pre upgrade",
            Self::Update => "update",
            Self::ReplicatedQuery => "replicated query",
            Self::Query => "non replicated query",
            Self::Reply => "reply callback",
            Self::Reject => "reject callback",
            Self::Cleanup => "cleanup",
            Self::Timer => "global timer",
            Self::Inspect => "inspect message",
        })
    }
}
