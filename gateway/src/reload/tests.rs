//! One look after the other at a file that is changed, broken, mended, taken away; and what a reload says it did.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use outcall_protocol::receipt::SecretKey;

use super::*;
use crate::{
    ledger::{Memory, Timestamp},
    upstream::Network,
};

/// A file of a test's own, gone with it.
struct Watched {
    path: PathBuf,
    reload: Option<Reload>,
    app: Arc<App>,
}

static FILES: AtomicUsize = AtomicUsize::new(0);

impl Watched {
    /// A gateway that serves this file.
    fn serving(text: &str) -> Self {
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("outcall-reload-{}-{number}.json", std::process::id()));
        fs::write(&path, text).unwrap();
        let config = Config::parse(text, &|_| None).unwrap();
        let ledger = Arc::new(Memory::new(config.store.room_bytes));
        let app = Arc::new(App::new(config, ledger, Network::default()).unwrap());
        let parse: Parse = Box::new(|text| Config::parse(text, &|_| None).map_err(|error| error.to_string()));
        let reload = Some(Reload::new(app.clone(), path.clone(), Some(text.to_owned()), parse));
        Self { path, reload, app }
    }

    fn write(&self, text: &str) {
        fs::write(&self.path, text).unwrap();
    }

    /// One look; what was loaded and refused since the start, and the paths that are served.
    fn look(&mut self, asked: bool) -> (u64, u64, Vec<String>) {
        self.reload = Some(self.reload.take().unwrap().look(asked));
        let reloads = self.app.reloads();
        let in_force = self.app.in_force();
        let paths = in_force.config.routes.iter().map(|route| route.path.to_string()).collect();
        (reloads.loaded, reloads.refused, paths)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

const A: &str = r#"{"/a": "https://a.example"}"#;
const AB: &str = r#"{"/a": "https://a.example", "/b": "https://b.example"}"#;

fn paths(paths: &[&str]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

#[test]
fn a_changed_file_is_served_and_an_unchanged_one_is_left_alone() {
    let mut watched = Watched::serving(A);
    assert_eq!(watched.look(false), (0, 0, paths(&["/a"])));
    watched.write(AB);
    assert_eq!(watched.look(false), (1, 0, paths(&["/a", "/b"])));
    assert_eq!(watched.look(false), (1, 0, paths(&["/a", "/b"])));
    watched.write(AB);
    assert_eq!(watched.look(false).0, 1, "it was only written again");
    assert_eq!(watched.look(true).0, 2, "who asks is given what he asks for");
}

#[test]
fn a_bad_file_is_refused_once_and_the_old_one_serves_until_it_is_mended() {
    let mut watched = Watched::serving(A);
    // As it is found by who looks in the middle of a write.
    for broken in ["", &AB[..30], &AB[..AB.len() - 1], r#"{"/a": "https://a.example", "/b/": 1}"#] {
        let refused_before = watched.app.reloads().refused;
        watched.write(broken);
        assert_eq!(watched.look(false), (0, refused_before + 1, paths(&["/a"])), "{broken}");
        assert_eq!(watched.look(false).1, refused_before + 1, "{broken}: said a second time");
        assert_eq!(watched.look(true).1, refused_before + 2, "{broken}: who asks is told again");
        let error = watched.app.reloads().last_error.unwrap();
        assert!(error.contains("expected"), "{error}");
        // Each is refused for what it is, not for what came before.
        watched.reload.as_mut().unwrap().problem = None;
    }
    watched.write(AB);
    let refused = watched.app.reloads().refused;
    assert_eq!(watched.look(false), (1, refused, paths(&["/a", "/b"])));
    assert_eq!(watched.app.reloads().last_error, None);
}

#[test]
fn a_file_that_is_taken_away_changes_nothing_and_is_served_when_it_returns() {
    let mut watched = Watched::serving(A);
    fs::remove_file(&watched.path).unwrap();
    assert_eq!(watched.look(false), (0, 1, paths(&["/a"])));
    assert_eq!(watched.look(false), (0, 1, paths(&["/a"])));
    watched.write(A);
    assert_eq!(watched.look(false), (1, 1, paths(&["/a"])), "the same text, and nothing is wrong any more");
    assert_eq!(watched.app.reloads().last_error, None);
}

#[test]
fn a_link_that_is_swapped_is_a_changed_file() {
    let mut watched = Watched::serving(A);
    let other = Watched::serving(AB);
    fs::remove_file(&watched.path).unwrap();
    std::os::unix::fs::symlink(&other.path, &watched.path).unwrap();
    assert_eq!(watched.look(false), (1, 0, paths(&["/a", "/b"])));
}

#[test]
fn a_key_file_that_cannot_be_read_is_tried_again_though_the_text_is_the_same() {
    let key = Watched::serving(A);
    fs::remove_file(&key.path).unwrap();
    let signing = format!(
        r#"{{"/a": "https://a.example", "receipts": {{"keyid": "k", "key_file": "{}"}}}}"#,
        key.path.display()
    );
    let mut watched = Watched::serving(A);
    watched.write(&signing);
    assert_eq!(watched.look(false).1, 1);
    assert!(!watched.app.in_force().receipts.are_made());
    key.write(&SecretKey::from_seed(&[7; 32]).to_pem());
    assert_eq!((watched.look(false).0, watched.app.in_force().receipts.are_made()), (1, true));
}

/// What the second configuration changes in the first.
fn changes(first: &str, second: &str, led: &[&str]) -> Changes {
    let watched = Watched::serving(first);
    for path in led {
        let in_force = watched.app.in_force();
        in_force.routes.of(path).unwrap().led.one(watched.app.ledger.now(), limits::TTL_MIN);
    }
    watched.app.reload(Config::parse(second, &|_| None).unwrap()).unwrap()
}

#[test]
fn a_reload_names_what_it_changed() {
    let first = r#"{
        "/same": "https://a.example", "/gone": "https://a.example", "/other": {"upstream": "https://a.example", "ttl": "1h"},
        "server": {"drain": "10s", "connections": 10}
    }"#;
    let second = r#"{
        "/same": {"upstream": "https://a.example"}, "/new": "https://b.example",
        "/other": {"upstream": "https://a.example", "ttl": "2h"},
        "server": {"drain": "20s", "connections": 20, "tls": {"certificate": "c.pem", "key": "k.pem"}},
        "store": {"room_bytes": 500000000}
    }"#;
    let changes = changes(first, second, &[]);
    assert_eq!(changes.added, ["/new"]);
    assert_eq!(changes.removed, ["/gone"]);
    assert_eq!(changes.changed, ["/other"], "the short form is the long one");
    assert_eq!(changes.settings, ["server.drain"]);
    assert_eq!(changes.needs_restart, ["server.connections", "server.tls", "store"]);
    assert_eq!(changes.warnings(), [""; 0], "no key lives");
}

#[test]
fn what_takes_a_restart_stays_and_the_rest_is_swapped() {
    let watched = Watched::serving(r#"{"/a": "https://a.example", "server": {"connections": 10}}"#);
    let next = r#"{"/b": "https://a.example", "server": {"connections": 20, "drain": "2s"}}"#;
    for _ in 0..2 {
        let changes = watched.app.reload(Config::parse(next, &|_| None).unwrap()).unwrap();
        assert_eq!(changes.needs_restart, ["server.connections"], "it is still to be done");
    }
    let in_force = watched.app.in_force();
    assert_eq!((in_force.server().connections, in_force.server().drain.as_secs()), (10, 2));
    assert!(in_force.routes.of("/b").is_some());
}

#[test]
fn a_route_with_live_keys_that_goes_is_warned_of() {
    let renamed = r#"{"/z": "https://a.example", "/b": "https://b.example"}"#;
    let [warning] = &changes(AB, renamed, &["/a"]).warnings()[..] else { panic!("not one warning") };
    assert!(warning.contains(r#"route: "/a", now: Some("/z"), living: Living { led: 1"#), "{warning}");
    let [warning] = &changes(AB, A, &["/b", "/b"]).warnings()[..] else { panic!("not one warning") };
    assert!(warning.contains(r#"route: "/b", now: None, living: Living { led: 2"#), "{warning}");
    assert_eq!(changes(AB, A, &["/a"]).warnings(), [""; 0], "the control: that one stays");
}

#[test]
fn a_route_with_live_keys_that_gets_callers_is_warned_of() {
    let token = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let guarded = format!(
        r#"{{"/a": {{"upstream": "https://a.example", "allow": ["c"]}}, "callers": {{"c": {{"tokens_sha256": ["{token}"]}}}}}}"#
    );
    let [warning] = &changes(A, &guarded, &["/a"]).warnings()[..] else { panic!("not one warning") };
    assert!(warning.starts_with(r#"Rescoped { route: "/a""#), "{warning}");
    assert_eq!(changes(A, &guarded, &[]).warnings(), [""; 0]);
}

#[test]
fn a_route_with_live_keys_that_gives_out_tickets_no_more_is_warned_of() {
    let tickets = r#"{"/a": {"upstream": "https://a.example", "respond_async": true}}"#;
    let [warning] = &changes(tickets, A, &["/a"]).warnings()[..] else { panic!("not one warning") };
    assert!(warning.starts_with(r#"Ticketless { route: "/a""#), "{warning}");
    assert_eq!(changes(tickets, A, &[]).warnings(), [""; 0], "no key lives");
    assert_eq!(changes(A, tickets, &["/a"]).warnings(), [""; 0], "the control: the other way round");
}

#[test]
fn another_key_under_the_same_name_is_warned_of() {
    let with = |keyid: &str, seed: u8| {
        let key = SecretKey::from_seed(&[seed; 32]).to_pem().replace('\n', "\\n");
        format!(r#"{{"/a": "https://a.example", "receipts": {{"keyid": "{keyid}", "key": "{key}"}}}}"#)
    };
    let same_name = changes(&with("k", 1), &with("k", 2), &[]);
    assert_eq!(same_name.warnings(), [r#"OtherKeySameName { keyid: "k" }"#]);
    assert_eq!(same_name.settings, ["receipts"]);
    assert_eq!(changes(&with("k", 1), &with("l", 2), &[]).warnings(), [""; 0]);
    assert_eq!(changes(&with("k", 1), &with("k", 1), &[]), Changes::default());
}

#[test]
fn keys_that_are_over_are_not_warned_of() {
    let watched = Watched::serving(AB);
    let in_force = watched.app.in_force();
    in_force.routes.of("/b").unwrap().led.until(Timestamp::from_millis(1));
    let changes = watched.app.reload(Config::parse(A, &|_| None).unwrap()).unwrap();
    assert_eq!((changes.removed.as_slice(), changes.warnings()), (&["/b".to_owned()][..], Vec::new()));
}
