//! Links between the pages, to files and to headings.

use super::{Page, pages, repository};

/// The targets of a page's links that lead into this repository.
fn targets(text: &str) -> Vec<&str> {
    let markdown = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let pictures =
        text.split("src=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(target, _)| target);
    markdown.chain(pictures).filter(|target| !target.contains("://") && !target.contains(' ')).collect()
}

/// A heading as GitHub links to it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

fn anchors(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

/// What leads nowhere.
fn broken(page: &Page) -> Vec<String> {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_broken = |target: &&str| {
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let file = if path.is_empty() { page.path.clone() } else { format!("{folder}/{path}") };
        let file = repository().join(file.trim_start_matches('/'));
        if heading.is_empty() {
            return !file.exists();
        }
        std::fs::read_to_string(file).map_or(true, |text| !anchors(&text).contains(&heading.to_owned()))
    };
    targets(&page.text)
        .into_iter()
        .filter(is_broken)
        .map(|target| format!("{}: {target}", page.path))
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let broken: Vec<String> = pages.iter().flat_map(broken).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let count: usize = pages.iter().map(|page| targets(&page.text).len()).sum();
    assert!(count > 60, "{count} links were found");
}

#[test]
fn a_link_to_nothing_is_noticed() {
    let text =
        "# A heading, with `code`\n[a](b.md) [c](#a-heading-with-code) [d](#elsewhere) [e](../Cargo.toml)"
            .to_owned();
    let page = Page { path: "docs/README.md".to_owned(), text };
    // Headings are looked up in the file, and the one that is there has no such heading.
    assert_eq!(
        broken(&page),
        ["docs/README.md: b.md", "docs/README.md: #a-heading-with-code", "docs/README.md: #elsewhere"]
    );
}
