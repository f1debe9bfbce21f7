//! What most tests stand on: one upstream, one gateway with the route `/r` to its `/u`, one replica.

use std::{io, net::SocketAddr};

use outcall_tests::{
    gateway::Gateway,
    replica::{Answer, Outcall, Replica},
    upstream::{Act, Script, Seen, Upstream},
};

use crate::config::route_with;

/// An upstream behind a gateway.
pub(crate) struct Stage {
    pub(crate) upstream: Upstream,
    pub(crate) gateway: Gateway,
    pub(crate) replica: Replica,
}

impl Stage {
    /// An upstream with this script; `members` are those of the route, as JSON.
    pub(crate) async fn of(script: Script<Act>, members: &str) -> Self {
        let upstream = Upstream::start(script).await;
        let gateway = Gateway::start(&route_with("/r", &upstream.url("/u"), members)).await;
        let replica = Replica::new(gateway.addr());
        Self { upstream, gateway, replica }
    }

    /// An upstream whose every answer differs: two equal answers are one outcall.
    pub(crate) async fn varying(members: &str) -> Self {
        Self::of(Script::always(Act::Varying), members).await
    }

    /// An upstream that answers everything with this act.
    pub(crate) async fn always(act: impl Into<Act>, members: &str) -> Self {
        Self::of(Script::always(act.into()), members).await
    }

    /// The answer to a call that must have one.
    #[track_caller]
    pub(crate) fn send(&self, outcall: &Outcall) -> impl Future<Output = Answer> + use<> {
        let (replica, outcall) = (self.replica.clone(), outcall.clone());
        async move { replica.send(&outcall).await.unwrap_or_else(|error| panic!("{outcall:?}: {error}")) }
    }

    /// The answer to these bytes on a connection of their own.
    pub(crate) async fn send_bytes(&self, bytes: impl AsRef<[u8]>) -> io::Result<Answer> {
        send_bytes(self.gateway.addr(), bytes).await
    }

    /// Makes the call, and says what the upstream saw of it alone.
    pub(crate) async fn seen(&self, outcall: &Outcall) -> Seen {
        let before = self.upstream.hits();
        let answer = self.send(outcall).await;
        let mut requests = self.upstream.requests();
        assert_eq!(requests.len(), before + 1, "{outcall:?} was answered {answer:?}");
        requests.pop().unwrap()
    }
}

/// The answer to these bytes on a connection of their own.
pub(crate) async fn send_bytes(addr: SocketAddr, bytes: impl AsRef<[u8]>) -> io::Result<Answer> {
    let mut session = Replica::new(addr).session().await?;
    session.write_bytes(bytes.as_ref()).await?;
    session.answer(&Outcall::get("/")).await
}

/// Asserts that an answer is one of the gateway's own errors: status, kind and `executed`.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, kind: &str, executed: &str) {
    let problem = answer.problem();
    let found = (answer.status, problem["type"].as_str(), problem["executed"].as_str());
    let kind = format!("urn:outcall-gateway:{kind}");
    assert_eq!(found, (status, Some(&*kind), Some(executed)), "{answer:?}");
}
