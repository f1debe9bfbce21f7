//! Where a request goes: the route's upstream, with what the request adds to it.
//!
//! The rest of the path and the query go along byte for byte. What was put together is parsed and compared with
//! what was meant, so that no escape can lead anywhere else.

use bytes::Bytes;
use http::{
    Uri,
    uri::{Authority, Parts, PathAndQuery, Scheme},
};

use crate::{
    config::{Base, Target},
    error::Problem,
};

/// The URL to call. `rest` is what the path has beyond its route: empty, or with a slash in front.
pub(super) fn build(target: &Target, rest: &str, query: Option<&str>) -> Result<Uri, Problem> {
    match target {
        Target::Fixed(base) => under(base, rest, query),
        Target::Hosts(patterns) => {
            let whole = rest.strip_prefix('/').unwrap_or_default();
            let (host, path) = whole.split_at(whole.find('/').unwrap_or(whole.len()));
            if !patterns.iter().any(|pattern| pattern.matches(host)) {
                return Err(Problem::NoRoute);
            }
            let authority: Authority = host.parse().map_err(|_| Problem::PathInvalid)?;
            if authority.as_str() != host {
                return Err(Problem::PathInvalid);
            }
            let path = if path.is_empty() { "/" } else { path };
            url(&Scheme::HTTPS, &authority, joined(["", path], [None, query]))
        }
    }
}

fn under(base: &Base, rest: &str, query: Option<&str>) -> Result<Uri, Problem> {
    let path = match rest {
        "" => &*base.path,
        _ => base.path.strip_suffix('/').unwrap_or(&base.path),
    };
    let own = base.query.as_deref();
    // An empty query says nothing beside one that is there.
    let query = query.filter(|query| !(own.is_some() && query.is_empty()));
    url(&base.scheme, &base.authority, joined([path, rest], [own, query]))
}

/// A path in two pieces and up to two queries.
fn joined(path: [&str; 2], queries: [Option<&str>; 2]) -> String {
    let bytes = path.iter().map(|piece| piece.len()).sum::<usize>()
        + queries.iter().flatten().map(|query| 1 + query.len()).sum::<usize>();
    let mut whole = String::with_capacity(bytes);
    path.iter().for_each(|piece| whole.push_str(piece));
    for (query, mark) in queries.iter().flatten().zip(['?', '&']) {
        whole.push(mark);
        whole.push_str(query);
    }
    whole
}

fn url(scheme: &Scheme, authority: &Authority, path_and_query: String) -> Result<Uri, Problem> {
    let meant = Bytes::from(path_and_query);
    let parsed = PathAndQuery::from_maybe_shared(meant.clone()).map_err(|_| Problem::PathInvalid)?;
    if parsed.as_str().as_bytes() != meant {
        return Err(Problem::PathInvalid);
    }
    let mut parts = Parts::default();
    parts.scheme = Some(scheme.clone());
    parts.authority = Some(authority.clone());
    parts.path_and_query = Some(parsed);
    Uri::from_parts(parts).map_err(|_| Problem::PathInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn target(route: &str) -> Target {
        let config = Config::parse(&format!(r#"{{"/r": {route}}}"#), &|_| None).unwrap();
        config.routes[0].target.clone()
    }

    fn built(route: &str, rest: &str, query: Option<&str>) -> String {
        build(&target(route), rest, query).unwrap().to_string()
    }

    #[test]
    fn the_rest_and_the_query_go_along_unchanged() {
        let v1 = r#""https://api.example.com/v1/price""#;
        assert_eq!(built(v1, "", None), "https://api.example.com/v1/price");
        assert_eq!(built(v1, "/", None), "https://api.example.com/v1/price/");
        assert_eq!(
            built(v1, "/b%74c", Some("a=%20&a=../x")),
            "https://api.example.com/v1/price/b%74c?a=%20&a=../x"
        );
        assert_eq!(built(v1, "", Some("")), "https://api.example.com/v1/price?");
    }

    #[test]
    fn the_upstreams_own_query_comes_first() {
        let own = r#""http://127.0.0.1:8000/p?key=1""#;
        assert_eq!(built(own, "", None), "http://127.0.0.1:8000/p?key=1");
        assert_eq!(built(own, "/x", Some("q=2")), "http://127.0.0.1:8000/p/x?key=1&q=2");
        assert_eq!(built(own, "", Some("")), "http://127.0.0.1:8000/p?key=1");
    }

    #[test]
    fn a_slash_at_the_seam_is_not_doubled() {
        assert_eq!(built(r#""https://api.example.com""#, "/x", None), "https://api.example.com/x");
        assert_eq!(built(r#""https://api.example.com/v1/""#, "/x", None), "https://api.example.com/v1/x");
        assert_eq!(built(r#""https://api.example.com/v1/""#, "/", None), "https://api.example.com/v1/");
    }

    #[test]
    fn a_listed_host_is_called_and_no_other() {
        let hosts = r#"{"hosts": ["api.example.com", "*.example.org"]}"#;
        assert_eq!(built(hosts, "/api.example.com/v1/x", Some("a")), "https://api.example.com/v1/x?a");
        assert_eq!(built(hosts, "/api.example.com", None), "https://api.example.com/");
        assert_eq!(built(hosts, "/a.b.example.org/", None), "https://a.b.example.org/");
        for refused in [
            "",
            "/",
            "/evil.com/x",
            "/example.org/x",
            "/api.example.com:8443/x",
            "/api.example.com@evil.com/x",
            "/user@api.example.com/x",
            "/api.example.com%2Fx",
            "/api.example.com./x",
            "/evil.com?.example.org/x",
            "/evil.com#.example.org/x",
            "/127.0.0.1/x",
            "/1.example.org:1/x",
        ] {
            assert!(build(&target(hosts), refused, None).is_err(), "{refused} was let through");
        }
    }
}
