//! The rules as a transform: as text that a canister compiles, and as what that text does.

use std::fmt::Write as _;

use super::rules::Rules;
use crate::{
    finding::{Edit, Pattern, pattern::Part},
    outcall::{Request, Response},
};

/// Beyond this a list is written one entry a line.
const LINE_CHARACTERS: usize = 100;
/// Where a URL is named, it is cut behind so many characters: the comment is there to be read.
const URL_CHARACTERS: usize = 70;

/// What the printed transform makes of a response.
pub(super) fn apply(rules: &Rules, response: &Response) -> Response {
    let kept = response.headers.iter().filter(|(name, _)| rules.keep_headers.contains(name));
    let tidied = if rules.canonical { rules.tidied(&response.body) } else { None };
    let body = tidied.map_or_else(|| response.body.clone(), String::into_bytes);
    Response { status: response.status, headers: kept.cloned().collect(), body }
}

/// The transform, ready to be compiled.
pub(super) fn text(rules: &Rules, request: &Request) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_all(&mut text, rules, request);
    text
}

fn write_all(out: &mut String, rules: &Rules, request: &Request) -> std::fmt::Result {
    let comma = if rules.canonical { "," } else { "" };
    let crates = r#"candid = "0.10", ic-cdk = "0.20", ic-cdk-management-canister = "0.3""#;
    writeln!(out, "// Cargo.toml: {crates}{comma}")?;
    if rules.canonical {
        writeln!(out, r#"//             serde_json = {{ version = "1", features = ["raw_value"] }}"#)?;
    }
    if rules.canonical {
        writeln!(out, "use std::collections::BTreeMap;\n")?;
    }
    writeln!(out, "use ic_cdk_management_canister::{{HttpRequestResult, TransformArgs}};")?;
    if rules.canonical {
        writeln!(out, "use serde_json::{{Value, value::RawValue}};")?;
    }
    writeln!(out)?;
    let list = Lists::of(rules);
    write_list(out, "What is left out; `[*]` is every element.", "DROPPED", "&[&str]", &list.dropped)?;
    write_list(out, "Arrays in no fixed order.", "SORTED", "&[&str]", &list.sorted)?;
    write_list(
        out,
        "Numbers that are rounded, and to how many decimals.",
        "ROUNDED",
        "(&[&str], i32)",
        &list.rounded,
    )?;
    writeln!(out, "/// Makes the answers of `{}` alike.", named(request))?;
    writeln!(out, "#[ic_cdk::query(hidden = true)]")?;
    writeln!(out, "fn transform(args: TransformArgs) -> HttpRequestResult {{")?;
    writeln!(out, "    let mut response = args.response;")?;
    match rules.keep_headers.as_slice() {
        [] => writeln!(out, "    response.headers.clear();")?,
        names => {
            let is_one =
                names.iter().map(|name| format!("header.name == {name:?}")).collect::<Vec<_>>().join(" || ");
            writeln!(out, "    response.headers.retain(|header| {is_one});")?;
        }
    }
    if rules.canonical {
        let path = if list.is_empty() { "" } else { ", &mut Vec::new()" };
        writeln!(out, "    if let Ok(json) = serde_json::from_slice(&response.body) {{")?;
        writeln!(out, "        response.body = tidied(json{path}).into_bytes();\n    }}")?;
    }
    writeln!(out, "    response\n}}")?;
    match (rules.canonical, list.is_empty()) {
        (false, _) => Ok(()),
        (true, true) => out.write_str(RESPELLED),
        (true, false) => write_edited(out, &list),
    }
}

/// The function that writes JSON in one spelling.
const RESPELLED: &str = r#"
/// JSON in one spelling: members in the order of their names, every number with the digits that it came with.
fn tidied(json: &RawValue) -> String {
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json.get()) {
        let member = |(name, value)| format!("{}:{}", Value::from(name), tidied(value));
        return format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","));
    }
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json.get()) {
        return format!("[{}]", elements.into_iter().map(tidied).collect::<Vec<_>>().join(","));
    }
    match serde_json::from_str::<String>(json.get()) {
        Ok(text) => Value::from(text).to_string(),
        Err(_) => json.get().to_owned(),
    }
}
"#;

/// The same function where something is done on the way, with no more in it than the rules need.
fn write_edited(out: &mut String, list: &Lists) -> std::fmt::Result {
    let drops = !list.dropped.is_empty();
    let is_dropped = |kept: &str| match drops {
        true => format!("if !is_in(DROPPED, path) {{\n                {kept}\n            }}"),
        false => kept.to_owned(),
    };
    let member = is_dropped("kept.push(format!(\"{}:{}\", Value::from(name), tidied(value, path)));");
    let element = match drops {
        true => "kept.push(if is_in(DROPPED, path) { \"null\".to_owned() } else { tidied(value, path) });",
        false => "kept.push(tidied(value, path));",
    };
    let sort = match list.sorted.is_empty() {
        true => "",
        false => "\n        if is_in(SORTED, path) {\n            kept.sort();\n        }",
    };
    let round = match list.rounded.is_empty() {
        true => "",
        false => {
            "\n    let rounded = ROUNDED.iter().find(|(place, _)| is_in(&[*place], path));\n    \
             if let (Some((_, decimals)), Ok(number)) = (rounded, json.get().parse::<f64>()) {\n        \
             let scale = 10_f64.powi(*decimals);\n        \
             return ((number * scale).round() / scale + 0.0).to_string();\n    }"
        }
    };
    write!(
        out,
        r#"
/// JSON in one spelling: members in the order of their names, every number with the digits that it came with.
fn tidied(json: &RawValue, path: &mut Vec<String>) -> String {{
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json.get()) {{
        let mut kept = Vec::new();
        for (name, value) in members {{
            path.push(format!(".{{name}}"));
            {member}
            path.pop();
        }}
        return format!("{{{{{{}}}}}}", kept.join(","));
    }}
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json.get()) {{
        let mut kept = Vec::new();
        for (index, value) in elements.into_iter().enumerate() {{
            path.push(format!("[{{index}}]"));
            {element}
            path.pop();
        }}{sort}
        return format!("[{{}}]", kept.join(","));
    }}{round}
    match serde_json::from_str::<String>(json.get()) {{
        Ok(text) => Value::from(text).to_string(),
        Err(_) => json.get().to_owned(),
    }}
}}
"#
    )?;
    out.write_str(
        r#"
fn is_in(places: &[&[&str]], path: &[String]) -> bool {
    places.iter().any(|place| {
        let same = |(step, at): (&&str, &String)| step == at || *step == "[*]" && at.starts_with('[');
        place.len() == path.len() && place.iter().zip(path).all(same)
    })
}
"#,
    )
}

/// The places of each edit, as Rust writes them.
struct Lists {
    dropped: Vec<String>,
    sorted: Vec<String>,
    rounded: Vec<String>,
}

impl Lists {
    fn of(rules: &Rules) -> Self {
        let all = |wanted: Edit| rules.places(wanted).into_iter().map(spelled).collect();
        let rounded = rules.edits.iter().filter_map(|(pattern, edit)| match edit {
            Edit::Round(decimals) => Some(format!("({}, {decimals})", spelled(pattern))),
            Edit::Drop | Edit::Sort => None,
        });
        Self { dropped: all(Edit::Drop), sorted: all(Edit::Sort), rounded: rounded.collect() }
    }

    fn is_empty(&self) -> bool {
        self.dropped.is_empty() && self.sorted.is_empty() && self.rounded.is_empty()
    }
}

/// Members begin with a dot and elements with a bracket, so that no name can be taken for the other.
fn spelled(pattern: &Pattern) -> String {
    let steps = pattern.parts().iter().map(|part| match part {
        Part::Member(name) => format!("{:?}", format!(".{name}")),
        Part::Element(index) => format!("\"[{index}]\""),
        Part::Each => "\"[*]\"".to_owned(),
    });
    format!("&[{}]", steps.collect::<Vec<_>>().join(", "))
}

fn write_list(out: &mut String, about: &str, name: &str, kind: &str, places: &[String]) -> std::fmt::Result {
    if places.is_empty() {
        return Ok(());
    }
    let one_line = format!("const {name}: &[{kind}] = &[{}];", places.join(", "));
    writeln!(out, "/// {about}")?;
    if one_line.chars().count() <= LINE_CHARACTERS {
        return writeln!(out, "{one_line}\n");
    }
    writeln!(out, "const {name}: &[{kind}] = &[")?;
    places.iter().try_for_each(|place| writeln!(out, "    {place},"))?;
    writeln!(out, "];\n")
}

/// The request in a comment. A query may be a secret, and long.
pub(super) fn named(request: &Request) -> String {
    let url = match request.url.split_once('?') {
        Some((url, _)) => format!("{url}?…"),
        None => request.url.clone(),
    };
    let shown: String =
        url.chars().filter(|character| !character.is_control()).take(URL_CHARACTERS).collect();
    let more = if shown.len() < url.len() { "…" } else { "" };
    format!("{} {shown}{more}", request.method)
}
