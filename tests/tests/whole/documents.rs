//! The documentation: its commands run, its links lead somewhere, its figures and tables are those of the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

mod choosing;
pub(crate) mod commands;
mod links;
mod output;
mod troubleshooting;

/// A page, by its path in the repository.
struct Page {
    path: String,
    text: String,
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Page {
    fn read(path: &str) -> Self {
        let text =
            fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), text }
    }

    /// The cells of the table rows whose first cell begins with this.
    fn rows(&self, first: &str) -> Vec<Vec<&str>> {
        let rows = self.text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
        rows.filter(|row| row.starts_with(first))
            .map(|row| row.split(" | ").map(str::trim).collect())
            .collect()
    }
}

/// All of them.
fn pages() -> Vec<Page> {
    let mut paths: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"]
            .map(str::to_owned)
            .to_vec();
    paths.push("canister/README.md".to_owned());
    for entry in fs::read_dir(repository().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            paths.push(format!("docs/{name}"));
        }
    }
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

#[test]
fn every_page_is_in_the_index() {
    let index = Page::read("docs/README.md");
    for page in pages().iter().filter_map(|page| page.path.strip_prefix("docs/")) {
        assert!(
            page == "README.md" || index.text.contains(&format!("]({page})")),
            "{page} is not in the index"
        );
    }
}

/// Drawn by hand, for light and dark, for those who see and those who don't; each is on a page, with its words.
#[test]
fn every_picture_is_shown_and_told() {
    let pages = pages();
    let folder = repository().join("docs/pictures");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let picture = fs::read_to_string(repository().join("docs/pictures").join(&name)).unwrap();
        for part in ["<title id=\"t\">", "<desc id=\"d\">", "role=\"img\"", "(prefers-color-scheme: dark)"] {
            assert!(picture.contains(part), "{name} has no {part}");
        }
        assert!(!picture.contains("href=") && !picture.contains("url(http"), "{name} loads something");
        let shown = format!("<img src=\"pictures/{name}\" alt=\"");
        assert!(pages.iter().any(|page| page.text.contains(&shown)), "nobody shows {name}");
        count += 1;
    }
    assert!(count >= 3, "{count} pictures");
}

/// The probe names the proxy by its header; what the page warns of is what it knows.
#[test]
fn every_header_that_the_page_warns_of_is_one_that_the_probe_knows() {
    let page = Page::read("docs/deploy-fly.md");
    let known = fs::read_to_string(repository().join("harness/src/finding/cause/header.rs")).unwrap();
    let (_, table) = page.text.split_once("| in front | adds per request | so |\n").unwrap();
    let rows =
        table.lines().take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(2));
    let headers: Vec<&str> = rows.flat_map(|adds| adds.split('`').skip(1).step_by(2)).collect();
    assert!(headers.len() > 30, "{headers:?}");
    let is_unknown = |header: &&&str| !header.contains('*') && !known.contains(&format!("\"{header}\""));
    let unknown: Vec<_> = headers.iter().filter(is_unknown).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Code on a page is read and not compiled; what it calls is at least there.
#[test]
fn every_method_of_a_request_on_the_pages_is_one_that_is_called_somewhere() {
    let mut code = String::new();
    for file in [
        "canister/src/outcall.rs",
        "canister/src/receipt.rs",
        "tests/foreign/src/poll.rs",
        "tests/guide/src/lib.rs",
    ] {
        code.push_str(&fs::read_to_string(repository().join(file)).unwrap());
    }
    for page in pages() {
        for method in
            page.text.split(['.', '`']).filter_map(|rest| rest.split_once('(')).map(|(method, _)| method)
        {
            let is_one = method.starts_with("with_") || method == "non_replicated";
            assert!(!is_one || code.contains(&format!(".{method}(")), "{}: .{method}()", page.path);
        }
    }
}
