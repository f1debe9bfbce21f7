//! Threshold signatures, as far as they are played: Ed25519, by keys that are as good as the canister's own.
//!
//! On the Internet Computer no node has such a key; a subnet signs together. Here the key follows from the canister, the
//! derivation path and the key's name, so that it is the same on every run and another for each of them, and the signature
//! is a real one. What a signature costs is charged.
//!
//! Source: interface specification, `schnorr_public_key` and `sign_with_schnorr`.

use candid::{CandidType, Principal};
use ic_management_canister_types::{
    SchnorrAlgorithm, SchnorrKeyId, SchnorrPublicKeyArgs, SchnorrPublicKeyResult, SignWithSchnorrArgs,
    SignWithSchnorrResult,
};
use outcall_protocol::{digest::Hasher, receipt::SecretKey};
use serde::de::DeserializeOwned;

use crate::{
    engine::{Prices, Published, Scheme},
    reject::{Reject, RejectCode},
};

pub(super) const SCHNORR_PUBLIC_KEY: &str = "schnorr_public_key";
pub(super) const SIGN_WITH_SCHNORR: &str = "sign_with_schnorr";

/// An answer of the management canister's, and what of the attached cycles it keeps.
pub(super) struct Played {
    pub(super) answer: Result<Vec<u8>, Reject>,
    pub(super) charged: u128,
}

/// The public key of the canister that asks, or of the one that it names.
pub(super) fn public_key(arg: &[u8], myself: &Principal) -> Played {
    let answer = read(arg).and_then(|args: SchnorrPublicKeyArgs| {
        let canister = args.canister_id.unwrap_or(*myself);
        let key = key(&args.key_id, &canister, &args.derivation_path)?;
        // Whoever derives keys from this one would have to know how that is done here: nobody needs it yet.
        let chain_code = vec![0; 32];
        reply(&SchnorrPublicKeyResult { public_key: key.public().as_bytes().to_vec(), chain_code })
    });
    Played { answer, charged: 0 }
}

/// A signature of the canister that asks.
pub(super) fn sign(arg: &[u8], cycles: u128, myself: &Principal, nodes: usize) -> Played {
    let signed = read(arg).and_then(|args: SignWithSchnorrArgs| {
        let key = key(&args.key_id, myself, &args.derivation_path)?;
        let algorithm = u32::from(args.key_id.algorithm);
        let fee = Published.signature(nodes as u32, Scheme::Schnorr, algorithm, &args.key_id.name);
        let fee = fee.map_err(|_| unknown(&args.key_id))?;
        if cycles < fee {
            let text = format!(
                "{SIGN_WITH_SCHNORR} request sent with {} cycles, but {fee} cycles are required.",
                cycles
            );
            return Err(Reject::new(RejectCode::CanisterReject, text));
        }
        let signature = key.signature(&args.message).to_vec();
        Ok((reply(&SignWithSchnorrResult { signature })?, fee))
    });
    match signed {
        Ok((reply, fee)) => Played { answer: Ok(reply), charged: fee },
        Err(reject) => Played { answer: Err(reject), charged: 0 },
    }
}

fn key(id: &SchnorrKeyId, canister: &Principal, path: &[Vec<u8>]) -> Result<SecretKey, Reject> {
    if id.algorithm != SchnorrAlgorithm::Ed25519
        || !["key_1", "test_key_1", "dfx_test_key"].contains(&id.name.as_str())
    {
        return Err(unknown(id));
    }
    let hasher =
        Hasher::new("outcall-harness threshold key v1").part(id.name.as_bytes()).part(canister.as_slice());
    let seed = path.iter().fold(hasher, |hasher, step| hasher.part(step)).finish();
    Ok(SecretKey::from_seed(seed.as_bytes()))
}

fn unknown(id: &SchnorrKeyId) -> Reject {
    let text = format!(
        "The embedded subnet has no key {:?} of {:?}: it signs with ed25519 and the keys key_1, test_key_1 and dfx_test_key",
        id.name, id.algorithm
    );
    Reject::new(RejectCode::CanisterReject, text)
}

fn read<T: DeserializeOwned + CandidType>(arg: &[u8]) -> Result<T, Reject> {
    candid::decode_one(arg)
        .map_err(|error| Reject::new(RejectCode::CanisterError, format!("Error decoding candid: {error:#}")))
}

fn reply<T: CandidType>(result: &T) -> Result<Vec<u8>, Reject> {
    candid::encode_one(result).map_err(|error| Reject::new(RejectCode::SysFatal, error.to_string()))
}

#[cfg(test)]
mod tests {
    use candid::{decode_one, encode_one};
    use outcall_protocol::receipt::PublicKey;

    use super::*;

    const FEE: u128 = 10_000_000_000;

    fn id(name: &str, algorithm: SchnorrAlgorithm) -> SchnorrKeyId {
        SchnorrKeyId { algorithm, name: name.to_owned() }
    }

    fn public(canister: u8, path: &[&[u8]], name: &str) -> PublicKey {
        let args = SchnorrPublicKeyArgs {
            canister_id: None,
            derivation_path: path.iter().map(|step| step.to_vec()).collect(),
            key_id: id(name, SchnorrAlgorithm::Ed25519),
        };
        let played = public_key(&encode_one(&args).unwrap(), &Principal::from_slice(&[canister]));
        let key: SchnorrPublicKeyResult = decode_one(&played.answer.unwrap()).unwrap();
        PublicKey::from_bytes(&key.public_key.try_into().unwrap()).unwrap()
    }

    fn signed(key_id: SchnorrKeyId, cycles: u128) -> Played {
        let args = SignWithSchnorrArgs {
            message: b"a message \xff".to_vec(),
            derivation_path: vec![b"a".to_vec()],
            key_id,
            aux: None,
        };
        sign(&encode_one(&args).unwrap(), cycles, &Principal::from_slice(&[1]), 13)
    }

    #[test]
    fn what_is_signed_is_verified_by_the_public_key_and_by_no_other() {
        let played = signed(id("key_1", SchnorrAlgorithm::Ed25519), FEE + 5);
        assert_eq!(played.charged, FEE);
        let result: SignWithSchnorrResult = decode_one(&played.answer.unwrap()).unwrap();
        let signature = result.signature.try_into().unwrap();
        assert!(public(1, &[b"a"], "key_1").verifies(b"a message \xff", &signature));
        assert!(!public(1, &[b"a"], "key_1").verifies(b"a message", &signature));
        for other in [
            public(2, &[b"a"], "key_1"),
            public(1, &[], "key_1"),
            public(1, &[b"a", b""], "key_1"),
            public(1, &[b"a"], "test_key_1"),
        ] {
            assert!(!other.verifies(b"a message \xff", &signature));
        }
    }

    #[test]
    fn a_signature_has_its_price_and_a_key_its_name() {
        let text = |key_id, cycles| {
            let played = signed(key_id, cycles);
            assert_eq!(played.charged, 0);
            played.answer.unwrap_err().to_string()
        };
        let short = text(id("key_1", SchnorrAlgorithm::Ed25519), FEE - 1);
        assert!(
            short.contains("sent with 9999999999 cycles, but 10000000000 cycles are required"),
            "{short}"
        );
        for key_id in [id("key_2", SchnorrAlgorithm::Ed25519), id("key_1", SchnorrAlgorithm::Bip340secp256k1)]
        {
            let unknown = text(key_id, FEE);
            assert!(
                unknown.contains("it signs with ed25519 and the keys key_1, test_key_1 and dfx_test_key"),
                "{unknown}"
            );
        }
    }
}
