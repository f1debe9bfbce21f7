//! `--report`: a page beside the words.

use super::*;

/// A file that is gone when nobody needs it any more.
pub(super) struct Page(PathBuf);

impl Page {
    pub(super) fn new() -> Self {
        let name = format!("outcall-report-{}-{:016x}.html", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }

    pub(super) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_report_shows_every_replica_of_every_round() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let page = Page::new();
    let args = get(&server.url());
    let ran = Canister::new(ASKER)
        .round(&["--call", "ask", "--args", &args, "--rounds", "2", "--seed", "7", "--report", page.path()])
        .await;
    let html = std::fs::read_to_string(&page.0).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(html.matches("<section id=").count(), 2, "{html}");
    assert_eq!(html.matches("<th scope=\"row\">12").count(), 2, "{html}");
    assert!(html.contains("round 1 of 2: seed 7") && html.contains("ask on 13 nodes"), "{html}");
}

#[tokio::test]
async fn a_report_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let ran = Canister::new(ASKER).round(&["--call", "ask", "--report", "/nowhere/at/all.html"]).await;
    assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
    let expected = "--report: /nowhere/at/all.html: found No such file or directory (os error 2), expected a file that can be \
                    written";
    assert_eq!(ran.error(), expected);
}

#[tokio::test]
async fn a_probe_has_a_page_of_its_own() {
    let server = Server::answering(super::probe::noise).await;
    let page = Page::new();
    let ran = run(&["probe", &server.url(), "--seed", "7", "--skew", "1ms", "--report", page.path()]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let html = std::fs::read_to_string(&page.0).unwrap();
    assert!(html.contains("13 replicas, seed 7, skew up to 1ms."), "{html}");
    assert_eq!(html.matches("<span class=\"vote\">").count(), 13, "{html}");
    for text in [
        "<th scope=\"row\">$.list[0].id</th><td>a random id, new in each answer</td>",
        "<th scope=\"row\">header set-cookie</th><td>a cookie for each caller</td>",
        "fn transform(args: TransformArgs)",
        "&quot;upstream&quot;: &quot;http://127.0.0.1:",
        "<th scope=\"row\">with the route</th>",
    ] {
        assert!(html.contains(text), "{text}\nis missing in\n{html}");
    }
    let ran = run(&["probe", &server.url(), "--report", "/nowhere/at/all.html"]).await;
    assert_eq!((ran.code, &*ran.stdout, server.hits()), (Some(2), "", 13), "refused before anything is sent");
}

#[tokio::test]
async fn where_nothing_is_played_no_page_is_left_and_one_that_is_there_stays() {
    let page = Page::new();
    let probe = ["probe", "http://127.0.0.1:1/", "--method", "POST", "--report", page.path()];
    let canister = Canister::new(ASKER);
    let round = ["--call", "ask", "--args", "nonsense", "--report", page.path()];
    assert_eq!((run(&probe).await.code, canister.round(&round).await.code), (Some(2), Some(2)));
    assert!(!page.0.exists());
    std::fs::write(&page.0, "older").unwrap();
    assert_eq!(canister.round(&round).await.code, Some(2));
    assert_eq!(std::fs::read_to_string(&page.0).unwrap(), "older");
}
