//! "Did you mean": the nearest of some names.

/// The expectation where one of `known` was meant: the list, and the near miss if there is one.
pub(super) fn one_of(name: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(name, known) {
        Some(near) => format!("one of {list}; did you mean {near:?}?"),
        None => format!("one of {list}"),
    }
}

/// The values that a member may have: `"require" or "derive"`.
pub(super) fn alternatives(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// The known name that `name` most resembles, if it is no further than two strokes and a third of its length away.
/// Case and the kind of separator do not count: `errorTtl` and `error-ttl` mean `error_ttl`.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    const NAME_BYTES_MAX: usize = 64;
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = folded(name);
    let measured = known.iter().map(|&candidate| (distance(&name, &folded(candidate)), candidate));
    let (strokes, candidate) = measured.min_by_key(|(strokes, _)| *strokes)?;
    (strokes <= 2 && strokes * 3 <= candidate.len()).then_some(candidate)
}

fn folded(name: &str) -> Vec<char> {
    name.chars().filter(|character| !matches!(character, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one to the other.
fn distance(from: &[char], to: &[char]) -> usize {
    // Three rows of the usual table; a row holds the distances from a prefix of `from` to every prefix of `to`.
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, &have) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &want) in to.iter().enumerate() {
            let replace = last[j] + usize::from(have != want);
            let mut best = replace.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && have == to[j - 1] && from[i - 1] == want {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}
