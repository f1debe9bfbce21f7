//! The page in a browser, headless Chromium, as the gateway serves it: it complains of nothing, asks nobody else, refreshes
//! itself, and is as wide as its window, in light and in dark, on a desk and on a phone.
//!
//! The browser is told what to do over its own debugging port, by a pipe of commands: the policy of the page lets nobody
//! frame it or run a script in it, this test included.

use std::{path::PathBuf, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe,
    process::{Child, Command},
};

use super::{Act, House, Outcall, Script};

mod axe;

/// What an accessibility checker would look for that can be seen from here: names, heads, sizes of what is touched.
const CHECK: &str = r#"(() => {
  const wrong = [];
  const named = (it) => it.getAttribute("aria-label") || (it.getAttribute("aria-labelledby") || "").split(" ").some((id) => document.getElementById(id)?.textContent) || it.textContent.trim();
  for (const it of document.querySelectorAll("[role=img], [role=region], section, button, a, meter")) {
    if (!named(it)) wrong.push("nameless: " + it.outerHTML.slice(0, 80));
  }
  for (const it of document.querySelectorAll("th")) if (!it.scope) wrong.push("a head of nothing: " + it.textContent);
  const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id twice");
  for (const it of document.querySelectorAll("button")) {
    if (it.getBoundingClientRect().height < 24) wrong.push("too small to be touched: " + it.textContent);
  }
  for (const it of document.querySelectorAll(".scroll")) {
    if (it.scrollWidth > it.clientWidth && it.tabIndex !== 0) wrong.push("not to be scrolled by keyboard");
  }
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((it) => Number(it.tagName[1]));
  if (levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1)) wrong.push("a heading skips a level");
  if (document.querySelectorAll("main").length !== 1 || !document.documentElement.lang || !document.title) wrong.push("no frame");
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) wrong.push(`of ${page.clientWidth} pixels it has, it needs ${page.scrollWidth}`);
  return wrong;
})()"#;

/// Chromium, and a page in it.
struct Browser {
    commands: pipe::Sender,
    answers: pipe::Receiver,
    heard: Vec<u8>,
    session: String,
    number: u64,
    /// What the console said, and every address that was asked.
    complaints: Vec<String>,
    asked: Vec<String>,
    profile: PathBuf,
    child: Child,
}

impl Browser {
    async fn open(url: &str) -> Self {
        let name = format!("outcall-admin-{}-{:016x}", std::process::id(), fastrand::u64(..));
        let profile = std::env::temp_dir().join(name);
        std::fs::create_dir(&profile).unwrap();
        let (inward, outward) = (profile.join("commands"), profile.join("answers"));
        for fifo in [&inward, &outward] {
            assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
        }
        let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
        // It reads commands from descriptor 3 and answers on 4. As root there is no sandbox to be had, and the page is ours.
        let line = format!(
            "exec {browser} --headless=new --no-sandbox --disable-gpu --disable-background-networking --remote-debugging-pipe \
             --user-data-dir={0}/profile about:blank 3<{0}/commands 4>{0}/answers",
            profile.display()
        );
        let mut command = Command::new("sh");
        command.args(["-c", &line]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.kill_on_drop(true).spawn().unwrap();
        // Both ends at once, so that nobody waits for the other to open his.
        let open = || pipe::OpenOptions::new().read_write(true).to_owned();
        let commands = open().open_sender(&inward).unwrap();
        let answers = open().open_receiver(&outward).unwrap();
        let (heard, session, number) = (Vec::new(), String::new(), 0);
        let (complaints, asked) = (Vec::new(), Vec::new());
        let mut browser =
            Self { commands, answers, heard, session, number, complaints, asked, profile, child };
        let target =
            browser.tell("Target.createTarget", json!({"url": "about:blank"})).await["targetId"].clone();
        let attached =
            browser.tell("Target.attachToTarget", json!({"targetId": target, "flatten": true})).await;
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Network.enable", "Log.enable"] {
            browser.tell(domain, json!({})).await;
        }
        // A page that nobody looks at does not refresh itself.
        browser.tell("Page.bringToFront", json!({})).await;
        browser.tell("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await;
        browser.tell("Page.navigate", json!({"url": url})).await;
        browser
            .until(
                "document.readyState === 'complete' && document.querySelector('.refresh')?.hidden === false",
            )
            .await;
        browser
    }

    /// Gives a command, and waits for what becomes of it.
    async fn tell(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut command = json!({"id": self.number, "method": method, "params": params});
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        let bytes = [command.to_string().as_bytes(), b"\0"].concat();
        self.commands.write_all(&bytes).await.unwrap();
        loop {
            let said = self.hear().await;
            if said["id"] == self.number {
                assert_eq!(said["error"], Value::Null, "{method}: {said}");
                return said["result"].clone();
            }
            self.note(&said);
        }
    }

    async fn hear(&mut self) -> Value {
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == 0) {
                let said: Vec<u8> = self.heard.drain(..=end).collect();
                return serde_json::from_slice(&said[..end]).unwrap();
            }
            let read = self.answers.read_buf(&mut self.heard).await.unwrap();
            assert!(read > 0, "the browser is gone");
        }
    }

    fn note(&mut self, said: &Value) {
        match said["method"].as_str().unwrap_or_default() {
            "Log.entryAdded" | "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" => {
                self.complaints.push(said["params"].to_string());
            }
            "Network.requestWillBeSent" => {
                self.asked.push(said["params"]["request"]["url"].as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }

    async fn eval(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        self.tell("Runtime.evaluate", params).await["result"]["value"].clone()
    }

    /// Returns when this holds.
    async fn until(&mut self, expression: &str) {
        while self.eval(expression).await != json!(true) {}
    }

    async fn looks(&mut self, width: u64, scheme: &str) -> (Value, Value) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tell("Emulation.setEmulatedMedia", media).await;
        (self.eval(CHECK).await, self.eval("getComputedStyle(document.body).backgroundColor").await)
    }

    /// A picture, where somebody wants to look at it.
    async fn picture(&mut self, name: &str) {
        let Ok(folder) = std::env::var("OUTCALL_PICTURES") else { return };
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.tell("Page.captureScreenshot", params).await["data"].as_str().unwrap().to_owned();
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png.base64")), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// A gateway that has led, followed, replayed, and failed.
async fn busy() -> House {
    let script =
        Script::each(
            |seen| if seen.target.contains("/reset") { Act::ResetAfterReading } else { Act::Varying },
        );
    let house = House::with(script, &[]).await;
    for number in 0..5 {
        let outcall = Outcall::post("/r").key(&format!("k{number}"));
        let burst = (0..13).map(|_| house.send(&outcall));
        futures_util::future::join_all(burst).await;
    }
    house.send(&Outcall::post("/r/reset").key("lost")).await;
    house
}

#[tokio::test]
#[ignore = "opens Chromium, which .ci/long installs"]
async fn the_page_is_fit_for_everybody_and_lives() {
    let house = busy().await;
    let mut browser = Browser::open(&format!("http://{}/", house.admin)).await;
    let mut papers = Vec::new();
    for (width, scheme) in [(360, "light"), (360, "dark"), (1_280, "dark"), (1_280, "light")] {
        let (wrong, paper) = browser.looks(width, scheme).await;
        assert_eq!(wrong, json!([]), "{width} {scheme}");
        papers.push(paper);
        browser.picture(&format!("{width}-{scheme}")).await;
    }
    assert_eq!((&papers[0], &papers[1]), (&papers[3], &papers[2]));
    assert_ne!(papers[0], papers[1], "light and dark are one");
    let text = browser.eval("document.body.innerText").await.to_string();
    for word in
        ["Upstream calls saved", "POST /r", "outcome unknown", "an upstream call failed", "Keys of late"]
    {
        assert!(text.contains(word), "{word} is not to be seen in {text}");
    }
    // It lives, and keeps the place of whoever is in a table.
    browser.eval("document.querySelector('#keys ~ .scroll').focus()").await;
    assert_eq!(house.send(&Outcall::post("/r").key("now")).await.status, 200);
    browser.until("document.querySelectorAll('#keys ~ .scroll tbody tr').length === 7").await;
    assert_eq!(
        browser.eval("document.activeElement === document.querySelector('#keys ~ .scroll')").await,
        true
    );
    // Paused, it stands still.
    browser.eval("document.getElementById('pause').click()").await;
    assert_eq!(browser.eval("document.getElementById('state').textContent").await, "Paused");
    assert_eq!(browser.eval("document.getElementById('pause').getAttribute('aria-pressed')").await, "true");
    assert_eq!(browser.complaints, Vec::<String>::new());
    let home = format!("http://{}/", house.admin);
    assert!(
        browser.asked.len() >= 5 && browser.asked.iter().all(|url| url.starts_with(&home)),
        "{:?}",
        browser.asked
    );
}

/// The control: what is wrong with a page is seen, and its policy holds.
#[tokio::test]
#[ignore = "opens Chromium, which .ci/long installs"]
async fn a_page_that_is_not_as_it_should_be_is_told_so() {
    let house = busy().await;
    let mut browser = Browser::open(&format!("http://{}/", house.admin)).await;
    browser.eval("document.getElementById('pause').click()").await;
    for (broken, told) in [
        ("document.querySelector('svg').removeAttribute('aria-label')", "nameless"),
        ("document.querySelector('th').removeAttribute('scope')", "a head of nothing"),
        ("document.querySelector('.scroll').tabIndex = -1", "not to be scrolled"),
        (
            "document.body.append(Object.assign(document.createElement('h4'), {textContent: 'deep'}))",
            "skips a level",
        ),
        (
            "document.querySelector('main').append(Object.assign(document.createElement('p'), {textContent: 'w'.repeat(900)}))",
            "pixels it has",
        ),
    ] {
        browser.eval(broken).await;
        let (wrong, _) = browser.looks(360, "light").await;
        assert!(wrong.to_string().contains(told), "{told}: {wrong}");
    }
    let before = browser.complaints.len();
    browser.eval("document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:1/'}))").await;
    while browser.complaints.len() == before {
        let said = browser.hear().await;
        browser.note(&said);
    }
    assert!(browser.complaints[before..].iter().any(|it| it.contains("img-src")), "{:?}", browser.complaints);
}
