//! Two groups side by side, around the first byte that differs: what they voted for or, where the transform has made
//! them agree, what it has taken away.

use std::ops::Range;

use maud::{Markup, html};

use super::matrix::colour;
use crate::{
    http_response,
    outcall::{Content, Response},
    replica::{Replica, letter},
};

/// Shown before the first difference, in characters.
const BEFORE: usize = 120;
/// Shown in all.
const SHOWN: usize = 480;

/// Nothing, when there is nothing to compare.
pub(super) fn groups(replicas: &[Replica]) -> Markup {
    let votes = [0, 1].map(|group| {
        let record = replicas.iter().find(|record| record.group == Some(group))?;
        let (heading, class) = (heading(replicas, group), colour(Some(group)));
        Some(Side { heading, class, text: of_content(record.content.as_ref()?) })
    });
    if let [Some(one), Some(other)] = votes {
        return side_by_side("What the two largest groups voted for", one, other);
    }
    let mut raw = replicas.iter().filter_map(|record| Some((record, of_raw(record)?)));
    let Some((first, text)) = raw.next() else { return html! {} };
    let Some((second, other)) = raw.find(|(_, other)| *other != text) else { return html! {} };
    let side = |record: &Replica, text| Side {
        heading: format!("Replica {}", record.number),
        class: String::new(),
        text,
    };
    side_by_side("What came before the transform", side(first, text), side(second, other))
}

struct Side {
    heading: String,
    class: String,
    text: String,
}

fn side_by_side(title: &str, one: Side, other: Side) -> Markup {
    let (of_one, of_other) = differing(&one.text, &other.text);
    html! {
        h4 { (title) ", around the first difference" }
        div.sides {
            @for (side, marked) in [(one, of_one), (other, of_other)] {
                figure class=(side.class) {
                    figcaption { (side.heading) }
                    pre { (marked_text(&side.text, &marked)) }
                }
            }
        }
    }
}

/// The part of a text around the beginning of what differs, which is marked.
fn marked_text(text: &str, marked: &Range<usize>) -> Markup {
    let characters: Vec<char> = text.chars().collect();
    let part = |range: Range<usize>| characters[range].iter().collect::<String>();
    let start = marked.start.saturating_sub(BEFORE);
    let end = (start + SHOWN).min(characters.len());
    let mark_end = marked.end.min(end);
    html! {
        @if start > 0 { "…" }
        (part(start..marked.start))
        @if marked.start < mark_end { mark { (part(marked.start..mark_end)) } }
        (part(mark_end..end))
        @if end < characters.len() { "…" }
    }
}

/// What lies between the common beginning and the common end of both texts, in characters.
fn differing(one: &str, other: &str) -> (Range<usize>, Range<usize>) {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let ends = one[same..].iter().rev().zip(other[same..].iter().rev());
    let same_end = ends.take_while(|(one, other)| one == other).count();
    (same..one.len() - same_end, same..other.len() - same_end)
}

fn heading(replicas: &[Replica], group: usize) -> String {
    let votes = replicas.iter().filter(|record| record.group == Some(group)).count();
    let times = if votes == 1 { "1 vote".to_owned() } else { format!("{votes} votes") };
    format!("Group {}, {times}", letter(group))
}

/// A vote as it is read.
pub(crate) fn of_content(content: &Content) -> String {
    match content {
        Content::Reject(reject) => reject.to_string(),
        Content::Success(reply) => match http_response::decode(reply) {
            Ok(response) => of_response(&response),
            Err(_) => reply.escape_ascii().to_string(),
        },
    }
}

fn of_raw(record: &Replica) -> Option<String> {
    Some(match record.raw.as_ref()? {
        Ok(response) => of_response(response),
        Err(reject) => reject.to_string(),
    })
}

/// A response as it is read.
pub(super) fn of_response(response: &Response) -> String {
    let mut text = format!("{}\n", response.status);
    for (name, value) in &response.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(&response.body));
    text
}
