//! One listener for both versions of the Internet Protocol.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use outcall_gateway::{App, Network, config::Config, ledger::Memory, server};
use outcall_tests::{
    replica::{Outcall, Replica, agreed},
    upstream::{Act, Script, Upstream},
};

use crate::config::route;

#[tokio::test]
async fn one_listener_takes_ipv6_and_ipv4() {
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let config = Config::parse(&route("/r", &upstream.url("/u")), &|_| None).unwrap();
    let ledger = Arc::new(Memory::new(config.store.room_bytes));
    let app = Arc::new(App::new(config, ledger, Network::default()).unwrap());
    let listener = server::listen(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))).unwrap();
    let port = listener.local_addr().unwrap().port();
    let running = tokio::spawn(server::run(listener, app, std::future::pending()));
    let mut answers = Vec::new();
    for addr in [SocketAddr::from((Ipv6Addr::LOCALHOST, port)), SocketAddr::from((Ipv4Addr::LOCALHOST, port))]
    {
        let answer = Replica::new(addr).send(&Outcall::post("/r").key("k")).await;
        answers.push(answer.unwrap_or_else(|error| panic!("{addr}: {error}")));
    }
    assert_eq!(agreed(&answers).status, 200);
    running.abort();
}

#[tokio::test]
async fn an_upstream_may_be_reached_by_ipv6() {
    let upstream = Upstream::start_on(Ipv6Addr::LOCALHOST.into(), Script::steps([Act::Varying])).await;
    let gateway = outcall_tests::gateway::Gateway::start(&route("/r", &upstream.url("/u"))).await;
    let answer = Replica::new(gateway.addr()).send(&Outcall::get("/r")).await.unwrap();
    assert_eq!(answer.status, 200);
    let seen = upstream.finish().await.remove(0);
    assert!(seen.header("host").unwrap().starts_with("[::1]:"), "{seen:?}");
}

#[tokio::test]
async fn a_taken_address_is_an_error_and_not_a_second_listener() {
    let first = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let second = server::listen(first.local_addr().unwrap());
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}
