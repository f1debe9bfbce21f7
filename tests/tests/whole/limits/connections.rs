//! Places for connections: limits that act on connections only, never on one replica's request.

use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica, Session},
    upstream::{Act, Script, Upstream},
};

async fn gateway(server: &str) -> (Gateway, Upstream) {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    let config = format!(r#"{{"server": {{{server}}}, "/r": "{}"}}"#, upstream.url("/u"));
    (Gateway::start(&config).await, upstream)
}

/// A connection that has a place for sure: it has been served.
async fn served(replica: &Replica) -> Session {
    let mut session = replica.session().await.unwrap();
    assert_eq!(session.send(&Outcall::get("/r")).await.unwrap().status, 200);
    session
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_as_many_requests_as_it_likes() {
    let (gateway, _upstream) = gateway(r#""connections_per_address": 2"#).await;
    let replica = Replica::new(gateway.addr());
    let (mut first, mut second) = (served(&replica).await, served(&replica).await);
    let mut third = replica.session().await.unwrap();
    assert!(third.closed().await.unwrap(), "it is closed without a word");
    for number in 0..20 {
        let outcall = Outcall::get(&format!("/r?{number}"));
        assert_eq!(first.send(&outcall).await.unwrap().status, 200);
        assert_eq!(second.send(&outcall).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn who_finds_all_places_taken_waits_for_one() {
    let (gateway, _upstream) = gateway(r#""connections": 1"#).await;
    let replica = Replica::new(gateway.addr());
    let first = served(&replica).await;
    let second = replica.start(&Outcall::get("/r")).await.unwrap();
    drop(first);
    assert_eq!(second.answer().await.unwrap().status, 200);
}
