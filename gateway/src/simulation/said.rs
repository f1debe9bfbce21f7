//! What an answer promises, as whoever reads it understands it.

use super::{gateway::Heard, world::Testimony};

/// What one answer promises.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    /// The upstream's own words.
    Real(u16, String),
    /// The call of this ticket runs.
    Running(String),
    /// A problem that was executed.
    Yes(String),
    /// A problem that was not.
    No(String),
    /// A problem that promises nothing.
    Unknown(String),
    /// The key belongs to another request.
    Reused,
}

impl Said {
    /// What it is called in a tally.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Real(..) => "real",
            Self::Running(_) => "running",
            Self::Yes(_) => "yes",
            Self::No(_) => "no",
            Self::Unknown(_) => "unknown",
            Self::Reused => "reused",
        }
    }
}

/// An answer from which there is no way back. Every other is a refusal that says `"unknown"`, which promises nothing, or is
/// about another request under the same key.
pub(super) fn definite(testimony: &Testimony) -> Option<Said> {
    said(testimony)
        .filter(|said| matches!(said, Said::Real(..) | Said::Running(_) | Said::Yes(_) | Said::No(_)))
}

pub(super) fn said(testimony: &Testimony) -> Option<Said> {
    let Some(Heard::Answer { status, kind, body, .. }) = &testimony.heard else { return None };
    Some(read(*status, kind, body))
}

pub(super) fn read(status: u16, content_type: &str, body: &[u8]) -> Said {
    let json = || serde_json::from_slice::<serde_json::Value>(body).expect("JSON");
    let text = |value: &serde_json::Value, name: &str| value[name].as_str().expect("a text").to_owned();
    match content_type {
        "application/problem+json" => {
            let problem = json();
            let kind = text(&problem, "type").trim_start_matches("urn:outcall-gateway:").to_owned();
            match &*text(&problem, "executed") {
                _ if kind == "key-reused" => Said::Reused,
                "yes" => Said::Yes(kind),
                "no" => Said::No(kind),
                _ => Said::Unknown(kind),
            }
        }
        // No upstream here speaks JSON.
        "application/json" => Said::Running(text(&json(), "ticket")),
        _ => Said::Real(status, String::from_utf8_lossy(body).into_owned()),
    }
}
