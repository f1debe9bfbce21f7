//! Places for connections: a fixed number in all and, if configured, for each address.
//!
//! The limit for an address acts on connections only. Were it to act on requests, some replicas of a burst would be
//! refused and others not.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places of a listener.
#[derive(Clone)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    per_address: Option<Arc<PerAddress>>,
    /// Who passes on the connections of many.
    trusted: Arc<[IpNet]>,
}

/// The place of one connection, free again when dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _of_address: Option<OfAddress>,
}

struct PerAddress {
    most: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

struct OfAddress {
    address: IpAddr,
    places: Arc<PerAddress>,
}

impl Places {
    pub(super) fn new(all: usize, per_address: Option<usize>, trusted: &[IpNet]) -> Self {
        let all = Arc::new(Semaphore::new(all));
        let per_address = per_address.map(|most| Arc::new(PerAddress { most, taken: Mutex::default() }));
        Self { all, per_address, trusted: trusted.into() }
    }

    /// Waits until a connection can be taken; until then the system queues them.
    pub(super) async fn free(&self) -> Option<OwnedSemaphorePermit> {
        self.all.clone().acquire_owned().await.ok()
    }

    /// The place of a connection from `address`; none when the address has all of its own.
    pub(super) fn take(&self, permit: OwnedSemaphorePermit, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let is_trusted = || self.trusted.iter().any(|network| network.contains(&address));
        let of_address = match &self.per_address {
            Some(places) if !is_trusted() => Some(OfAddress::take(places, address)?),
            _ => None,
        };
        Some(Place { _permit: permit, _of_address: of_address })
    }
}

impl OfAddress {
    fn take(places: &Arc<PerAddress>, address: IpAddr) -> Option<Self> {
        let mut taken = places.lock();
        let count = taken.entry(address).or_insert(0);
        if *count == places.most {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Self { address, places: places.clone() })
    }
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

impl PerAddress {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_gets_its_places_and_no_more_until_one_is_free() {
        let places = Places::new(10, Some(2), &[]);
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        let first = places.take(places.free().await.unwrap(), here).unwrap();
        let _second = places.take(places.free().await.unwrap(), mapped).unwrap();
        assert!(places.take(places.free().await.unwrap(), here).is_none());
        assert!(places.take(places.free().await.unwrap(), "192.0.2.2".parse().unwrap()).is_some());
        drop(first);
        assert!(places.take(places.free().await.unwrap(), here).is_some());
    }

    #[tokio::test]
    async fn a_trusted_proxy_gets_as_many_as_there_are() {
        let trusted = ["192.0.2.0/24".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let places = Places::new(10, Some(1), &trusted);
        let mut taken = Vec::new();
        for address in ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "fdaa::1", "fdaa::1", "192.0.3.1"] {
            let permit = places.free().await.unwrap();
            taken.push(places.take(permit, address.parse().unwrap()).unwrap_or_else(|| panic!("{address}")));
        }
        let another = places.take(places.free().await.unwrap(), "192.0.3.1".parse().unwrap());
        assert!(another.is_none(), "the control: whoever is not trusted has one place");
    }
}
