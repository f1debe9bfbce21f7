//! The pages in a browser, headless Chromium: each opens, shows its verdict, loads nothing, complains of nothing and is
//! as wide as its window, in light and in dark, on a desk and on a phone.
//!
//! A page runs no script, so it is measured from outside: it stands in two frames of a page of the test's own, which
//! writes down what it sees.

use serde_json::Value;

use super::{ASKER, Canister, PathBuf, Server, Stdio, get, report::Page, run};

/// The widths of the two frames, in pixels.
const WIDTHS: [u64; 2] = [360, 1_200];

/// Writes down what stands in both frames. What has a meaning in HTML is spelled out, so that the browser prints it as it
/// is.
const MEASURING: &str = r#"<!doctype html><meta charset="utf-8"><pre id="seen"></pre>
<iframe width="WIDTH_0" height="800" srcdoc="PAGE"></iframe><iframe width="WIDTH_1" height="800" srcdoc="PAGE"></iframe>
<script>
addEventListener("load", () => {
  const seen = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument;
    return {
      title: page.title,
      text: page.body.innerText,
      paper: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
      width: page.documentElement.clientWidth,
      needed: page.documentElement.scrollWidth,
      loaded: frame.contentWindow.performance.getEntriesByType("resource").length,
      headless: [...page.querySelectorAll("th")].filter((head) => !head.scope).length,
      nameless: [...page.querySelectorAll("[role=img]")].filter((it) => !it.ariaLabel).length,
    };
  });
  const plain = JSON.stringify(seen).replace(/[^ -~]|[<>&]/g, (it) => "\\u" + it.charCodeAt(0).toString(16).padStart(4, "0"));
  document.getElementById("seen").textContent = plain;
});
</script>"#;

/// What the browser saw of a page, or why it is not as it should be.
struct Seen {
    text: String,
    paper: String,
}

async fn look(html: &str, dark: bool) -> Result<Seen, String> {
    // By itself, as a reader opens it.
    let (_, complaints) = browse(html, dark).await;
    if !complaints.is_empty() {
        return Err(format!("the console says: {complaints}"));
    }
    let quoted = html.replace('&', "&amp;").replace('"', "&quot;");
    let measuring = WIDTHS.iter().enumerate().fold(MEASURING.to_owned(), |page, (number, width)| {
        page.replace(&format!("WIDTH_{number}"), &(width + 4).to_string())
    });
    let (dom, complaints) = browse(&measuring.replace("PAGE", &quoted), dark).await;
    if !complaints.is_empty() {
        return Err(format!("the console says: {complaints}"));
    }
    let (_, seen) = dom.split_once("<pre id=\"seen\">").ok_or("the browser shows nothing")?;
    let (seen, _) = seen.split_once("</pre>").ok_or("the browser shows half of it")?;
    let seen: Value = serde_json::from_str(seen).map_err(|error| format!("{error}: {seen:?}"))?;
    for (frame, width) in seen.as_array().ok_or("no frames")?.iter().zip(WIDTHS) {
        let of = |name: &str| frame[name].as_u64().ok_or_else(|| format!("no {name}: {frame}"));
        // A bar at the side takes some of it.
        let (found, needed) = (of("width")?, of("needed")?);
        if found > width + 4 || needed > found {
            return Err(format!("of {width} pixels it has {found} and needs {needed}"));
        }
        for (name, wrong) in [
            ("loaded", "loads something"),
            ("headless", "has heads of nothing"),
            ("nameless", "has pictures without words"),
        ] {
            if of(name)? > 0 {
                return Err(format!("it {wrong}: {frame}"));
            }
        }
    }
    let told = |name: &str| seen[0][name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name}"));
    Ok(Seen { text: told("text")?, paper: told("paper")? })
}

/// What the browser makes of a page, and what it says on the console.
async fn browse(html: &str, dark: bool) -> (String, String) {
    let (page, profile) = (Page::new(), tempdir());
    std::fs::write(page.path(), html).unwrap();
    let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let scheme = format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 });
    let output = tokio::process::Command::new(&browser)
        // As root there is no sandbox to be had, and the pages are the test's own.
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .args(["--enable-logging=stderr", "--window-size=1600,1200", "--dump-dom", &scheme])
        .arg(format!("--user-data-dir={}", profile.0.display()))
        .arg(format!("file://{}", page.path()))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{browser}: {error}"));
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let complaints: Vec<&str> = said.lines().filter(|line| line.contains(":CONSOLE:")).collect();
    (String::from_utf8_lossy(&output.stdout).into_owned(), complaints.join("\n"))
}

/// A folder that is gone when nobody needs it any more.
struct Folder(PathBuf);

fn tempdir() -> Folder {
    let name = format!("outcall-browser-{}-{:016x}", std::process::id(), fastrand::u64(..));
    Folder(std::env::temp_dir().join(name))
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// In light and in dark, and not the same in both.
async fn shows(html: &str, words: &[&str]) {
    let mut papers = Vec::new();
    for dark in [false, true] {
        let seen = look(html, dark).await.unwrap_or_else(|wrong| panic!("dark: {dark}: {wrong}"));
        for word in words {
            assert!(seen.text.contains(word), "{word:?} is not to be seen in\n{}", seen.text);
        }
        papers.push(seen.paper);
    }
    assert_ne!(papers[0], papers[1], "light and dark are one");
}

/// The page that a command writes.
async fn page_of(arguments: &[&str]) -> String {
    let page = Page::new();
    let ran = run(&[arguments, &["--report", page.path()]].concat()).await;
    std::fs::read_to_string(page.path()).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

async fn round_of(rule: impl Fn(usize) -> String + Send + Sync + 'static) -> String {
    let (server, canister) = (Server::answering(rule).await, Canister::new(ASKER));
    let args = get(&server.url());
    page_of(&["round", "--wasm", canister.path(), "--call", "ask", "--args", &args, "--rounds", "2"]).await
}

#[tokio::test]
#[ignore = "opens Chromium, which .ci/long installs"]
async fn the_page_of_a_round_shows_an_agreement_and_a_divergence() {
    let agreed = round_of(|_| "\r\n4.23".to_owned()).await;
    shows(&agreed, &["All 2 outcalls agreed", "✓ agreed", "What each replica did"]).await;
    let long = "x".repeat(3_000);
    let diverged = round_of(move |number| format!("x-note: {long}\r\n\r\n{{\"a\":{number}}}")).await;
    shows(&diverged, &["0 of 2 outcalls agreed", "✗ rejected"]).await;
    let diverged = round_of(|number| format!("\r\n{{\"a\":\"{number}{}\"}}", "y".repeat(400))).await;
    shows(&diverged, &["0 of 2 outcalls agreed", "✗ diverged", "$.a", "Group A, 1 vote"]).await;
}

#[tokio::test]
#[ignore = "opens Chromium, which .ci/long installs"]
async fn the_page_of_a_probe_shows_what_differs_and_what_would_mend_it() {
    for (rule, words) in [
        (
            super::probe::noise as fn(usize) -> String,
            ["✗ diverged", "a cookie for each caller", "fn transform(args"],
        ),
        (|_| "\r\n{}".to_owned(), ["✓ agreed", "13 of 13 replicas agree on", "Nothing does."]),
        (
            |number| format!("\r\n{{\"price\":{number}.5}}"),
            ["✗ diverged", "the value itself moves", "None helps:"],
        ),
    ] {
        let server = Server::answering(rule).await;
        let page = page_of(&["probe", &server.url(), "--skew", "1ms"]).await;
        shows(&page, &words).await;
    }
}

#[tokio::test]
#[ignore = "opens Chromium, which .ci/long installs, on the page of `cargo demo`, which is run there before"]
async fn the_page_of_the_demo_shows_both_ways() {
    // …/target/debug/deps/cli-0123456789abcdef
    let program = std::env::current_exe().unwrap();
    let file = program.ancestors().nth(3).unwrap().join("outcall-demo.html");
    let page = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo demo` writes it", file.display()));
    shows(&page, &["through the gateway", "✓ agreed", "✗ diverged", "✗ rejected"]).await;
}

/// The control: what is wrong with a page is seen.
#[tokio::test]
#[ignore = "opens Chromium, which .ci/long installs"]
async fn a_page_that_is_not_as_it_should_be_is_told_so() {
    let page = round_of(|_| "\r\n4.23".to_owned()).await;
    let policy = page.find("<meta http-equiv=").map(|start| {
        let end = start + page[start..].find('>').unwrap() + 1;
        page[start..end].to_owned()
    });
    let open = page.replace(&policy.unwrap(), "");
    let server = Server::answering(|_| "\r\n".to_owned()).await;
    let with = |page: &str, what: &str| page.replace("</main>", &format!("{what}</main>"));
    for (broken, wrong) in [
        (with(&page, "<script>0</script>"), "the console says"),
        (with(&open, "<script>nonsense()</script>"), "the console says"),
        (with(&page, "<img src='http://127.0.0.1:1/'>"), "the console says"),
        (with(&open, &format!("<iframe src='{}'></iframe>", server.url())), "it loads something"),
        (with(&page, "<p style='width: 500px'>wide</p>"), "of 360 pixels it has"),
        (with(&page, "<table><tr><th>head</th></tr></table>"), "it has heads of nothing"),
        (with(&page, "<span role=img></span>"), "it has pictures without words"),
    ] {
        let found = look(&broken, false).await.err().unwrap_or_default();
        assert!(found.contains(wrong), "{wrong:?} was expected, and {found:?} was found");
    }
    assert!(look(&page, false).await.unwrap().text.contains("✓ agreed"));
    let silent = page.replace("✓ agreed", "");
    assert!(!look(&silent, false).await.unwrap().text.contains("✓ agreed"));
}
