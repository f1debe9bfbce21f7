//! On fly.io an app may have several machines. Each with a ledger of its own would be two ledgers, and a POST that meets
//! both is sent twice: so a local store is served by a single machine.
//!
//! `APP.internal` has an address for every started machine of the app
//! (<https://fly.io/docs/networking/private-networking/>). A machine that starts later finds this one there.

use std::{collections::BTreeSet, env, fmt, io, net::IpAddr};

use tokio::{net::lookup_host, time::timeout};

use crate::limits;

/// What fly.io calls the app, in each of its machines.
const APP: &str = "FLY_APP_NAME";

/// The app has other machines, and this one would have a ledger of its own.
#[derive(Debug, thiserror::Error)]
#[error(
    "the app {app} has {machines} machines ({addresses}), and the store {store} is one for each: a repeated POST would be \
     sent by each of them. Run one machine (fly scale count 1), share a ledger (--store redis://…), or say \
     --several-ledgers where that does no harm"
)]
pub(super) struct Several {
    app: String,
    machines: usize,
    addresses: String,
    store: String,
}

/// Looks for other machines of this one's app.
///
/// # Errors
/// [`Several`]. A name that cannot be looked up is no reason to stay away: it is said, and served.
pub(super) async fn check(store: &impl fmt::Display) -> Result<(), Several> {
    match env::var(APP) {
        Ok(app) if !app.is_empty() => check_app(app, store, lookup).await,
        _ => Ok(()),
    }
}

async fn check_app(
    app: String,
    store: &impl fmt::Display,
    lookup: impl AsyncFnOnce(String) -> io::Result<BTreeSet<IpAddr>>,
) -> Result<(), Several> {
    let found = match lookup(format!("{app}.internal")).await {
        Ok(found) => found,
        Err(cause) => {
            tracing::warn!(app, %cause, "whether the app has other machines could not be looked up");
            return Ok(());
        }
    };
    if found.len() <= 1 {
        return Ok(());
    }
    let addresses = found.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    Err(Several { app, machines: found.len(), addresses, store: store.to_string() })
}

async fn lookup(name: String) -> io::Result<BTreeSet<IpAddr>> {
    let looking = async { Ok(lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) };
    timeout(limits::MACHINES_TIMEOUT, looking).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn with(addresses: &[&str]) -> Result<(), String> {
        let found = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let lookup = async |name: String| {
            assert_eq!(name, "prices.internal");
            Ok(found)
        };
        check_app("prices".to_owned(), &"disk:/data", lookup).await.map_err(|several| several.to_string())
    }

    #[tokio::test]
    async fn one_machine_may_have_a_ledger_of_its_own_and_two_may_not() {
        assert_eq!(with(&[]).await, Ok(()), "the name may know this machine a moment later");
        assert_eq!(with(&["fdaa::3"]).await, Ok(()));
        assert_eq!(with(&["fdaa::3", "fdaa::3"]).await, Ok(()), "one machine, told twice");
        let refused = with(&["fdaa::3", "fdaa::7"]).await.unwrap_err();
        let start =
            "the app prices has 2 machines (fdaa::3, fdaa::7), and the store disk:/data is one for each: ";
        assert!(refused.starts_with(start), "{refused}");
    }

    #[tokio::test]
    async fn a_name_that_cannot_be_looked_up_keeps_nobody_from_serving() {
        let lookup = async |_: String| Err(io::Error::other("no such name"));
        assert!(check_app("prices".to_owned(), &"disk:/data", lookup).await.is_ok());
    }
}
