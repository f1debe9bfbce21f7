//! From a name to the addresses that may be connected to.

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

use super::public;

/// How far a call may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To every address: the operator has named the upstream.
    Anywhere,
    /// To public addresses: the request has named its host.
    Public,
}

/// The system's resolver, behind the pinned names and before what may be reached.
#[derive(Clone)]
pub(crate) struct Resolver<S = GaiResolver> {
    pinned: Arc<HashMap<String, SocketAddr>>,
    reach: Reach,
    system: S,
}

impl Resolver {
    pub(super) fn new(pinned: Arc<HashMap<String, SocketAddr>>, reach: Reach) -> Self {
        Self { pinned, reach, system: GaiResolver::new() }
    }
}

impl<S, A> Service<Name> for Resolver<S>
where
    S: Service<Name, Response = A, Error = io::Error, Future: Send + 'static>,
    A: Iterator<Item = SocketAddr>,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        if let Some(address) = self.pinned.get(name.as_str()) {
            return Box::pin(std::future::ready(Ok(vec![*address].into_iter())));
        }
        let (addresses, reach) = (self.system.call(name), self.reach);
        Box::pin(async move {
            let addresses = addresses.await?;
            let allowed = match reach {
                Reach::Anywhere => addresses.collect(),
                Reach::Public => public::only(addresses)?,
            };
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::TcpListener,
        sync::atomic::{AtomicUsize, Ordering},
        vec,
    };

    use hyper_util::client::legacy::connect::HttpConnector;

    use super::*;

    /// A DNS that says a public address at the first look-up and this one ever after.
    #[derive(Clone)]
    struct Rebinding {
        to: SocketAddr,
        asked: Arc<AtomicUsize>,
    }

    impl Service<Name> for Rebinding {
        type Response = vec::IntoIter<SocketAddr>;
        type Error = io::Error;
        type Future = std::future::Ready<io::Result<Self::Response>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Name) -> Self::Future {
            let first = self.asked.fetch_add(1, Ordering::Relaxed) == 0;
            let address = if first { "1.1.1.1:443".parse().unwrap() } else { self.to };
            std::future::ready(Ok(vec![address].into_iter()))
        }
    }

    fn resolver(to: SocketAddr, reach: Reach) -> Resolver<Rebinding> {
        Resolver { pinned: Arc::default(), reach, system: Rebinding { to, asked: Arc::default() } }
    }

    async fn looked_up(resolver: &mut Resolver<Rebinding>) -> io::Result<Vec<SocketAddr>> {
        Ok(resolver.call("rebinding.example".parse().unwrap()).await?.collect())
    }

    /// Nothing is connected to that was not judged, however often the name is looked up.
    #[tokio::test]
    async fn a_name_that_leads_elsewhere_at_the_second_look_up_leads_nowhere() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let to = listener.local_addr().unwrap();
        let url: http::Uri = format!("http://rebinding.example:{}/", to.port()).parse().unwrap();

        let mut guarded = resolver(to, Reach::Public);
        assert_eq!(looked_up(&mut guarded).await.unwrap(), ["1.1.1.1:443".parse().unwrap()]);
        let refused = HttpConnector::new_with_resolver(guarded).call(url.clone()).await.unwrap_err();
        assert!(public::is_why(&refused), "{refused:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);

        // The control: without the guard, the second look-up does lead here.
        let mut open = resolver(to, Reach::Anywhere);
        looked_up(&mut open).await.unwrap();
        HttpConnector::new_with_resolver(open).call(url).await.unwrap();
        listener.set_nonblocking(false).unwrap();
        listener.accept().unwrap();
    }
}
