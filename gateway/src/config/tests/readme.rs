//! The README's tables of members are the schema's: every name, and every default.

use std::collections::BTreeMap;

use serde_json::Value;

use super::schema::schema;

const README: &str = include_str!("../../../../README.md");

/// The rows of the table whose head starts so: first cell, second cell, without quotes of either kind.
fn table(head: &str) -> BTreeMap<String, String> {
    let rows =
        README.lines().skip_while(|line| !line.starts_with(head)).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let mut cells = row.split('|').skip(1).map(|cell| cell.trim().replace(['`', '"'], ""));
        Some((cells.next()?, cells.next()?))
    };
    rows.skip(2).filter_map(cells).collect()
}

/// The members of a part of the schema, each with its default as the README writes it; nothing, where it must be written.
fn members(part: &str, prefix: &str) -> BTreeMap<String, String> {
    let properties = schema()["$defs"][part]["properties"].as_object().unwrap();
    let written = |member: &Value| match (&member["default"], &member["x-default"]) {
        (_, Value::String(words)) => words.clone(),
        (Value::String(text), _) => text.clone(),
        (Value::Array(items), _) => {
            items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(", ")
        }
        (Value::Number(number), _) if number.as_u64() == Some(1 << 30) => "1 GiB".to_owned(),
        (Value::Null, _) => String::new(),
        (default, _) => default.to_string(),
    };
    properties.iter().map(|(name, member)| (format!("{prefix}{name}"), written(member))).collect()
}

#[test]
fn the_readme_knows_every_member_of_a_route_and_its_default() {
    let mut expected = members("Route", "");
    expected.remove("response");
    expected.extend(members("Response", "response."));
    // Beside each other, in one row each.
    assert_eq!(table("| member of a route |"), expected);
}

#[test]
fn the_readme_knows_every_setting_and_its_default() {
    let mut expected = members("Server", "server.");
    expected.extend(members("Store", "store."));
    expected.extend([("callers".to_owned(), "none".to_owned()), ("receipts".to_owned(), "off".to_owned())]);
    // Told in the row of the limit that they belong to.
    for beside in ["server.connections_per_address", "server.trusted_proxies"] {
        assert!(README.contains(&format!("`{beside}`")), "{beside}");
        expected.remove(beside);
    }
    assert_eq!(table("| setting |"), expected);
}

#[test]
fn the_readme_knows_every_member_of_what_stands_in_one_row() {
    for part in ["Rate", "Breaker", "RespondAsyncRules", "CorsRules", "Tls", "Receipts", "Caller"] {
        for name in members(part, "").into_keys() {
            assert!(README.contains(&format!("\"{name}\"")), "{part}: {name}");
        }
    }
}
