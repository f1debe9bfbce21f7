use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use http::{Method, StatusCode};
use outcall_protocol::digest;

use super::*;
use crate::{
    App, Network,
    admin::{Access, Complaints, Guard},
    config::Config,
    ledger::Memory,
    stats::{CallEnd, Ended, How, Key, KeyEnd, Part},
};

/// An admin port of a gateway that has done something.
fn admin() -> Admin {
    let text = r#"{"/price<b>": "https://user.example/secret-path?secret-query", "/fetch": {"hosts": ["*.example.com"]}}"#;
    let config = Config::parse(text, &|_| None).unwrap();
    let ledger = Arc::new(Memory::new(config.store.room_bytes));
    let app = App::new(config, ledger, Network::default()).unwrap();
    let counts = app.stats.route("/price<b>");
    counts.call(CallEnd::Complete, Duration::from_millis(80), false);
    counts.key(KeyEnd::Unknown);
    let key = Key {
        id: digest::plain(b"key"),
        route: counts.route.clone(),
        method: Method::POST,
        caller: "shop & co".into(),
        repeatable: false,
        since: app.ledger.now(),
        led_here: true,
        ended: None,
    };
    let ended = Ended {
        expires: key.since.after(Duration::from_secs(60)),
        status: StatusCode::OK,
        upstream_status: Some(200),
        problem: None,
        body_bytes: 10,
        took: Some(Duration::from_millis(81)),
    };
    app.stats.recent.led(key.clone());
    app.stats.recent.ended(&key.id, ended);
    for (part, how, times) in
        [(Part::Lead, How::Lead, 1), (Part::Follow, How::Follow, 7), (Part::Replay, How::Late, 5)]
    {
        for _ in 0..times {
            counts.request(part, Duration::from_millis(1), 10, None);
            counts.served(&key.id, how);
        }
    }
    let access = Access::new("127.0.0.1:1".parse().unwrap(), Guard::default()).unwrap();
    Admin::new(Arc::new(app), access, Complaints::default())
}

#[tokio::test]
async fn the_page_tells_to_how_many_replicas_a_key_was_served_and_how() {
    let page = page(&admin()).into_string();
    let row = format!(
        "<th scope=\"row\"><code>{}</code></th><td><code>POST /price&lt;b&gt;</code></td><td class=\"good\">200</td>",
        digest::plain(b"key").short()
    );
    assert!(page.contains(&row), "{page}");
    let counts = "<strong>13</strong></td><td class=\"number\">1</td><td class=\"number\">7</td><td class=\"number\">0</td><td class=\"number\">5</td>";
    assert!(page.contains(counts), "{page}");
    assert!(page.contains("shop &amp; co") && page.contains("*.example.com"), "{page}");
    let saved = "<dt>Upstream calls saved</dt><dd>12</dd>";
    assert!(page.contains(saved), "{page}");
    assert!(!page.contains("secret"), "{page}");
    assert!(page.contains("Ready: it leads"), "{page}");
}

/// What a screen reader needs: names for what has none of its own, heads of tables, one main, ids that are there once.
#[tokio::test]
async fn everything_has_a_name() {
    let page = page(&admin()).into_string();
    let ids: Vec<&str> = attributes(&page, "id");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    let named = attributes(&page, "aria-labelledby");
    assert!(named.len() > 5 && named.iter().all(|name| ids.contains(name)), "{named:?} of {ids:?}");
    for (tag, attribute) in [
        ("<svg", "aria-label=\""),
        ("<th", "scope=\""),
        ("<section", "aria-labelledby=\""),
        ("<div class=\"scroll\"", "role=\"region\" aria-label=\""),
        ("<meter", "aria-labelledby=\""),
        ("<html", "lang=\""),
    ] {
        let found: Vec<&str> =
            page.split(&format!("{tag} ")).skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
        assert!(!found.is_empty(), "no {tag}");
        assert!(found.iter().all(|it| it.contains(attribute)), "{tag} without {attribute}: {found:?}");
    }
    assert_eq!(page.matches("<main").count(), 1);
    assert_eq!(page.matches("<h1").count(), 1);
    // What a strict policy would not run, or load from elsewhere.
    for never in [" style=\"", " onclick=", "<style", "http://", "//www.", "javascript:"] {
        let page = page.replace("http://www.w3.org/", "");
        assert!(!page.contains(never), "{never}");
    }
}

fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let start = format!(" {name}=\"");
    page.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// WCAG 2.2, 1.4.3: text has 4.5 times the luminance of what it stands on, or the other way round; lines of charts have 3.
#[test]
fn every_colour_can_be_read_on_what_it_stands_on() {
    let colours: HashMap<&str, [f64; 2]> = STYLE
        .lines()
        .filter_map(|line| {
            let (name, pair) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
            let (light, dark) = pair.strip_suffix(");")?.split_once(", ")?;
            Some((name, [luminance(light), luminance(dark)]))
        })
        .collect();
    for (texts, least) in
        [(&["ink", "faint", "good", "warn", "bad", "first"][..], 4.5), (&["first", "second"], 3.0)]
    {
        for text in texts {
            for ground in ["paper", "card"] {
                for scheme in [0, 1] {
                    let (a, b) = (colours[text][scheme], colours[ground][scheme]);
                    let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    assert!(contrast >= least, "{text} on {ground}: {contrast:.2}");
                }
            }
        }
    }
    // The control: lines that only guide the eye would not be read.
    let (line, card) = (colours["line"][0], colours["card"][0]);
    assert!((card + 0.05) / (line + 0.05) < 3.0);
}

/// Relative luminance, as WCAG defines it.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
