//! What a page shows of a command's output, against what it said: the same but for what is another one each time.

use serde_json::Value;

/// Lines in which what differs from run to run has been made the same.
///
/// # Panics
/// When they differ. A line `…` stands for any lines, and `…` at the end of one for its rest. Nothing shown, nothing compared.
pub(super) fn compare(what: &str, shown: &[String], said: &str) {
    if shown.is_empty() {
        return;
    }
    let shown: Vec<String> = shown.iter().map(|line| shape(line)).collect();
    let said_lines: Vec<String> = said.lines().map(shape).collect();
    assert!(fits(&shown, &said_lines), "{what}\nshown: {shown:#?}\nsaid: {said_lines:#?}");
}

fn fits(shown: &[String], said: &[String]) -> bool {
    match (shown, said) {
        ([], rest) => rest.iter().all(String::is_empty),
        ([any, after @ ..], said) if any == "…" => {
            (0..=said.len()).any(|skipped| fits(after, &said[skipped..]))
        }
        ([line, after @ ..], [first, rest @ ..]) => {
            let same = line.strip_suffix('…').map_or(line == first, |start| first.starts_with(start));
            same && fits(after, rest)
        }
        (_, []) => false,
    }
}

fn shape(line: &str) -> String {
    // Columns are as wide as what stands in them.
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match serde_json::from_str::<Value>(&line) {
        // The demo's service has no order of members either.
        Ok(Value::Object(members)) => {
            let mut members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}={}", value_shape(value))).collect();
            members.sort_unstable();
            members.join(" ")
        }
        // Where the pages have all addresses, and `localhost` for them, the tests have a port of loopback.
        _ => text_shape(
            &line
                .replace("http://[::]:8080 (all addresses)", "http://127.0.0.1:8080")
                .replace("http://localhost:8080", "http://127.0.0.1:8080"),
        ),
    }
}

fn value_shape(value: &Value) -> String {
    match value {
        Value::String(text) => text_shape(text),
        other => text_shape(&other.to_string()),
    }
}

/// Ids, digests and keys become `X`, numbers `N`.
fn text_shape(text: &str) -> String {
    let is_inner = |letter: char| letter.is_ascii_alphanumeric() || "+/=_-".contains(letter);
    let mut shape = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(['\n']) {
        if is_inner(letter) {
            word.push(letter);
            continue;
        }
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        // A path is no id, however long it is.
        let is_id = (word.len() >= 32 || word.len() >= 16 && digits > 0) && !word.starts_with('/');
        if is_id {
            shape.push('X');
        } else {
            shape.push_str(&numbers(&word));
        }
        word.clear();
        shape.push(letter);
    }
    shape.trim_end().to_owned()
}

fn numbers(word: &str) -> String {
    let mut shape = String::new();
    for letter in word.chars() {
        match letter {
            '0'..='9' if shape.ends_with('N') => {}
            '0'..='9' => shape.push('N'),
            _ => shape.push(letter),
        }
    }
    shape
}

#[test]
fn an_output_fits_when_only_what_always_differs_differs() {
    let fits = |shown: &str, said: &str| {
        let shown: Vec<String> = shown.lines().map(str::to_owned).collect();
        std::panic::catch_unwind(|| compare("", &shown, said)).is_ok()
    };
    assert!(fits(r#"{"a":1,"id":"0d10d37bbd3b0a44"}"#, r#"{"id":"1f10d37bbd3b0a45","a":22}"#));
    assert!(fits("a\n…\nz", "a\nb\nc\nz\n") && fits("port 1…", "port 2 and more") && fits("", "anything"));
    for (shown, said) in [
        (r#"{"a":1}"#, r#"{"b":1}"#),
        (r#"{"executed":"no"}"#, r#"{"executed":"yes"}"#),
        ("a\nb", "a"),
        ("a", "a\nb"),
        ("a\n…\nz", "a\nb"),
        ("HTTP/1.1 200 OK", "HTTP/1.1 200"),
    ] {
        assert!(!fits(shown, said), "{shown:?} and {said:?}");
    }
}
