//! What holds of every answer: signed, it verifies; with one bit of it flipped, it never does.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    key: String,
    sent_body: Vec<u8>,
    created_s: u64,
}

prop_compose! {
    fn answer()(
        status in 100u16..600,
        headers in prop::collection::vec(("[a-z][a-z0-9-]{0,8}", "[ -~]{0,12}"), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..40),
        key in "[!#-~]{1,20}",
        sent_body in prop::collection::vec(any::<u8>(), 0..10),
        created_s in 0u64..1 << 40,
    ) -> Answer {
        Answer { status, headers, body, key, sent_body, created_s }
    }
}

impl Answer {
    fn names() -> Vec<String> {
        vec!["accept".into(), "content-type".into()]
    }

    /// All its header fields, with the receipt.
    fn signed(&self) -> Vec<(String, String)> {
        self.sending(|sent| {
            let request =
                OutcallRequest { digest: sent.digest(&Self::names()).unwrap(), names: Self::names() };
            let headers = borrowed(&self.headers);
            let response = Response { status: self.status, headers: &headers, body: &self.body };
            let receipt =
                sign(&rfc_key(), &KeyId::parse(RFC_KEYID).unwrap(), &response, &request, self.created_s);
            let receipt = receipt.map(|(name, value)| (name.to_owned(), value));
            [&self.headers[..], &receipt].concat()
        })
    }

    fn sending<R>(&self, with: impl FnOnce(&Sent<'_>) -> R) -> R {
        let headers = [("content-type", "a/b"), ("idempotency-key", self.key.as_str())];
        with(&Sent {
            method: "POST",
            url: "https://g/p?q",
            headers: &headers,
            body: &self.sent_body,
            caller: "",
        })
    }

    fn judge(&self, status: u16, fields: &[(String, String)], body: &[u8]) -> Result<Receipt, ReceiptError> {
        let freshness = Freshness { now_s: self.created_s, age_max_s: u64::MAX, ahead_max_s: u64::MAX };
        let response = Response { status, headers: &borrowed(fields), body };
        self.sending(|sent| verify(&rfc_keys(), sent, &response, freshness))
    }
}

proptest! {
    #[test]
    fn what_was_signed_verifies(answer in answer()) {
        let receipt = answer.judge(answer.status, &answer.signed(), &answer.body).unwrap();
        prop_assert_eq!(receipt.created_s, answer.created_s);
    }

    /// A bit of the status, of the body, or of the name or value of any field but `content-length`.
    #[test]
    fn a_flipped_bit_never_verifies(answer in answer(), at in any::<prop::sample::Index>(), bit in 0u32..7) {
        let fields = answer.signed();
        let (mut status, mut body) = (answer.status, answer.body.clone());
        let mut bytes: Vec<(Vec<u8>, Vec<u8>)> =
            fields.iter().map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes())).collect();
        let mut places: Vec<&mut u8> = body.iter_mut().collect();
        places.extend(bytes.iter_mut().flat_map(|(name, value)| name.iter_mut().chain(value)));
        match places.len() {
            count if at.index(count + 1) == count => status ^= 1 << bit,
            count => *places[at.index(count + 1)] ^= 1 << bit,
        }
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let changed: Vec<_> = bytes.into_iter().map(|(name, value)| (text(name), text(value))).collect();
        // Whitespace around a value is no part of it, and a name is the same in any case.
        let trimmed = |fields: &[(String, String)]| -> Vec<_> {
            let one = |(name, value): &(String, String)| {
                (name.to_ascii_lowercase(), value.trim_matches(OWS).to_owned())
            };
            fields.iter().map(one).collect()
        };
        prop_assume!((status, &body, trimmed(&changed)) != (answer.status, &answer.body, trimmed(&fields)));
        prop_assert!(answer.judge(status, &changed, &body).is_err());
    }

    #[test]
    fn nothing_panics(
        headers in prop::collection::vec((prop::sample::select(&FIELDS[..]), "[ -~]{0,60}"), 0..6), url in ".{0,20}",
    ) {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sent = Sent { method: "GET", url: &url, headers: &headers, body: b"", caller: "" };
        let freshness = Freshness { now_s: 0, age_max_s: 0, ahead_max_s: 0 };
        let response = Response { status: 200, headers: &headers, body: b"" };
        prop_assert!(verify(&rfc_keys(), &sent, &response, freshness).is_err());
        prop_assert!(!is_needed(&headers, "x"));
    }
}
