//! The setting `receipts`: which key signs answers, and which others are served beside it.

use std::{collections::BTreeMap, path::PathBuf};

use outcall_protocol::receipt::{KeyId, PublicKey, SecretKey};

use super::{error::Problems, file, inject, locate::Place};
use crate::limits;

/// How answers are signed. `Debug` shows nothing of a secret key.
#[derive(Debug, Clone)]
pub struct Receipts {
    /// The name of the key that signs.
    pub keyid: KeyId,
    /// The key that signs, or where it is.
    pub key: Key,
    /// Public keys of earlier and later signers, sorted by name; without that of the one that signs.
    pub others: Vec<(KeyId, PublicKey)>,
}

/// The key that signs.
#[derive(Debug, Clone)]
pub enum Key {
    /// This one.
    Given(SecretKey),
    /// The one in this PEM file. Whether there is one is not the configuration's to say.
    File(PathBuf),
}

pub(super) fn judge(
    file: &file::Receipts,
    env: &dyn Fn(&str) -> Option<String>,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<Receipts> {
    let keyid = keyid(&file.keyid, &place.member("keyid"), problems);
    let key = key(file, env, place, problems);
    let others = others(&file.public_keys, &file.keyid, &place.member("public_keys"), problems);
    Some(Receipts { keyid: keyid?, key: key?, others })
}

fn keyid(text: &str, place: &Place<'_>, problems: &mut Problems<'_>) -> Option<KeyId> {
    let keyid = KeyId::parse(text).ok();
    if keyid.is_none() {
        problems.value(place, "1 to 64 letters, digits, dots, dashes or underscores, such as \"2026-11\"");
    }
    keyid
}

fn key(
    file: &file::Receipts,
    env: &dyn Fn(&str) -> Option<String>,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<Key> {
    const EITHER: &str = "exactly one of key and key_file";
    let (key_place, file_place) = (place.member("key"), place.member("key_file"));
    match (&file.key, &file.key_file) {
        (Some(_), Some(_)) => {
            problems.name(&file_place, "key_file beside key", EITHER);
            None
        }
        (None, None) => {
            problems.at(place, "no key to sign with", EITHER);
            None
        }
        (None, Some(path)) if path.is_empty() || path.contains('\0') => {
            problems.value(&file_place, "the path of a PEM file");
            None
        }
        (None, Some(path)) => Some(Key::File(path.into())),
        (Some(text), None) => {
            let text = match inject::substituted(text, env) {
                Ok(text) => text,
                Err(unresolved) => {
                    problems.at(&key_place, unresolved.found, unresolved.expected);
                    return None;
                }
            };
            let key = SecretKey::parse(&text).ok();
            if key.is_none() {
                let expected = "what outcall-gateway keygen prints: a private key of Ed25519 in PKCS #8, as PEM or as the line inside it";
                problems.at(&key_place, "a value that is not shown", expected);
            }
            key.map(Key::Given)
        }
    }
}

fn others(
    written: &BTreeMap<String, String>,
    signer: &str,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Vec<(KeyId, PublicKey)> {
    if written.len() > limits::PUBLIC_KEYS_MAX {
        let found = format!("{} keys", written.len());
        problems.at(place, found, format!("at most {}", limits::PUBLIC_KEYS_MAX));
        return Vec::new();
    }
    let mut keys = Vec::with_capacity(written.len());
    for (name, x) in written {
        let place = place.member(name);
        if name == signer {
            problems.name(&place, "the key that signs", "other keys: its public half is served by itself");
        }
        let Ok(id) = KeyId::parse(name) else {
            problems.name(&place, "this name", "1 to 64 letters, digits, dots, dashes or underscores");
            continue;
        };
        match PublicKey::parse(x) {
            Ok(key) => keys.push((id, key)),
            // Somebody may have put the wrong half here.
            Err(_) => problems.at(
                &place,
                "a value that is not shown",
                "a public key as outcall-gateway keygen prints it: 43 characters of base64url",
            ),
        }
    }
    keys
}
