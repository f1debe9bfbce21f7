//! What can be done about a cause.

use super::Cause;

impl Cause {
    /// What whoever writes the canister can do about it, in a sentence or two.
    pub fn advice(self) -> String {
        let words = match self {
            Cause::Clock
            | Cause::Cookie
            | Cause::Proxy
            | Cause::Rate
            | Cause::OwnAddress
            | Cause::RandomId
            | Cause::Counter
            | Cause::Duration
            | Cause::Machine
            | Cause::Follows
            | Cause::Unwanted => {
                "leave it behind in the transform: keep of the body what the canister reads, and no header"
            }
            Cause::FloatNoise { decimals } => {
                return format!("round it in the transform, to {decimals} decimals at most");
            }
            Cause::Order => "read the JSON in the transform and write it anew, members and elements sorted",
            Cause::Spelling => "read the JSON in the transform and write it anew",
            Cause::Coding => {
                "ask with the header accept-encoding: identity, or through a gateway that decodes"
            }
            Cause::TooMany => {
                "all replicas share one rate at the service: ask less often, or let a gateway ask once for all"
            }
            Cause::Status | Cause::Failure => {
                "no transform takes a failure away: ask again later, or let a gateway ask once for all"
            }
            Cause::SizeCap => {
                "raise max_response_bytes above the largest answer, or ask for less; of a body that broke off the \
                 adapter says the same"
            }
            Cause::Moves => {
                "ask for a value that stands still (a closed candle, a URL with a timestamp), take several with a \
                 flexible outcall, or let a gateway ask once for all"
            }
            Cause::Unknown => {
                "look at the first difference above; what is not needed, leave behind in the transform"
            }
        };
        words.to_owned()
    }
}
