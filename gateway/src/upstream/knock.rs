//! A knock at the doors of the upstreams (`check --online`): a connection as a call would make it, by the same look-ups, the
//! same trust and the same rules for what may be reached; and then no request on it, since any might do something.

use std::{collections::HashMap, future::poll_fn, time::Duration};

use futures_util::future::join_all;
use http::Uri;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};
use tower_service::Service;

use super::{Upstream, Way, attempt::chain, resolver::Reach};
use crate::{
    config::{Config, Target},
    limits,
};

/// An upstream of a route, and what became of the knock.
pub(crate) struct Knock {
    pub(crate) route: Box<str>,
    /// Scheme, host and port; or a pattern of hosts.
    pub(crate) door: String,
    pub(crate) heard: Heard,
}

/// What became of a knock.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// A connection was made, with TLS where the URL says so.
    Open { after: Duration },
    /// None was.
    Nothing { after: Duration, cause: String },
    /// A wildcard names no host to knock at.
    NotTried,
}

impl Upstream {
    /// Knocks once at each door, and tells it for every route that leads there.
    pub(crate) async fn knock(&self, config: &Config) -> Vec<Knock> {
        let routes: Vec<(Box<str>, String, Option<Reach>)> =
            config.routes.iter().flat_map(|route| doors(&route.path, &route.target)).collect();
        let mut doors: Vec<(&str, Reach)> =
            routes.iter().filter_map(|(_, door, reach)| Some((door.as_str(), (*reach)?))).collect();
        doors.sort_unstable_by_key(|(door, reach)| (*door, *reach == Reach::Public));
        doors.dedup();
        let at_once = Semaphore::new(limits::KNOCKS_AT_ONCE);
        let knocks = doors.iter().map(|&(door, reach)| {
            let at_once = &at_once;
            async move {
                let _place = at_once.acquire().await;
                ((door, reach == Reach::Public), self.knock_at(door, reach).await)
            }
        });
        let heard: HashMap<_, _> = join_all(knocks).await.into_iter().collect();
        let of = |door: &str, reach: Option<Reach>| {
            reach
                .and_then(|reach| heard.get(&(door, reach == Reach::Public)).cloned())
                .unwrap_or(Heard::NotTried)
        };
        routes
            .iter()
            .map(|(route, door, reach)| Knock {
                route: route.clone(),
                door: door.clone(),
                heard: of(door, *reach),
            })
            .collect()
    }

    async fn knock_at(&self, door: &str, reach: Reach) -> Heard {
        let started = Instant::now();
        let connected = timeout(limits::KNOCK_TIMEOUT, self.connect(door, reach)).await;
        let after = started.elapsed();
        match connected {
            Ok(Ok(())) => Heard::Open { after },
            Ok(Err(cause)) => Heard::Nothing { after, cause },
            Err(_) => Heard::Nothing { after, cause: "no connection within this time".to_owned() },
        }
    }

    async fn connect(&self, door: &str, reach: Reach) -> Result<(), String> {
        let url: Uri = format!("{door}/").parse().map_err(|error| chain(&error))?;
        #[cfg(not(test))]
        let Way::Network(clients) = &self.way;
        #[cfg(test)]
        let Way::Network(clients) = &self.way else { return Err("a played network has no doors".to_owned()) };
        let mut connector = clients.connector(reach).clone();
        let ready = poll_fn(|context| connector.poll_ready(context)).await;
        let connected = match ready {
            Ok(()) => connector.call(url).await,
            Err(error) => Err(error),
        };
        connected.map(drop).map_err(|error| chain(&*error))
    }
}

/// Where a route may lead: its path, each door, and how far that may be.
fn doors(route: &str, target: &Target) -> Vec<(Box<str>, String, Option<Reach>)> {
    let public = |host: &crate::config::HostPattern| match host.is_wildcard() {
        true => (route.into(), format!("https://{host}"), None),
        false => (route.into(), format!("https://{host}"), Some(Reach::Public)),
    };
    match target {
        Target::Fixed(base) => {
            vec![(route.into(), format!("{}://{}", base.scheme, base.authority), Some(Reach::Anywhere))]
        }
        Target::Hosts(hosts) => hosts.iter().map(public).collect(),
    }
}
