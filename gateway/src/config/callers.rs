//! The setting `callers`: who is known by name, and by what. A route's `allow` names some of them.

use std::collections::{BTreeMap, HashSet};

use k256::ecdsa::VerifyingKey;
use outcall_protocol::{
    digest::{Digest, from_hex},
    receipt::{KeyId, PublicKey},
};

use super::{Rate, error::Problems, file, locate::Place, node, pressure, suggest};
use crate::limits;

/// Somebody who is known by name. At least one of tokens and keys is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// As whom it is known: part of every key that it uses.
    pub name: Box<str>,
    /// The SHA-256 of each of its bearer tokens.
    pub tokens: Vec<Digest>,
    /// The key of Ed25519 that signs its tokens.
    pub ed25519: Option<PublicKey>,
    /// The key of secp256k1 that signs its tokens.
    pub secp256k1: Option<VerifyingKey>,
    /// How many keys it may lead, on all routes together.
    pub rate: Option<Rate>,
}

impl Caller {
    /// Whether it signs its tokens itself.
    pub(super) fn signs(&self) -> bool {
        self.ed25519.is_some() || self.secp256k1.is_some()
    }
}

/// The callers that were written, sorted by name.
pub(super) fn read(place: &Place<'_>, problems: &mut Problems<'_>) -> Vec<Caller> {
    let Some(written) = node::read::<BTreeMap<String, file::Caller>>(place, problems) else {
        return Vec::new();
    };
    if written.len() > limits::CALLERS_MAX {
        problems.at(place, format!("{} callers", written.len()), format!("at most {}", limits::CALLERS_MAX));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let callers = written.iter();
    callers.filter_map(|(name, file)| caller(name, file, &place.member(name), &mut seen, problems)).collect()
}

/// `seen` are the tokens of the callers before this one.
fn caller(
    name: &str,
    file: &file::Caller,
    place: &Place<'_>,
    seen: &mut HashSet<Digest>,
    problems: &mut Problems<'_>,
) -> Option<Caller> {
    if KeyId::parse(name).is_err() {
        problems.name(place, "this name", "1 to 64 letters, digits, dots, dashes or underscores");
    }
    if file.tokens_sha256.is_empty() && file.ed25519.is_none() && file.secp256k1.is_none() {
        let none_written = ["tokens_sha256", "ed25519", "secp256k1"]
            .iter()
            .all(|member| !problems.cover(&place.member(member)));
        if none_written {
            problems.at(place, "nothing to know it by", "tokens_sha256, ed25519 or secp256k1");
        }
        return None;
    }
    let tokens = tokens(&file.tokens_sha256, &place.member("tokens_sha256"), seen, problems);
    let ed25519 = file.ed25519.as_ref().and_then(|text| ed25519(text, &place.member("ed25519"), problems));
    let secp256k1 =
        file.secp256k1.as_ref().and_then(|text| secp256k1(text, &place.member("secp256k1"), problems));
    let rate = file.rate.as_ref().and_then(|rate| pressure::rate(rate, &place.member("rate"), problems));
    Some(Caller { name: name.into(), tokens, ed25519, secp256k1, rate })
}

fn tokens(
    written: &[String],
    place: &Place<'_>,
    seen: &mut HashSet<Digest>,
    problems: &mut Problems<'_>,
) -> Vec<Digest> {
    if written.len() > limits::TOKENS_PER_CALLER_MAX {
        let found = format!("{} tokens", written.len());
        problems.at(place, found, format!("at most {}", limits::TOKENS_PER_CALLER_MAX));
        return Vec::new();
    }
    let mut tokens = Vec::with_capacity(written.len());
    for (index, text) in written.iter().enumerate() {
        match Digest::from_hex(text) {
            Some(digest) if seen.insert(digest) => tokens.push(digest),
            Some(_) => {
                let expected = "each token once: whoever has it is one caller";
                problems.at(&place.element(index), "a token a second time", expected);
            }
            None => {
                let expected =
                    "the SHA-256 of a token as outcall-gateway token prints it: 64 hex digits in lower case";
                problems.at(&place.element(index), "a value that is not shown", expected);
            }
        }
    }
    tokens
}

fn ed25519(text: &str, place: &Place<'_>, problems: &mut Problems<'_>) -> Option<PublicKey> {
    let key = match from_hex(text) {
        Some(bytes) => PublicKey::from_bytes(&bytes),
        None => PublicKey::parse(text),
    };
    if key.is_err() {
        problems.value(
            place,
            "a public key of Ed25519: 64 hex digits in lower case, or 43 characters of base64url",
        );
    }
    key.ok()
}

fn secp256k1(text: &str, place: &Place<'_>, problems: &mut Problems<'_>) -> Option<VerifyingKey> {
    let key = from_hex::<33>(text).and_then(|bytes| VerifyingKey::from_sec1_bytes(&bytes).ok());
    if key.is_none() {
        problems.value(place, "a public key of secp256k1, compressed (SEC 1): 66 hex digits in lower case");
    }
    key
}

/// Whoever signs tokens says for which gateway they are, and this one has no name.
pub(super) fn without_audience(callers: &[Caller], place: &Place<'_>, problems: &mut Problems<'_>) {
    if let Some(caller) = callers.iter().find(|caller| caller.signs()) {
        let expected = "server.audience to say for which gateway its tokens are, such as \"https://gateway.example.com\"";
        problems.name(&place.member(&caller.name), "a caller that signs", expected);
    }
}

/// The names of a route's `allow`, sorted; each must be known, and be there once.
pub(super) fn allowed(
    written: &[String],
    known: &[Caller],
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Vec<Box<str>> {
    if written.is_empty() {
        problems.at(place, "nobody", "at least one of callers; without allow the route is for everybody");
    }
    let names: Vec<&str> = known.iter().map(|caller| &*caller.name).collect();
    let mut allowed: Vec<Box<str>> = Vec::with_capacity(written.len());
    for (index, name) in written.iter().enumerate() {
        let place = place.element(index);
        if !names.contains(&name.as_str()) {
            let expected = match names.is_empty() {
                true => "a name of callers, where nobody is named".to_owned(),
                false => suggest::one_of(name, &names),
            };
            problems.value(&place, expected);
        } else if allowed.iter().any(|earlier| **earlier == **name) {
            problems.at(&place, format!("{name} a second time"), "each caller once");
        } else {
            allowed.push(name.as_str().into());
        }
    }
    allowed.sort_unstable();
    allowed
}
