//! A strict reader of Prometheus' text format, and of its conventions for names and units: it knows nothing of the writer.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>, <https://prometheus.io/docs/practices/naming/>

use std::collections::{BTreeMap, BTreeSet};

/// A family of samples.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) kind: String,
    pub(super) help: String,
    /// Name and labels of each sample, and its value.
    pub(super) samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

/// Families by name.
pub(super) type Families = BTreeMap<String, Family>;

/// Reads all of it, or says what is wrong.
pub(super) fn read(text: &str) -> Result<Families, String> {
    if !text.ends_with('\n') {
        return Err("the last line has no end".to_owned());
    }
    let mut families = Families::new();
    let mut current: Option<String> = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or_else(|| format!("{line}: no help"))?;
            let kind = lines
                .next()
                .and_then(|line| line.strip_prefix("# TYPE "))
                .and_then(|rest| rest.split_once(' '));
            let Some((typed, kind)) = kind else { return Err(format!("{name}: HELP without TYPE")) };
            if typed != name {
                return Err(format!("{name}: the type of {typed}"));
            }
            let family = Family { kind: kind.to_owned(), help: help.to_owned(), samples: Vec::new() };
            if families.insert(name.to_owned(), family).is_some() {
                return Err(format!("{name}: twice"));
            }
            current = Some(name.to_owned());
            continue;
        }
        let name = current.clone().ok_or_else(|| format!("{line}: a sample of no family"))?;
        let family = families.get_mut(&name).ok_or("no family")?;
        let sample = sample(line).ok_or_else(|| format!("{line}: no sample"))?;
        let parts: &[&str] = if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        if !parts.iter().any(|part| sample.0 == format!("{name}{part}")) {
            return Err(format!("{line}: a sample of another family than {name}"));
        }
        if family.samples.iter().any(|other| (&other.0, &other.1) == (&sample.0, &sample.1)) {
            return Err(format!("{line}: twice"));
        }
        family.samples.push(sample);
    }
    families.iter().try_for_each(|(name, family)| judge(name, family))?;
    Ok(families)
}

fn judge(name: &str, family: &Family) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{name}: {what}"));
    let kinds = ["counter", "gauge", "histogram"];
    if !kinds.contains(&family.kind.as_str()) {
        return wrong("no such type");
    }
    if !name.starts_with("outcall_") && !name.starts_with("process_") {
        return wrong("no prefix");
    }
    if (family.kind == "counter") != name.ends_with("_total") {
        return wrong("a counter, and only a counter, ends in _total");
    }
    for unit in
        ["_ms", "_millis", "_milliseconds", "_micros", "_minutes", "_kb", "_kilobytes", "_mb", "_percent"]
    {
        if name.contains(unit) {
            return wrong("no base unit");
        }
    }
    if name.contains("duration") && !name.ends_with("_seconds") {
        return wrong("a duration has seconds");
    }
    let is_sentence = family.help.ends_with('.')
        && family.help.starts_with(|first: char| first.is_ascii_uppercase() || first.is_ascii_digit());
    if !is_sentence {
        return wrong("its help is no sentence");
    }
    if family.samples.iter().any(|(.., value)| !(value.is_finite() && *value >= 0.0)) {
        return wrong("a value below zero, or none");
    }
    if family.kind == "histogram" { histogram(family).or_else(|what| wrong(&what)) } else { Ok(()) }
}

fn histogram(family: &Family) -> Result<(), String> {
    let without_le = |labels: &BTreeMap<String, String>| {
        labels
            .iter()
            .filter(|(name, _)| *name != "le")
            .map(|it| (it.0.clone(), it.1.clone()))
            .collect::<BTreeMap<_, _>>()
    };
    let of = |part: &str, series: &BTreeMap<String, String>| -> Vec<(Option<f64>, f64)> {
        let samples = family
            .samples
            .iter()
            .filter(|(name, labels, _)| name.ends_with(part) && without_le(labels) == *series);
        samples
            .map(|(_, labels, value)| {
                (labels.get("le").map(|le| le.replace("+Inf", "inf").parse().unwrap_or(f64::NAN)), *value)
            })
            .collect()
    };
    let series: BTreeSet<BTreeMap<String, String>> =
        family.samples.iter().map(|(_, labels, _)| without_le(labels)).collect();
    for labels in series {
        let (buckets, sum, count) = (of("_bucket", &labels), of("_sum", &labels), of("_count", &labels));
        let rises = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let last = buckets.last().copied().unwrap_or_default();
        if !rises
            || last.0 != Some(f64::INFINITY)
            || sum.len() != 1
            || count.len() != 1
            || count[0].1 != last.1
        {
            return Err(format!("no histogram: {labels:?}: {buckets:?} {sum:?} {count:?}"));
        }
    }
    Ok(())
}

fn sample(line: &str) -> Option<(String, BTreeMap<String, String>, f64)> {
    let (named, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let (name, labels) = match named.split_once('{') {
        Some((name, rest)) => (name, labels(rest.strip_suffix('}')?)?),
        None => (named, BTreeMap::new()),
    };
    is_name(name).then(|| (name.to_owned(), labels, value))
}

fn labels(text: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    it @ ('\\' | '"') => it,
                    _ => return None,
                }),
                (_, it) => value.push(it),
            }
        };
        if !is_name(name) || name.starts_with("__") || labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        rest = &after[end + 1..];
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').filter(|rest| !rest.is_empty())?;
        }
    }
    Some(labels)
}

fn is_name(name: &str) -> bool {
    let first = name.starts_with(|first: char| first.is_ascii_lowercase());
    first && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The control: what is wrong is found.
#[test]
fn what_is_no_text_format_is_told_so() {
    let good = "# HELP outcall_a_total Things.\n# TYPE outcall_a_total counter\noutcall_a_total{route=\"/a\\\"b\"} 1\n";
    assert_eq!(read(good).unwrap()["outcall_a_total"].samples[0].1["route"], "/a\"b");
    for (from, to) in [
        ("counter", "gauge"),
        ("counter", "thing"),
        ("_total", ""),
        ("outcall_a", "a"),
        ("outcall_a", "outcall_a_ms"),
        ("outcall_a", "outcall_duration"),
        ("Things.", "things"),
        ("\"} 1", "} 1"),
        ("\"} 1", "\",} 1"),
        ("\"} 1", "\"} -1"),
        ("\"} 1", "\"} NaN"),
        ("\\\"", "\\x"),
        (" 1\n", " 1"),
        (" 1\n", " 1\noutcall_a_total{route=\"/a\\\"b\"} 1\n"),
        (" 1\n", " 1\noutcall_b_total 1\n"),
        ("# TYPE outcall_a_total counter\n", ""),
        ("# TYPE outcall_a_total", "# TYPE outcall_b_total"),
    ] {
        assert!(read(&good.replacen(from, to, 9)).is_err(), "{from:?} became {to:?}");
    }
    let family = "# HELP outcall_t_seconds Times.\n# TYPE outcall_t_seconds histogram\n";
    let samples = "outcall_t_seconds_bucket{le=\"0.1\"} 1\noutcall_t_seconds_bucket{le=\"+Inf\"} 2\noutcall_t_seconds_sum 3\noutcall_t_seconds_count 2\n";
    assert!(read(&format!("{family}{samples}")).is_ok());
    for (from, to) in
        [("} 1", "} 3"), ("0.1", "+Inf"), ("+Inf", "9"), ("_count 2", "_count 1"), ("_sum 3\n", "_count 2\n")]
    {
        assert!(
            read(&format!("{family}{}", samples.replacen(from, to, 1))).is_err(),
            "{from:?} became {to:?}"
        );
    }
}
