//! What an expectation says that was not met: groups, the first difference side by side, causes, and what to do.

use std::{collections::BTreeMap, fmt};

use crate::{
    finding::{Findings, Folded},
    replica::{Replica, letter},
    report::compare::of_content,
};

/// What to do about a POST that everybody sends.
const ONCE: &str =
    "send it through a gateway, under an Idempotency-Key: it asks once, and all get that one answer";
/// Shown before the first difference, in characters.
const BEFORE: usize = 24;
/// Shown of a vote in all, in characters.
const SHOWN: usize = 96;
/// Groups that are listed one by one.
const GROUPS_MAX: usize = 4;
/// Places that are listed one by one.
const PLACES_MAX: usize = 12;

/// The replicas of a round, and in what they differ.
pub(super) struct Told<'r> {
    /// How many votes for one thing make an agreement; none where votes are not counted.
    pub(super) needed: Option<usize>,
    pub(super) replicas: &'r [Replica],
    pub(super) findings: Findings,
    /// How often a POST was sent, if it is one.
    pub(super) posts: Option<u32>,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = groups(self.replicas);
        if self.replicas.is_empty() {
            return Ok(());
        }
        match self.needed {
            Some(needed) => write!(f, "\n\ngroups, of which one must have {needed}")?,
            None => write!(f, "\n\ngroups")?,
        }
        for (group, records) in groups.iter().take(GROUPS_MAX) {
            write!(f, "\n  {}  {}", letter(*group), numbers(records.iter().copied()))?;
        }
        if groups.len() > GROUPS_MAX {
            write!(f, "\n  and {} more", groups.len() - GROUPS_MAX)?;
        }
        let silent = self.replicas.iter().filter(|record| record.asked.is_none());
        let late = self.replicas.iter().filter(|record| record.late);
        for (what, which) in [("never sent", numbers(silent)), ("too late", numbers(late))] {
            if !which.is_empty() {
                write!(f, "\n  {what}: {which}")?;
            }
        }
        if let [one, other] = groups.values().take(2).collect::<Vec<_>>().as_slice()
            && let (Some(one), Some(other)) = (vote(one), vote(other))
        {
            writeln!(f, "\n\nthe first difference, between A and B")?;
            let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
            let (one, caret) = excerpt(&one, same);
            write!(f, "  A  {one}\n  B  {}\n     {}^", excerpt(&other, same).0, " ".repeat(caret))?;
        }
        causes(&self.findings, self.posts, f)
    }
}

/// What differs, by what can be done about it.
fn causes(findings: &Findings, posts: Option<u32>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let folded = findings.folded();
    if folded.is_empty() {
        return Ok(());
    }
    write!(f, "\n\nwhat differs, why, and what to do")?;
    if let Some(posts) = posts.filter(|posts| *posts > 1) {
        // First, since agreement is the lesser trouble: what follows would only hide this.
        write!(f, "\n  a POST was sent {posts} times, and perhaps carried out as often\n      {ONCE}")?;
    }
    let mut told: Vec<(String, Vec<&Folded<'_>>)> = Vec::new();
    for found in folded.iter().take(PLACES_MAX) {
        let advice = found.first.cause.advice();
        match told.iter_mut().find(|(other, _)| *other == advice) {
            Some((_, places)) => places.push(found),
            None => told.push((advice, vec![found])),
        }
    }
    for (advice, places) in told {
        for found in places {
            write!(f, "\n  {}: {}", found.place, found.first.cause)?;
        }
        write!(f, "\n      {advice}")?;
    }
    match folded.len().saturating_sub(PLACES_MAX) + findings.left_out {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
    }
}

/// Those who voted in time, by their group.
fn groups(replicas: &[Replica]) -> BTreeMap<usize, Vec<&Replica>> {
    let mut groups: BTreeMap<usize, Vec<&Replica>> = BTreeMap::new();
    for record in replicas.iter().filter(|record| !record.late) {
        if let Some(group) = record.group {
            groups.entry(group).or_default().push(record);
        }
    }
    groups
}

/// How many they are, and which; nothing of nobody.
fn numbers<'r>(records: impl Iterator<Item = &'r Replica>) -> String {
    let numbers: Vec<String> = records.map(|record| record.number.to_string()).collect();
    match numbers.len() {
        0 => String::new(),
        1 => format!("1 replica: {}", numbers[0]),
        many => format!("{many} replicas: {}", numbers.join(" ")),
    }
}

/// What a group voted for, in one line.
fn vote(records: &[&Replica]) -> Option<String> {
    let content = records.first()?.content.as_ref()?;
    let mut line = String::new();
    for character in of_content(content).chars() {
        if character.is_control() {
            line.extend(character.escape_debug());
        } else {
            line.push(character);
        }
    }
    Some(line)
}

/// The part of a text around that character, and at which column that is.
fn excerpt(text: &str, around: usize) -> (String, usize) {
    let start = around.saturating_sub(BEFORE);
    let mut rest = text.chars().skip(start);
    let shown: String = rest.by_ref().take(SHOWN).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if rest.next().is_some() { "…" } else { "" };
    (format!("{before}{shown}{after}"), around - start + before.chars().count())
}
