//! Which route serves a path: the longest one that matches by whole segments.

use std::{collections::HashMap, sync::Arc};

use crate::{config::Route, outcall::Served, receipt::Receipts, stats::Stats};

/// All routes by their path.
pub(crate) struct Routes {
    by_path: HashMap<Box<str>, Arc<Served>>,
    /// No route is longer than this, so no longer prefix of a path is looked up.
    longest: usize,
}

impl Routes {
    /// The routes of a configuration; `before` are those of the one before, from which each path takes what it remembers.
    pub(crate) fn new(
        routes: &[Arc<Route>],
        receipts: &Arc<Receipts>,
        stats: &Stats,
        before: Option<&Self>,
    ) -> Self {
        let longest = routes.iter().map(|route| route.path.len()).max().unwrap_or(0);
        let served = |route: &Arc<Route>| {
            let before = before.and_then(|before| before.of(&route.path));
            (
                route.path.clone(),
                Served::new(route.clone(), receipts.clone(), stats, before.map(|before| &**before)),
            )
        };
        Self { by_path: routes.iter().map(served).collect(), longest }
    }

    /// The route of exactly this path.
    pub(crate) fn of(&self, route: &str) -> Option<&Arc<Served>> {
        self.by_path.get(route)
    }

    /// All of them, by their paths.
    pub(crate) fn all(&self) -> Vec<&Arc<Served>> {
        let mut all: Vec<_> = self.by_path.values().collect();
        all.sort_by(|a, b| a.route.path.cmp(&b.route.path));
        all
    }

    /// The route of `path`, and what `path` has beyond it: empty, or with a slash in front.
    pub(crate) fn find<'a>(&self, path: &'a str) -> Option<(&Arc<Served>, &'a str)> {
        let ends = std::iter::once(path.len()).chain(path.rmatch_indices('/').map(|(at, _)| at));
        for end in ends.filter(|end| *end <= self.longest && *end > 0) {
            if let Some(served) = self.by_path.get(&path[..end]) {
                return Some((served, &path[end..]));
            }
        }
        self.by_path.get("/").map(|served| (served, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn routes(paths: &[&str]) -> Routes {
        let members: Vec<String> =
            paths.iter().map(|path| format!(r#""{path}": "https://api.example.com""#)).collect();
        let config = Config::parse(&format!("{{{}}}", members.join(",")), &|_| None).unwrap();
        Routes::new(&config.routes, &Arc::default(), &Stats::default(), None)
    }

    fn found<'a>(routes: &Routes, path: &'a str) -> Option<(String, &'a str)> {
        routes.find(path).map(|(served, rest)| (served.route.path.to_string(), rest))
    }

    #[test]
    fn the_longest_route_wins_and_segments_are_whole() {
        let routes = routes(&["/price", "/price/eth", "/p"]);
        assert_eq!(found(&routes, "/price"), Some(("/price".into(), "")));
        assert_eq!(found(&routes, "/price/"), Some(("/price".into(), "/")));
        assert_eq!(found(&routes, "/price/btc/usd"), Some(("/price".into(), "/btc/usd")));
        assert_eq!(found(&routes, "/price/eth/usd"), Some(("/price/eth".into(), "/usd")));
        assert_eq!(found(&routes, "/price/ethereum"), Some(("/price".into(), "/ethereum")));
        assert_eq!(found(&routes, "/prices"), None);
        assert_eq!(found(&routes, "/"), None);
        assert_eq!(found(&routes, "/Price"), None);
    }

    #[test]
    fn the_root_matches_what_nothing_else_does() {
        let routes = routes(&["/", "/price"]);
        assert_eq!(found(&routes, "/"), Some(("/".into(), "")));
        assert_eq!(found(&routes, "/other"), Some(("/".into(), "/other")));
        assert_eq!(found(&routes, "/price"), Some(("/price".into(), "")));
    }
}
