//! The methods that a route serves.

use http::Method;

use super::{error::Problems, locate::Place, suggest};

/// What is served unless a route names less, in the order in which it is printed and told in `Allow`.
pub(super) const SERVED: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS];

/// The methods that were written, in the order of [`SERVED`].
pub(super) fn judge(written: &[String], place: &Place<'_>, problems: &mut Problems<'_>) -> Vec<Method> {
    if written.is_empty() {
        problems.at(place, "no method", "at least one, such as \"GET\"");
    }
    if written.len() > SERVED.len() {
        problems.at(place, format!("{} methods", written.len()), format!("at most {}", SERVED.len()));
        return SERVED.to_vec();
    }
    for (index, name) in written.iter().enumerate() {
        let place = place.element(index);
        if matches!(name.as_str(), "TRACE" | "CONNECT") {
            problems.value(&place, "another method, since TRACE and CONNECT are never served");
        } else if !SERVED.iter().any(|method| method == name.as_str()) {
            let known: Vec<&str> = SERVED.iter().map(Method::as_str).collect();
            problems.value(&place, suggest::one_of(name, &known));
        } else if written.iter().take(index).any(|earlier| earlier == name) {
            problems.at(&place, format!("{name} a second time"), "each method once");
        }
    }
    SERVED.into_iter().filter(|method| written.iter().any(|name| method == name.as_str())).collect()
}
