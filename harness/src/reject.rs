//! A message that was answered with a rejection: by a canister, by the management canister, or by a replica's adapter.

/// The longest message of a reject, in bytes; what is longer is cut before it is hashed.
///
/// Source: `MAX_CANISTER_HTTP_REJECT_BYTES` (1,025: one byte of code and the message) in
/// `rs/types/types/src/canister_http.rs` of the `dfinity/ic` repository.
pub const REJECT_MESSAGE_BYTES_MAX: usize = 1_024;

/// The reject codes of the Internet Computer. The number is what a canister sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RejectCode {
    /// The system refuses for good.
    SysFatal = 1,
    /// The system failed; another attempt may not.
    SysTransient = 2,
    /// No such destination.
    DestinationInvalid = 3,
    /// The callee said no. The management canister says it to arguments beyond its limits, a transform with
    /// `msg_reject`.
    CanisterReject = 4,
    /// The callee trapped, or has no such method.
    CanisterError = 5,
    /// Nobody knows what became of the call.
    SysUnknown = 6,
}

impl RejectCode {
    /// The code's number, 1 to 6.
    pub const fn number(self) -> u32 {
        self as u32
    }
}

/// A failed outcall, of one replica or of the subnet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{code:?}: {message}")]
pub struct Reject {
    /// Its kind.
    pub code: RejectCode,
    /// The text that the canister sees.
    pub message: String,
}

impl Reject {
    /// A reject with this message.
    pub fn new(code: RejectCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The same with its message cut to [`REJECT_MESSAGE_BYTES_MAX`], at a character's end.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.message.truncate(self.message.floor_char_boundary(REJECT_MESSAGE_BYTES_MAX));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_at_the_end_of_a_character() {
        let cut = |message: String| Reject::new(RejectCode::SysFatal, message).cut().message.len();
        assert_eq!(cut("a".repeat(1_024)), 1_024);
        assert_eq!(cut("a".repeat(1_025)), 1_024);
        assert_eq!(cut(format!("{}é", "a".repeat(1_023))), 1_023);
        assert_eq!(cut("é".repeat(600)), 1_024);
    }
}
