//! The value of `Idempotency-Key`: what is a key reads back as the same one.

use outcall_protocol::key::{IdempotencyKey, KEY_CHARS_MAX, KeyError};

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    assert_eq!(IdempotencyKey::parse([bytes, bytes]), Err(KeyError::Repeated));
    let Ok(key) = IdempotencyKey::parse([bytes]) else { return };
    let text = key.as_str();
    assert!((1..=KEY_CHARS_MAX).contains(&text.len()), "a key of {} characters", text.len());
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "a key that is not visible ASCII");
    if text.len() > 16 {
        assert!(!format!("{key:?}").contains(text), "Debug shows the key");
    }
    let field = key.field_value();
    assert_eq!(IdempotencyKey::parse([field.as_bytes()]), Ok(key), "{field} reads back as another key");
}
