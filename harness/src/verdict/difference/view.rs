//! One content, read as far as it can be read, and compared with another.

use outcall_protocol::json::tree::Tree;

use super::Place;
use crate::{
    http_response,
    outcall::{Content, Reject, Response},
    verdict::json::{self, Kind},
};

/// What is shown of a body behind the first byte that differs.
const EXCERPT_BYTES: usize = 32;
/// And before it.
const CONTEXT_BYTES: usize = 8;
/// What is said of something that is not there.
pub(super) const ABSENT: &str = "absent";

/// A content as it can be read.
pub(super) enum View {
    Reject(Reject),
    Response {
        response: Response,
        /// The body, if it is JSON.
        json: Option<Tree>,
        /// The bytes of the reply that the response was read from, if any.
        reply: Vec<u8>,
    },
    /// Bytes that are no `http_response`.
    Reply(Vec<u8>),
}

impl View {
    pub(super) fn of_content(content: &Content) -> Self {
        match content {
            Content::Reject(reject) => View::Reject(reject.clone().cut()),
            Content::Success(reply) => match http_response::decode(reply) {
                Ok(response) => Self::of_response(response, reply.clone()),
                Err(_) => View::Reply(reply.clone()),
            },
        }
    }

    pub(super) fn of_raw(raw: &Result<Response, Reject>) -> Self {
        match raw {
            Ok(response) => Self::of_response(response.clone(), Vec::new()),
            Err(reject) => View::Reject(reject.clone().cut()),
        }
    }

    fn of_response(response: Response, reply: Vec<u8>) -> Self {
        let json = Tree::parse(&response.body).ok();
        View::Response { response, json, reply }
    }

    pub(super) fn json(&self) -> Option<&Tree> {
        match self {
            View::Response { json, .. } => json.as_ref(),
            View::Reject(_) | View::Reply(_) => None,
        }
    }

    pub(super) fn response(&self) -> Option<&Response> {
        match self {
            View::Response { response, .. } => Some(response),
            View::Reject(_) | View::Reply(_) => None,
        }
    }

    /// The first place at which two contents differ.
    pub(super) fn differs_from(&self, other: &Self) -> Option<Place> {
        match (self, other) {
            (
                View::Response { response: one, reply, .. },
                View::Response { response: two, reply: other_reply, .. },
            ) => head(one, two)
                .or_else(|| self.body_differs_from(other))
                .or_else(|| first_byte(reply, other_reply).map(Place::Reply)),
            (View::Reply(one), View::Reply(other)) => first_byte(one, other).map(Place::Reply),
            (View::Reject(one), View::Reject(other)) => (one != other).then_some(Place::Outcome),
            _ => Some(Place::Outcome),
        }
    }

    /// The first place at which two bodies differ.
    pub(super) fn body_differs_from(&self, other: &Self) -> Option<Place> {
        let byte = first_byte(&self.response()?.body, &other.response()?.body)?;
        Some(match (self.json(), other.json()) {
            (Some(one), Some(other)) => match json::first_difference(one, other) {
                Some((Kind::Value, path)) => Place::Json(path),
                Some((Kind::MemberOrder, path)) => Place::MemberOrder(path),
                Some((Kind::ElementOrder, path)) => Place::ElementOrder(path),
                None => Place::Spelling(byte),
            },
            _ => Place::Body(byte),
        })
    }

    /// What stands at a place, in words.
    pub(super) fn at(&self, place: &Place) -> String {
        let response = match (self, place) {
            (View::Reply(reply), Place::Reply(byte)) => return excerpt(reply, *byte),
            (View::Response { reply, .. }, Place::Reply(byte)) => return excerpt(reply, *byte),
            (View::Response { response, .. }, _) => response,
            (View::Reject(_) | View::Reply(_), _) => return self.outcome(),
        };
        let told = |path, tell: fn(&Tree) -> String| match self.json() {
            Some(tree) => json::at(tree, path).map_or(ABSENT.to_owned(), tell),
            None => "a body that is not JSON".to_owned(),
        };
        match place {
            Place::Outcome => self.outcome(),
            Place::Status => response.status.to_string(),
            Place::Header(name) => header(response, name),
            Place::HeaderOrder => names(response).join(", "),
            Place::Json(path) => told(path, json::brief),
            Place::MemberOrder(path) => told(path, json::names),
            Place::ElementOrder(path) => told(path, json::elements),
            Place::Spelling(byte) | Place::Body(byte) | Place::Reply(byte) => excerpt(&response.body, *byte),
        }
    }

    fn outcome(&self) -> String {
        match self {
            View::Reject(reject) => reject.to_string(),
            View::Response { .. } => "a response".to_owned(),
            View::Reply(reply) => format!("{} bytes that are no http_response", reply.len()),
        }
    }
}

/// The first difference between two responses before their bodies.
fn head(one: &Response, other: &Response) -> Option<Place> {
    if one.status != other.status {
        return Some(Place::Status);
    }
    if one.headers == other.headers {
        return None;
    }
    let differing =
        names(one).into_iter().chain(names(other)).find(|name| header(one, name) != header(other, name));
    Some(differing.map_or(Place::HeaderOrder, |name| Place::Header(name.to_owned())))
}

/// The values of a header, in their order.
pub(super) fn header(response: &Response, name: &str) -> String {
    let named = response.headers.iter().filter(|(other, _)| other == name);
    let values: Vec<String> = named.map(|(_, value)| format!("{value:?}")).collect();
    if values.is_empty() { ABSENT.to_owned() } else { values.join(" and ") }
}

/// The names of all headers, in their order.
pub(super) fn names(response: &Response) -> Vec<&str> {
    response.headers.iter().map(|(name, _)| name.as_str()).collect()
}

/// Where two texts first differ; the shorter one's length if it begins the longer one.
pub(super) fn first_byte(one: &[u8], other: &[u8]) -> Option<usize> {
    let common = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    (common < one.len().max(other.len())).then_some(common)
}

/// The bytes around a place, as text with escapes.
fn excerpt(bytes: &[u8], byte: usize) -> String {
    if byte >= bytes.len() {
        return format!("nothing ({} bytes in all)", bytes.len());
    }
    let start = byte.saturating_sub(CONTEXT_BYTES);
    let end = bytes.len().min(byte + EXCERPT_BYTES);
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < bytes.len() { "…" } else { "" });
    format!("\"{before}{}{after}\"", String::from_utf8_lossy(&bytes[start..end]).escape_debug())
}
