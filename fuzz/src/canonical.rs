//! A JSON text: its canonical spelling is one, says the same, and has every number's digits.

use outcall_protocol::json;
use serde_json::Value;

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    let Ok(spelling) = json::canonicalise(bytes) else { return };
    let again = json::canonicalise(&spelling).expect("a canonical text is JSON");
    assert_eq!(again, spelling, "the canonical spelling has a canonical spelling");
    assert_eq!(numbers(&spelling), numbers(bytes), "a number has changed its text");
    // Another reader, which takes doubles only: where it takes the text, it reads the same of both.
    if let Ok(meant) = serde_json::from_slice::<Value>(bytes) {
        let said: Value = serde_json::from_slice(&spelling).expect("a text that was read before");
        assert_eq!(said, meant, "the canonical spelling says something else");
    }
}

/// The texts of all numbers, sorted, since members change their places.
fn numbers(text: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b'"' => behind_string(after),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let length = rest.iter().take_while(|byte| is_part(byte)).count();
                let (number, after) = rest.split_at(length);
                found.push(number);
                after
            }
            _ => after,
        };
    }
    found.sort_unstable();
    found
}

fn behind_string(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return rest,
            [b'\\', _, rest @ ..] => rest,
            [_, rest @ ..] => rest,
            [] => return &[],
        }
    }
}
