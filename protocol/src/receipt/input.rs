//! Reads `signature-input` in the one spelling that the gateway writes. Any other is malformed: the fewer ways there are to
//! say something, the fewer there are to be fooled.

use super::LABEL;

/// What is signed, when, with which key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Input<'a> {
    /// The components in their order, none twice.
    pub(super) names: Vec<&'a str>,
    pub(super) created_s: u64,
    pub(super) keyid: &'a str,
    /// All of that as it was written: the last line of the signature base.
    pub(super) parameters: &'a str,
}

impl<'a> Input<'a> {
    pub(super) fn parse(field: &'a str) -> Option<Self> {
        let parameters = field.strip_prefix(LABEL)?.strip_prefix('=')?;
        let (names, rest) = parameters.strip_prefix('(')?.split_once(')')?;
        let names: Vec<&str> = names.split(' ').map(name).collect::<Option<_>>()?;
        let (created, rest) = rest.strip_prefix(";created=")?.split_once(';')?;
        let (keyid, rest) = rest.strip_prefix("keyid=\"")?.split_once('"')?;
        let unique = names.iter().enumerate().all(|(at, name)| !names[..at].contains(name));
        if !unique || rest != ";alg=\"ed25519\"" {
            return None;
        }
        Some(Self { names, created_s: seconds(created)?, keyid, parameters })
    }
}

/// A component's name in its quotes; one with parameters of its own is none.
fn name(quoted: &str) -> Option<&str> {
    let name = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let is_name =
        |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && byte != b'"' && byte != b'\\';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

/// An integer of a structured field (RFC 9651, section 3.3.1), not negative, without leading zeros.
fn seconds(digits: &str) -> Option<u64> {
    let plain = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.parse().ok().filter(|_| plain)?;
    (digits == "0" || !digits.starts_with('0')).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"outcall=("@status" "content-type");created=1618884473;keyid="k";alg="ed25519""#;

    #[test]
    fn the_gateways_spelling_is_read() {
        let read = Input::parse(GOOD).unwrap();
        assert_eq!(read.names, ["@status", "content-type"]);
        assert_eq!((read.created_s, read.keyid), (1_618_884_473, "k"));
        assert_eq!(format!("outcall={}", read.parameters), GOOD);
    }

    #[test]
    fn no_other_is() {
        for (part, other) in [
            ("outcall=", "sig1="),
            ("outcall=", ""),
            ("(", " ("),
            ("@status\" ", "@status\"  "),
            ("@status\" ", "@status\";req "),
            ("@status", "content-type"),
            ("@status", "@STATUS"),
            ("\"@status\"", "@status"),
            ("(\"@status\" \"content-type\")", "()"),
            ("1618884473", "-1"),
            ("1618884473", "+1"),
            ("1618884473", "01"),
            ("1618884473", "1.0"),
            ("1618884473", ""),
            ("1618884473", "1234567890123456"),
            (";created=1618884473", ""),
            (";keyid=\"k\"", ""),
            ("\"k\"", "k"),
            (";alg=\"ed25519\"", ""),
            ("ed25519", "hmac-sha256"),
            ("ed25519\"", "ed25519\";tag=\"x\""),
            ("ed25519\"", "ed25519\", sig1=()"),
        ] {
            let wrong = GOOD.replacen(part, other, 1);
            assert_ne!(wrong, GOOD, "{part}");
            assert_eq!(Input::parse(&wrong), None, "{wrong}");
        }
    }
}
