//! What was the same for all, and will not be on a subnet, or at another time.
//!
//! A probe asks from one machine, within seconds. Thirteen nodes stand in thirteen places, and ask for years.

use outcall_protocol::json::tree::Tree;

use crate::{
    finding::{
        Cause,
        cause::{header, value},
        coding,
    },
    outcall::Response,
    verdict::Place,
};

/// Members that hold the address of whoever asks, by their names; elsewhere an address is data.
const ADDRESS: [&str; 12] = [
    "address",
    "addr",
    "caller",
    "client",
    "client_ip",
    "clientip",
    "ip",
    "ip_address",
    "origin",
    "peer",
    "remote_addr",
    "your_ip",
];

/// A place that is not to be trusted though nothing differed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Where.
    pub place: Place,
    /// What stood there in every answer.
    pub value: String,
    /// Why it will differ.
    pub cause: Cause,
}

/// What is suspect in answers of which this is one; places that `differ` are told elsewhere.
pub(super) fn suspects(response: &Response, differ: impl Fn(&Place) -> bool) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    for (name, value) in &response.headers {
        let place = Place::Header(name.clone());
        if let Some(cause) = header::always_differs(name)
            && !differ(&place)
            && suspects.iter().all(|known: &Suspect| known.place != place)
        {
            suspects.push(Suspect { place, value: value.clone(), cause });
        }
    }
    let Ok(body) = coding::decoded(response) else { return suspects };
    match Tree::parse(&body) {
        Ok(Tree::Object(members)) => {
            for (name, tree) in members {
                let is_named = ADDRESS.contains(&name.to_ascii_lowercase().as_str());
                let place = Place::Json(crate::verdict::Path::member(&name));
                if is_named && value::may_be_own_address(&tree) && !differ(&place) {
                    suspects.push(Suspect { place, value: tree.canonical(), cause: Cause::OwnAddress });
                }
            }
        }
        _ => {
            let text = String::from_utf8_lossy(&body).trim().trim_matches('"').to_owned();
            let place = Place::Body(0);
            if value::may_be_own_address(&Tree::String(text.clone())) && !differ(&place) {
                suspects.push(Suspect { place, value: text, cause: Cause::OwnAddress });
            }
        }
    }
    suspects
}
