//! Every bound of this canister, by name.

/// Bytes of the gateway's URL and of each path in the configuration. Together they stay far below the 8,192 bytes
/// that an outcall's URL may have.
pub const CONFIG_TEXT_BYTES_MAX: usize = 1_024;
/// Principals in the list of callers.
pub const CALLERS_MAX: usize = 1_000;
/// The least `max_response_bytes`: every problem that the gateway reports fits into it, headers included. With a receipt one
/// takes up to 1,000 bytes, so where answers are signed this should not be less.
pub const RESPONSE_BYTES_MIN: u64 = 512;
/// The most `max_response_bytes` that the platform takes.
pub const RESPONSE_BYTES_MAX: u64 = 2_000_000;
/// The least and most time, in milliseconds, for which cycles may be reserved.
pub const ROUNDTRIP_MS: std::ops::RangeInclusive<u64> = 1_000..=60_000;
/// The least and most time, in seconds, in which an order's key may be asked again.
pub const ASK_AGAIN_WITHIN_S: std::ops::RangeInclusive<u64> = 60..=604_800;

/// The least and most bytes of a question's answer: all answers that are remembered go through an upgrade.
pub const LLM_RESPONSE_BYTES: std::ops::RangeInclusive<u64> = RESPONSE_BYTES_MIN..=262_144;
/// The least and most time, in seconds, in which a question's answer is polled for.
pub const GIVE_UP_AFTER_S: std::ops::RangeInclusive<u64> = 60..=86_400;
/// Bytes of a question.
pub const PROMPT_BYTES_MAX: usize = 4_096;
/// Questions remembered. A new one displaces the one that has been settled for longest; while none is settled, it is refused.
pub const QUESTIONS_MAX: usize = 256;
/// The longest wait between two polls, in seconds. A *no* is believed for [`NO_AGE_S_MAX`], so it must be heard of sooner.
pub const POLL_WAIT_S_MAX: u64 = 40;
/// Seconds after which an outcall has an answer or none (the platform's timeout is 60): should the code behind it have trapped,
/// or an upgrade have come in between, the next one is made then.
pub const ASK_LOST_AFTER_S: u64 = 70;

/// Public keys of the gateway in the configuration: the one in use, and those before and after it.
pub const RECEIPT_KEYS_MAX: usize = 8;
/// The least and most age of an answer, in seconds, that is believed.
pub const RECEIPT_AGE_S: std::ops::RangeInclusive<u64> = 5..=86_400;
/// Seconds for which a receipt under a *no* is believed, however long an order is asked for: half of the shortest time for which
/// the gateway may remember it (`error_ttl`), and as long as an outcall takes at most.
pub const NO_AGE_S_MAX: u64 = 60;
/// Seconds by which the gateway's clock may be ahead of the subnet's.
pub const GATEWAY_AHEAD_S_MAX: u64 = 60;
/// The least and most nodes that `get_price_quorum` asks.
pub const QUORUM_NODES: std::ops::RangeInclusive<u32> = 1..=40;

/// Seconds for which the token of prices is signed: a signature costs as much as hundreds of outcalls.
pub const TOKEN_LIFE_S: u64 = 3_600;
/// Seconds for which the token of an order is signed, and that the token of prices must still have: the last replica asks a
/// minute after the first.
pub const TOKEN_LIFE_S_MIN: u64 = 300;

/// Bytes of a currency pair.
pub const PAIR_BYTES_MAX: usize = 32;
/// Bytes of an order's id.
pub const ORDER_ID_BYTES_MAX: usize = 64;

/// Bytes of a transformed answer beyond its body, in Candid. They count towards `max_response_bytes` too, so a route
/// of the gateway should allow that much less. Those of a receipt's fields are made up for by `content-length`, which goes.
pub const CANDID_BYTES: u64 = 64;

/// Instructions reserved for one run of the transform, on each node. Measured: 0.3 million for a small answer,
/// 0.7 million with 64 headers, 1.2 million with 40 kB of headers, 14 million for 2 MB of body.
pub const fn transform_instructions(response_bytes_max: u64) -> u64 {
    2_000_000 + 20 * response_bytes_max
}

/// Outcalls that one call of an endpoint makes at most, each for the same key.
pub const ASKS_PER_CALL: u32 = 2;
/// Outcalls for one key at most. After the last one the caller is told to reconcile.
pub const ASKS_PER_ATTEMPT: u32 = 6;
/// Orders remembered. A new order displaces the oldest settled one, of those that were not executed first; unsettled ones
/// stay, and then it is refused.
pub const ORDERS_MAX: usize = 4_096;
