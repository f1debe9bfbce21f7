//! The `Idempotency-Key` of an outcall, by which the gateway knows that thirteen requests are one.
//!
//! Everything that goes in is replicated state or an argument of the call, so every replica derives the same key.
//! Nothing that differs between replicas may go in: no time of a query, no randomness outside `raw_rand`.
//! It is HMAC-SHA-256 under a [`Secret`], so whoever does not know that can neither guess a key nor claim it at the
//! gateway first. Each part goes in behind its length, so that no two lists of parts are the same bytes.

use std::fmt;

use candid::{CandidType, Principal};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// Says what the keys are for and which scheme made them. A copy of this canister takes a label of its own.
const LABEL: &str = "outcall-canister key v1";

/// 32 bytes of `raw_rand` that never leave the canister. `Debug` shows nothing of them.
#[derive(CandidType, Deserialize, Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes what `raw_rand` gave.
    ///
    /// # Errors
    /// The number of bytes, when they are not 32.
    pub fn new(bytes: Vec<u8>) -> Result<Self, usize> {
        if bytes.len() == 32 { Ok(Self(bytes)) } else { Err(bytes.len()) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What somebody wants done once. Two intents never share a key; a retry of one intent keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent<'a> {
    /// Each call of `get_price` is one of its own: it wants the price of now, not one that is on record.
    Price {
        /// Counts the calls, from 1.
        number: u64,
    },
    /// The caller says which order this is; another caller's order with the same id is another one.
    Order {
        /// Who wants it.
        caller: &'a Principal,
        /// The id that the caller chose.
        id: &'a str,
    },
    /// Each call of `ask_llm` is a question of its own.
    Question {
        /// Counts the questions, from 1.
        number: u64,
    },
    /// Each look for a question's answer is one of its own: it wants to know how things stand now.
    Poll {
        /// Which question's answer.
        question: u64,
        /// Counts the polls for it, from 1.
        number: u32,
    },
}

/// The key of one attempt at an intent: 64 lower-case hexadecimal digits.
///
/// An attempt begins with 1. The next one is made only when it is certain that nothing came of the one before.
pub fn key(secret: &Secret, intent: Intent<'_>, attempt: u32) -> String {
    let attempt = attempt.to_be_bytes();
    let code = match intent {
        Intent::Price { number } => mac(secret, &[b"price", &number.to_be_bytes(), &attempt]),
        Intent::Order { caller, id } => mac(secret, &[b"order", caller.as_slice(), id.as_bytes(), &attempt]),
        Intent::Question { number } => mac(secret, &[b"question", &number.to_be_bytes(), &attempt]),
        Intent::Poll { question, number } => {
            mac(secret, &[b"poll", &question.to_be_bytes(), &number.to_be_bytes(), &attempt])
        }
    };
    code.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(secret: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    // The block that HMAC keys itself with: its 64 bytes begin with the secret.
    let mut block = [0; 64];
    for (slot, byte) in block.iter_mut().zip(&secret.0) {
        *slot = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in [LABEL.as_bytes()].iter().chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::new(vec![byte; 32]).unwrap()
    }

    fn order<'a>(caller: &'a Principal, id: &'a str) -> Intent<'a> {
        Intent::Order { caller, id }
    }

    #[test]
    fn a_key_is_hmac_sha256_over_lengths_and_parts() {
        // Computed with another implementation (Python's hmac).
        let caller = Principal::from_slice(&[4]);
        assert_eq!(
            key(&secret(7), order(&caller, "order-42"), 1),
            "9c9f8b6dbe85cfeeb8552bd1394b9a72bf584472f2d9cd08fa031eb2b3f9f4e1"
        );
        assert_eq!(
            key(&secret(7), Intent::Price { number: 42 }, 1),
            "a9a92298517581c71400455e626677df82088cff40a2c3652b4fe02ffabffec3"
        );
    }

    #[test]
    fn a_secret_has_32_bytes_and_does_not_print_them() {
        assert_eq!(Secret::new(vec![0; 31]), Err(31));
        assert_eq!(Secret::new(vec![0; 33]), Err(33));
        assert_eq!(format!("{:?}", secret(7)), "Secret");
    }

    #[test]
    fn a_price_is_not_an_order_that_spells_it() {
        let caller = Principal::from_slice(&42u64.to_be_bytes());
        assert_ne!(key(&secret(7), order(&caller, ""), 1), key(&secret(7), Intent::Price { number: 42 }, 1));
    }

    #[test]
    fn questions_and_the_polls_for_them_have_keys_of_their_own() {
        let secret = secret(7);
        let question = |number| key(&secret, Intent::Question { number }, 1);
        let poll = |question, number| key(&secret, Intent::Poll { question, number }, 1);
        let price = key(&secret, Intent::Price { number: 1 }, 1);
        let keys = [question(1), question(2), poll(1, 1), poll(1, 2), poll(2, 1), price];
        assert_eq!(std::collections::BTreeSet::from(keys).len(), 6);
    }

    proptest! {
        #[test]
        fn two_attempts_share_a_key_only_when_everything_is_equal(
            left in (0u8..2, prop::collection::vec(0u8..2, 0..3), "[ab]{0,2}", 1u32..3),
            right in (0u8..2, prop::collection::vec(0u8..2, 0..3), "[ab]{0,2}", 1u32..3),
        ) {
            let of = |(byte, caller, id, attempt): &(u8, Vec<u8>, String, u32)| {
                key(&secret(*byte), order(&Principal::from_slice(caller), id), *attempt)
            };
            prop_assert_eq!(of(&left) == of(&right), left == right);
        }

        #[test]
        fn whatever_the_intent_the_gateway_takes_its_key(
            caller in prop::collection::vec(any::<u8>(), 0..=29), id in ".*", attempt in any::<u32>(),
        ) {
            let key = key(&secret(7), order(&Principal::from_slice(&caller), &id), attempt);
            let read = outcall_protocol::key::IdempotencyKey::parse([key.as_bytes()]).unwrap();
            prop_assert_eq!(read.as_str(), key);
        }
    }
}
