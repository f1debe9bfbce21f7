//! A request's target: whoever reads the URL that is called, and however often they unfold it, it is within its route.

use std::sync::OnceLock;

use http::{Request, Uri};
use outcall_gateway::{
    config::{Config, Target},
    fuzzing::{Door, Entered},
};
use url::Url;

const CONFIG: &str = r#"{
    "/r": "http://127.0.0.1:8000/base/v1",
    "/r/deep": "https://api.example.com/other?own=1",
    "/slash": "https://api.example.com/base/",
    "/any": {"hosts": ["api.example.com", "*.example.org"]}
}"#;

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    static DOOR: OnceLock<Door> = OnceLock::new();
    let door = DOOR.get_or_init(|| Door::new(Config::parse(CONFIG, &|_| None).unwrap()));
    let Ok(asked) = Uri::try_from(bytes) else { return };
    let request = Request::builder().uri(asked.clone()).header("host", "gateway.example").body(()).unwrap();
    let Some(entered) = door.enter(request) else { return };
    let rest = asked.path().strip_prefix(&*entered.route.path).expect("a route is a prefix of its path");
    assert!(rest.is_empty() || rest.starts_with('/'), "{asked}: half a segment was taken for a route");
    as_written(&asked, rest, &entered);
    for reading in readings(&entered.target.to_string()) {
        as_read(&reading, &entered);
    }
}

/// Nothing was rewritten: base, rest and query stand there byte for byte.
fn as_written(asked: &Uri, rest: &str, entered: &Entered) {
    let (base, own) = match &entered.route.target {
        Target::Fixed(base) => {
            let path = if rest.is_empty() { &*base.path } else { base.path.trim_end_matches('/') };
            (format!("{}://{}{path}{rest}", base.scheme, base.authority), base.query.as_deref())
        }
        Target::Hosts(_) => {
            let slash = if rest.matches('/').count() < 2 { "/" } else { "" };
            (format!("https:/{rest}{slash}"), None)
        }
    };
    let query = match (own, asked.query().filter(|query| own.is_none() || !query.is_empty())) {
        (Some(own), Some(query)) => format!("?{own}&{query}"),
        (Some(query), None) | (None, Some(query)) => format!("?{query}"),
        (None, None) => String::new(),
    };
    assert_eq!(entered.target.to_string(), format!("{base}{query}"), "{asked} was rewritten");
}

/// The URL as it stands, with its path's escaped slashes and dots undone, as some servers do, and without its segments'
/// parameters, as those of Java do.
fn readings(url: &str) -> [String; 4] {
    let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let slashes = undone(undone(path.to_owned(), "%2f", "/"), "%5c", "\\");
    let all = undone(undone(slashes.clone(), "%2e", "."), "%3b", ";");
    let plain: Vec<&str> =
        all.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    [url.to_owned(), format!("{slashes}{query}"), format!("{all}{query}"), plain.join("/") + query]
}

fn undone(text: String, escape: &str, character: &str) -> String {
    text.replace(escape, character).replace(&escape.to_ascii_uppercase(), character)
}

/// By the rules of browsers (WHATWG), which fold dot segments and turn backslashes.
fn as_read(url: &str, entered: &Entered) {
    let read = match Url::parse(url) {
        Ok(read) => read,
        // Browsers know names that no resolver does, such as one that is wrong Punycode.
        Err(_) if matches!(entered.route.target, Target::Hosts(_)) => return,
        Err(error) => panic!("{url}: {error}"),
    };
    let host = read.host_str().unwrap_or_default();
    assert!(read.username().is_empty() && read.password().is_none(), "{url} names a user");
    match &entered.route.target {
        Target::Fixed(base) => {
            let meant = Url::parse(&format!("{}://{}/", base.scheme, base.authority)).unwrap();
            assert_eq!(read.origin(), meant.origin(), "{url} is of another origin");
            let path = base.path.trim_end_matches('/');
            let rest = read.path().strip_prefix(path).unwrap_or_else(|| panic!("{url} leaves {path}"));
            assert!(rest.is_empty() || rest.starts_with('/'), "{url} leaves {path}");
        }
        Target::Hosts(_) => {
            assert_eq!((read.scheme(), read.port()), ("https", None), "{url}");
            assert!(host == "api.example.com" || host.ends_with(".example.org"), "{url} is of another host");
        }
    }
}
