//! Why a field differs, where that can be told: by the header's name, or by what the values look like.

use std::fmt;

mod advice;
pub(crate) mod header;
#[cfg(test)]
mod tests;
pub(crate) mod value;

/// Why something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// When the answer was made.
    Clock,
    /// A cookie for each caller.
    Cookie,
    /// What something in front of the service adds for each request.
    Proxy,
    /// What is left of somebody's rate, or when to come back.
    Rate,
    /// Where the question came from: 13 nodes have 13 addresses.
    OwnAddress,
    /// A new id in each answer.
    RandomId,
    /// A number that counts answers.
    Counter,
    /// How long the service took.
    Duration,
    /// Which machine answered.
    Machine,
    /// It follows from the rest of the answer.
    Follows,
    /// The same number, but for so small a part of it, or written in another way.
    FloatNoise {
        /// To how many decimals it is the same.
        decimals: i32,
    },
    /// Things in no fixed order.
    Order,
    /// The same JSON, with other space or escapes.
    Spelling,
    /// Compressed for some, or compressed anew each time.
    Coding,
    /// 429 for some.
    TooMany,
    /// Another status for some.
    Status,
    /// Beyond the cap of the response for some.
    SizeCap,
    /// No response for some.
    Failure,
    /// The value that one asks for is another one.
    Moves,
    /// Whoever asks has said that it is of no interest.
    Unwanted,
    /// None is known.
    Unknown,
}

impl Cause {
    /// One word for machines; it does not change.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Clock => "clock",
            Cause::Cookie => "cookie",
            Cause::Proxy => "proxy",
            Cause::Rate => "rate",
            Cause::OwnAddress => "own-address",
            Cause::RandomId => "random-id",
            Cause::Counter => "counter",
            Cause::Duration => "duration",
            Cause::Machine => "machine",
            Cause::Follows => "follows",
            Cause::FloatNoise { .. } => "float-noise",
            Cause::Order => "order",
            Cause::Spelling => "spelling",
            Cause::Coding => "coding",
            Cause::TooMany => "too-many",
            Cause::Status => "status",
            Cause::SizeCap => "size-cap",
            Cause::Failure => "failure",
            Cause::Moves => "moves",
            Cause::Unwanted => "unwanted",
            Cause::Unknown => "unknown",
        }
    }

    /// Whether nobody asks for it, so that a body may lose it.
    pub fn is_noise(self) -> bool {
        matches!(
            self,
            Cause::Clock
                | Cause::Cookie
                | Cause::Proxy
                | Cause::Rate
                | Cause::OwnAddress
                | Cause::RandomId
                | Cause::Counter
                | Cause::Duration
                | Cause::Machine
                | Cause::Unwanted
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Clock => "the time of the answer",
            Cause::Cookie => "a cookie for each caller",
            Cause::Proxy => "added per request by a proxy in front",
            Cause::Rate => "what is left of a rate",
            Cause::OwnAddress => "the address of whoever asks: each replica has its own",
            Cause::RandomId => "a random id, new in each answer",
            Cause::Counter => "a counter of answers",
            Cause::Duration => "how long the service took",
            Cause::Machine => "which machine answered",
            Cause::Follows => "follows from the rest of the answer",
            Cause::FloatNoise { .. } => "float noise: the same number, not quite, or in other digits",
            Cause::Order => "in no fixed order",
            Cause::Spelling => "other space or escapes",
            Cause::Coding => "compressed, and not in the same way for all",
            Cause::TooMany => "429 for some: one rate for all replicas",
            Cause::Status => "another status for some",
            Cause::SizeCap => "the size cap is exceeded by some only",
            Cause::Failure => "no response for some",
            Cause::Moves => "the value itself moves",
            Cause::Unwanted => "of no interest, as you said",
            Cause::Unknown => "no cause is known",
        })
    }
}
