//! Every recorded answer is signed, once, and a canister that knows the public key believes it; no other answer is.

use std::time::{SystemTime, UNIX_EPOCH};

use outcall_protocol::receipt::{
    FIELDS, Freshness, KeyId, PublicKey, Receipt, ReceiptError, Response, SecretKey, Sent, verify,
};
use outcall_tests::replica::{Answer, Outcall};

mod keys;
mod ledgers;
mod recorded;

/// A key to sign with, by its name.
pub(crate) fn secret(keyid: &str) -> SecretKey {
    let mut seed = [7; 32];
    for (slot, byte) in seed.iter_mut().zip(keyid.bytes()) {
        *slot = byte;
    }
    SecretKey::from_seed(&seed)
}

/// The setting that signs with this key.
pub(crate) fn signing(keyid: &str) -> String {
    let pem = secret(keyid).to_pem().replace('\n', "\\n");
    format!(r#""receipts": {{"keyid": "{keyid}", "key": "{pem}"}}"#)
}

/// What a canister that sent this and knows these keys makes of an answer.
pub(crate) fn verified(keyids: &[&str], outcall: &Outcall, answer: &Answer) -> Result<Receipt, ReceiptError> {
    let keys: Vec<(KeyId, PublicKey)> =
        keyids.iter().map(|id| (KeyId::parse(id).unwrap(), secret(id).public())).collect();
    let url = format!("https://gateway.example{}", outcall.path);
    let headers: Vec<(&str, &str)> =
        outcall.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let sent =
        Sent { method: &outcall.method, url: &url, headers: &headers, body: &outcall.body, caller: "" };
    let headers: Vec<(&str, &str)> =
        answer.header_lines.iter().map(|line| line.split_once(": ").unwrap()).collect();
    let received = Response { status: answer.status, headers: &headers, body: &answer.body };
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    verify(&keys, &sent, &received, Freshness { now_s, age_max_s: 120, ahead_max_s: 2 })
}

/// That it has no field of a receipt.
#[track_caller]
fn unsigned(answer: &Answer) {
    let found: Vec<&str> = FIELDS.into_iter().filter(|field| answer.header(field).is_some()).collect();
    assert_eq!(found, [""; 0], "{answer:?}");
}
