//! The signature base: the bytes under the signature (RFC 9421, section 2.5).

use super::{Response, STATUS};

/// One line for each component, then the parameters of the signature, without a line break behind them.
pub(super) fn base<'a>(components: impl Iterator<Item = (&'a str, String)>, parameters: &str) -> String {
    let mut base = String::new();
    for (name, value) in components {
        base.extend(["\"", name, "\": ", &value, "\n"]);
    }
    base.extend(["\"@signature-params\": ", parameters]);
    base
}

/// The value of a component of a response: the status, or all values of a field; none when there is no such field.
pub(super) fn component(response: &Response<'_>, name: &str) -> Option<String> {
    if name == STATUS {
        return Some(response.status.to_string());
    }
    let values: Vec<&str> = response.fields(name).collect();
    (!values.is_empty()).then(|| values.join(", "))
}
