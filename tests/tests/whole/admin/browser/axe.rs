//! The page before axe-core, the accessibility checker that browsers' tools are made of; `.ci/long` has it from npm.

use super::*;

/// Every rule that it has; what is wrong, and what it cannot judge, with the place.
const RUN: &str = r#"axe.run(document, {resultTypes: ["violations", "incomplete"]}).then((found) => ({
  wrong: [...found.violations, ...found.incomplete].map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120)).join(" ")}`),
  right: found.passes.length,
}))"#;

/// A page with the checker in it.
async fn examined(house: &House) -> Browser {
    let file = std::env::var("AXE");
    let file = file.unwrap_or_else(|error| panic!("AXE names axe.min.js, as .ci/long does: {error}"));
    let axe = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut browser = Browser::open(&format!("http://{}/", house.admin)).await;
    browser.eval("document.getElementById('pause').click()").await;
    browser.eval(&format!("{axe}; null")).await;
    browser
}

#[tokio::test]
#[ignore = "opens Chromium and reads axe-core, which .ci/long installs"]
async fn axe_core_finds_nothing_on_the_page() {
    let house = busy().await;
    let mut browser = examined(&house).await;
    for (width, scheme) in [(360, "light"), (360, "dark"), (1_280, "dark"), (1_280, "light")] {
        browser.looks(width, scheme).await;
        let found = browser.eval(RUN).await;
        assert_eq!(found["wrong"], json!([]), "{width} {scheme}");
        assert!(found["right"].as_u64().unwrap() > 30, "{found}");
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// The control: it does find what is wrong.
#[tokio::test]
#[ignore = "opens Chromium and reads axe-core, which .ci/long installs"]
async fn axe_core_finds_what_is_wrong() {
    let house = busy().await;
    let mut browser = examined(&house).await;
    for (broken, told) in [
        ("document.documentElement.removeAttribute('lang')", "html-has-lang"),
        ("document.querySelector('svg').removeAttribute('aria-label')", "svg-img-alt"),
        (
            "document.querySelector('.told').style.color = getComputedStyle(document.querySelector('figure')).backgroundColor",
            "color-contrast",
        ),
        ("document.querySelector('.scroll').setAttribute('aria-labelledby', 'routes')", "landmark-unique"),
    ] {
        browser.eval(broken).await;
        let found = browser.eval(RUN).await;
        assert!(found["wrong"].to_string().contains(told), "{told}: {found}");
    }
}
