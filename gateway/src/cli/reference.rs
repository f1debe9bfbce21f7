//! `docs/configuration.md`: prose by hand, and between its marks what the types say of themselves.
//!
//! A mark names a part of the schema and some of its members (`<!-- Route: upstream, hosts -->`), or a heading of the command
//! line's help (`<!-- flags: Options -->`); what stands from there to `<!-- end -->` is made here. So the members stand in the order in
//! which they are told, and the test finds each that nobody tells of.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use clap::{Arg, CommandFactory as _};
use serde_json::Value;

use super::Cli;
use crate::config::{Config, schema};

const AGAIN: &str = "make it anew: OUTCALL_WRITE=1 cargo test -p outcall-gateway --lib reference";
const END: &str = "<!-- end -->";

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md")
}

/// The page with all tables made anew, and what they tell of.
fn made_anew(page: &str) -> (String, BTreeSet<String>) {
    let schema: Value = serde_json::from_str(&schema::text()).unwrap();
    let (mut made, mut told) = (String::new(), BTreeSet::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        made += line;
        made += "\n";
        let mark = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let Some((part, names)) = mark.and_then(|mark| mark.split_once(": ")) else { continue };
        let names: Vec<&str> = names.split(", ").collect();
        if part == "flags" {
            made += &flags(&names, &mut told);
        } else {
            made += "\n| member | value | default | meaning |\n|---|---|---|---|\n";
            for name in names {
                made += &member(&schema, part, name);
                assert!(told.insert(format!("{part}.{name}")), "{part}.{name} is told twice");
            }
        }
        made += &format!("\n{END}\n");
        assert!(lines.any(|line| line == END), "{line} has no end");
    }
    (made, told)
}

/// One row.
fn member(schema: &Value, part: &str, name: &str) -> String {
    let of = if part == "Settings" { schema } else { &schema["$defs"][part] };
    let member = &of["properties"][name];
    let said = member["description"].as_str().unwrap_or_else(|| panic!("{part} has no {name}"));
    let mut meaning = match &member["x-bounds"] {
        Value::Array(bounds) => said.strip_suffix(&between(bounds, "From ", " to ", ".")).unwrap().trim_end(),
        _ => said,
    }
    .to_owned();
    for choice in choices(member) {
        if let Some(says) = choice["description"].as_str() {
            meaning += &format!(" `{}`: {}", choice["const"], lowered(says));
        }
    }
    let cells = [format!("`{name}`"), value(member), default(of, name), meaning];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn between(bounds: &[Value], before: &str, middle: &str, after: &str) -> String {
    let [from, to] = bounds else { panic!("{bounds:?}") };
    format!("{before}{}{middle}{}{after}", from.as_str().unwrap(), to.as_str().unwrap())
}

fn choices(member: &Value) -> &[Value] {
    member["oneOf"].as_array().map_or(&[], Vec::as_slice)
}

/// What may be written, with its bounds.
fn value(member: &Value) -> String {
    if let Some(part) = member["$ref"].as_str() {
        return format!("[object]({})", anchor(part));
    }
    if let Some(forms) = member["anyOf"].as_array() {
        let form =
            |form: &Value| if form["const"].is_null() { value(form) } else { format!("`{}`", form["const"]) };
        return forms.iter().map(form).collect::<Vec<_>>().join(" or ");
    }
    if let [first, rest @ .., last] = choices(member) {
        let middle: String = rest.iter().map(|choice| format!(", `{}`", choice["const"])).collect();
        return format!("`{}`{middle} or `{}`", first["const"], last["const"]);
    }
    if let Some(bounds) = member["x-bounds"].as_array() {
        return between(bounds, "duration, ", " to ", "");
    }
    let most = |what: &str, least: &Value, most: &Value| match (least.as_u64(), most.as_u64()) {
        (Some(least), Some(most)) => format!("{what}, {least} to {}", grouped(most)),
        (Some(least), None) => format!("{what}, at least {least}"),
        (None, Some(most)) => format!("{what}, at most {}", grouped(most)),
        (None, None) => what.to_owned(),
    };
    match member["type"].as_str().unwrap_or_else(|| panic!("{member}")) {
        "string" if member["pattern"].as_str().is_some_and(|is| is.starts_with("^http")) => "URL".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "integer" => most("whole number", &member["minimum"], &member["maximum"]),
        "number" => format!("number above 0, up to {}", grouped(member["maximum"].as_f64().unwrap() as u64)),
        "array" => match member["items"]["enum"].as_array() {
            Some(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("array of {}", names.join(", "))
            }
            None => most("array of strings", &member["minItems"], &member["maxItems"]),
        },
        "object" => {
            let each = member["additionalProperties"]["$ref"].as_str();
            let each = each.map_or("strings".to_owned(), |part| format!("[objects]({})", anchor(part)));
            most(&format!("object of {each}"), &Value::Null, &member["maxProperties"])
        }
        kind => kind.to_owned(),
    }
}

/// Where the page tells of a part of the schema.
fn anchor(part: &str) -> &'static str {
    match part.strip_prefix("#/$defs/") {
        Some("Breaker" | "Rate") => "#pressure-on-an-upstream",
        Some("Caller") => "#callers",
        Some("CorsRules") => "#web-pages",
        Some("RespondAsyncRules") => "#answers-that-take-minutes",
        Some("Receipts") => "#receipts",
        Some("Response") => "#what-comes-back",
        Some("Server") => "#server",
        Some("Store") => "#store",
        Some("Tls") => "#the-certificate",
        _ => panic!("{part}: where does the page tell of it?"),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap());
    groups.collect::<Vec<_>>().join(",")
}

/// What a member is when it is left out.
fn default(of: &Value, name: &str) -> String {
    let requires = |form: &Value| {
        let names = form["required"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    if requires(of).iter().any(|needed| needed == name) {
        return "needed".to_owned();
    }
    let forms: Vec<String> = of["oneOf"].as_array().into_iter().flatten().flat_map(requires).collect();
    if forms.iter().any(|form| form == name) {
        let others: Vec<String> =
            forms.iter().filter(|form| *form != name).map(|form| format!("`{form}`")).collect();
        return format!("this, or {}", others.join(" or "));
    }
    let member = &of["properties"][name];
    match (&member["x-default"], &member["default"]) {
        (Value::String(words), _) => words.clone(),
        (_, Value::Null) => String::new(),
        (_, Value::Array(items)) => {
            items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
        }
        (_, default) => format!("`{default}`"),
    }
}

/// In the middle of a sentence; a name stays a name.
fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// The flags of `serve` under these headings of its help, each with its variable of the environment.
fn flags(headings: &[&str], told: &mut BTreeSet<String>) -> String {
    let mut table = "\n| flag | environment | default | meaning |\n|---|---|---|---|\n".to_owned();
    for flag in of_serve().iter().filter(|flag| headings.contains(&heading(flag))) {
        let name = flag.get_long().unwrap();
        let words: Vec<_> =
            flag.get_possible_values().iter().map(|word| word.get_name().to_owned()).collect();
        let takes = match (flag.get_action().takes_values(), &words[..]) {
            (false, _) => String::new(),
            (true, []) => format!(" {}", flag.get_value_names().unwrap()[0]),
            (true, words) => format!(" {}", words.join("|")),
        };
        let variable = flag.get_env().unwrap_or_else(|| panic!("--{name} has no variable")).to_str().unwrap();
        let default = match (flag.get_default_values(), takes.is_empty()) {
            (_, true) => "off".to_owned(),
            ([default], _) => format!("`{}`", default.to_str().unwrap()),
            _ => String::new(),
        };
        let help = flag.get_help().unwrap().to_string().replace('\n', " ");
        let cells = [
            format!("`--{name}{takes}`"),
            format!("`{variable}`"),
            default,
            format!("{}.", help.trim_end_matches('.')),
        ];
        table += &format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
        told.insert(format!("--{name}"));
    }
    table
}

fn of_serve() -> Vec<Arg> {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    serve.get_arguments().filter(|flag| flag.get_long().is_some_and(|name| name != "help")).cloned().collect()
}

fn heading(flag: &Arg) -> &str {
    flag.get_help_heading().unwrap_or("Options")
}

#[test]
fn the_reference_of_the_configuration_is_the_one_of_the_types() {
    let written = fs::read_to_string(page()).unwrap();
    let (made, _) = made_anew(&written);
    if env::var_os("OUTCALL_WRITE").is_some() {
        fs::write(page(), made).unwrap();
        return;
    }
    let other = written.lines().zip(made.lines()).find(|(written, made)| written != made);
    assert!(written == made, "docs/configuration.md is not what the types say; {AGAIN}\n{other:#?}");
}

#[test]
fn the_reference_tells_of_every_member_and_every_flag() {
    let (_, told) = made_anew(&fs::read_to_string(page()).unwrap());
    let schema: Value = serde_json::from_str(&schema::text()).unwrap();
    let parts = schema["$defs"].as_object().unwrap().iter().map(|(part, form)| (part.as_str(), form));
    let members = parts.chain([("Settings", &schema)]).flat_map(|(part, form)| {
        let names = form["properties"].as_object().into_iter().flat_map(|members| members.keys());
        names.map(move |name| format!("{part}.{name}"))
    });
    let flags = of_serve().iter().map(|flag| format!("--{}", flag.get_long().unwrap())).collect::<Vec<_>>();
    let missing: Vec<String> = members.chain(flags).filter(|name| !told.contains(name)).collect();
    assert!(missing.is_empty(), "docs/configuration.md says nothing of {missing:?}: name them in a mark");
}

/// Whatever the page gives as an example can be served.
#[test]
fn every_example_of_the_reference_is_a_good_configuration() {
    let page = fs::read_to_string(page()).unwrap();
    let examples: Vec<&str> =
        page.split("```jsonc\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    let env = |name: &str| Some(format!("the value of {name}"));
    for example in &examples {
        if let Err(error) = Config::parse_with_routes_optional(example, &env) {
            panic!("{example}\n{error}");
        }
    }
    assert!(examples.len() >= 5, "{} examples", examples.len());
}

/// The control: a page that lags behind is another than the one made anew.
#[test]
fn a_member_that_means_something_else_now_is_noticed() {
    let (page, _) = made_anew("# A page\n<!-- Breaker: failures -->\n<!-- end -->\n");
    assert_eq!(
        page,
        "# A page\n<!-- Breaker: failures -->\n\n| member | value | default | meaning |\n|---|---|---|---|\n\
         | `failures` | whole number, 1 to 1,000 | needed | So many calls in a row without a complete answer open it. |\n\n\
         <!-- end -->\n"
    );
    let lagging = page.replace("1,000", "100");
    assert_eq!(made_anew(&lagging).0, page);
    assert_ne!(lagging, page);
}
