//! `docs/troubleshooting.md` has every kind of problem that the gateway tells, every word of a receipt that is not believed,
//! and every reject of an outcall that the harness knows to give.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use outcall_gateway::error::Problem;

use super::{Page, repository};

fn page() -> Page {
    Page::read("docs/troubleshooting.md")
}

/// What does not agree between the page and the code.
fn wrong(page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    for problem in Problem::ALL {
        let facts = problem.facts();
        let rows = page.rows(&format!("`{}` |", facts.kind));
        let expected = [
            format!("`{}`", facts.kind),
            facts.status.as_str().to_owned(),
            facts.executed.as_str().to_owned(),
        ];
        let told = matches!(&rows[..], [row] if row.len() == 5 && row[..3] == expected && row[3..].iter().all(|cell| cell.len() > 3));
        if !told {
            wrong.push(format!("{expected:?} is not one row: {rows:?}"));
        }
    }
    let kinds: BTreeSet<String> =
        Problem::ALL.iter().map(|problem| format!("`{}`", problem.facts().kind)).collect();
    let with_status = page.rows("`").into_iter().filter(|row| row.len() == 5);
    wrong.extend(
        with_status.filter(|row| !kinds.contains(row[0])).map(|row| format!("no such kind: {}", row[0])),
    );
    wrong
}

#[test]
fn every_kind_of_problem_is_told_with_its_status_cause_and_cure() {
    assert_eq!(wrong(&page()), Vec::<String>::new());
}

#[test]
fn a_kind_that_is_missing_or_tells_another_status_is_noticed() {
    let page = page();
    for (from, to) in [
        ("| `draining` | 503 | no |", "| `draining` | 503 | unknown |"),
        ("| `draining` | 503 | no |", "| `draining` | 502 | no |"),
        ("| `draining` |", "| `drained` |"),
    ] {
        let text = page.text.replace(from, to);
        assert_ne!(text, page.text, "{from}");
        assert!(!wrong(&Page { path: String::new(), text }).is_empty(), "{to}");
    }
}

/// The rejects of `reference` and those of the harness: as its code writes them, up to what varies.
const REJECTS: [&str; 27] = [
    "No consensus could be reached. Replicas had different responses.",
    "Canister http request timed out",
    "Timeout expired",
    "Connecting to ",
    "Failed to parse headers: ",
    "Header size exceeds specified response size limit ",
    "Http body exceeds size limit of ",
    "Transformed http response exceeds limit: ",
    "number of all http headers ",
    "total number of bytes to represent all http header names and values and http body ",
    "Url need to specify https scheme",
    "Failed to parse URL: ",
    "url size ",
    "Failed to parse header name ",
    "Failed to parse header value ",
    "max_response_bytes expected to be in the range [0..",
    "The requested HTTP method is only allowed for non-replicated requests",
    "transform principal id expected to be ",
    "Insufficient cycles",
    "Out of cycles: ",
    " cycles are required.",
    "Flexible HTTP request timed out",
    "Too many rejects: ",
    "Responses too large: ",
    "Canister called `ic0.trap` with message: ",
    "Canister exceeded the limit of ",
    "Canister has no ",
];

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            // Long texts are written over two lines.
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_reject_of_an_outcall_has_its_row() {
    let mut harness = String::new();
    sources(&repository().join("harness/src"), &mut harness);
    // Backticks within backticks are Markdown's affair.
    let told = page().text.replace('`', "");
    for reject in REJECTS {
        assert!(harness.contains(reject), "the harness does not say {reject:?}");
        assert!(told.contains(&reject.replace('`', "")), "no row for {reject:?}");
    }
}

#[test]
fn every_word_of_a_receipt_that_is_not_believed_has_its_row() {
    let code = fs::read_to_string(repository().join("canister/src/receipt.rs")).unwrap();
    let words: BTreeSet<&str> = code.split('"').filter(|word| word.starts_with("receipt-")).collect();
    assert!(words.len() >= 10, "{words:?}");
    let page = page();
    for word in words {
        assert_eq!(page.rows(&format!("`{word}` |")).len(), 1, "{word}");
    }
}
