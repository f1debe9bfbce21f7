//! A jq filter and a JSON text: the same bytes each time, within the limit, and never a broken engine.
//!
//! The first byte chooses a filter of the list below; with any other the filter is the first line.

use std::sync::OnceLock;

use outcall_protocol::{
    jq::{ProjectError, Projection},
    json,
};

const FILTERS: [&str; 8] = [
    ".",
    ".[0]?",
    ".a.b",
    "{p: .price, s: .symbol}",
    "[.[]? | {id, t: (.t | tonumber? // 0)}] | sort_by(.t)",
    "to_entries | map(select(.value != null)) | from_entries",
    "[paths] | length",
    "[.. | numbers] | add",
];
const OUTPUT_BYTES_MAX: usize = 64;

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    static KNOWN: OnceLock<Vec<Projection>> = OnceLock::new();
    let known =
        KNOWN.get_or_init(|| FILTERS.iter().map(|filter| Projection::compile(filter).unwrap()).collect());
    let Some((&first, rest)) = bytes.split_first() else { return };
    match known.get(usize::from(first.wrapping_sub(b'0'))) {
        Some(filter) => project(filter, rest),
        None => {
            let (filter, text) =
                bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len()));
            let Ok(filter) = std::str::from_utf8(filter) else { return };
            match Projection::compile(filter) {
                Ok(filter) => project(&filter, text),
                Err(refused) => assert_ne!(refused.to_string(), "the jq engine broke", "{filter}"),
            }
        }
    }
}

fn project(filter: &Projection, text: &[u8]) {
    let projected = filter.project(text, OUTPUT_BYTES_MAX);
    assert_ne!(projected, Err(ProjectError::Broken), "the engine broke over {filter:?}");
    assert_eq!(
        matches!(projected, Err(ProjectError::NotJson(_))),
        json::check(text).is_err(),
        "the filter and the canonical spelling do not agree on what JSON is"
    );
    assert_eq!(filter.project(text, OUTPUT_BYTES_MAX), projected, "another answer the second time");
    let Ok(projected) = projected else { return };
    assert!(projected.len() <= OUTPUT_BYTES_MAX, "{} bytes", projected.len());
    // Few answers are as long as that, but each is as long as itself.
    let shorter = filter.project(text, projected.len() - 1);
    assert_eq!(shorter, Err(ProjectError::TooLarge), "{} bytes in one less", projected.len());
    let spelling = json::canonicalise(&projected).expect("what a filter gives is JSON");
    if filter.source() == "." {
        assert_eq!(
            Ok(spelling),
            json::canonicalise(text),
            "the filter that changes nothing changed something"
        );
    }
}
