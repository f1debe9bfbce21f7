//! How far a key reaches: one route; and what stands in for a key where there is none.

use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};

use crate::stage::Stage;

#[tokio::test]
async fn the_same_key_on_two_routes_is_two_outcalls() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = format!(r#"{{"/a": "{0}", "/a/b": "{0}", "/c": "{0}"}}"#, upstream.url("/u"));
    let gateway = Gateway::start(&config).await;
    let replica = Replica::new(gateway.addr());
    let mut first = Vec::new();
    for path in ["/a", "/a/b", "/c"] {
        first.push(replica.send(&Outcall::post(path).key("k").body("{}")).await.unwrap());
    }
    assert_eq!(upstream.hits(), 3);
    for (number, path) in ["/a", "/a/b", "/c"].into_iter().enumerate() {
        let again = replica.send(&Outcall::post(path).key("k").body("{}")).await.unwrap();
        assert_eq!(again, first[number], "{path}");
    }
    assert_eq!(upstream.finish().await.len(), 3);
}

#[tokio::test]
async fn keyless_requests_are_the_same_outcall_when_all_that_is_forwarded_is_the_same() {
    let stage = Stage::varying("").await;
    let base = Outcall::get("/r/x?q=1").header("accept", "application/json");
    let answer = stage.send(&base).await;
    let same = [base.clone().header("cookie", "a=1"), base.clone().header("x-forwarded-for", "192.0.2.1")];
    for same in same {
        assert_eq!(stage.send(&same).await, answer, "{same:?}");
    }
    let others = [
        Outcall::get("/r/x?q=1"),
        Outcall::get("/r/x?q=1").header("accept", "text/plain"),
        Outcall::get("/r/x?q=2").header("accept", "application/json"),
        Outcall::get("/r/y?q=1").header("accept", "application/json"),
        base.clone().header("accept", "application/json"),
        base.clone().header("authorization", "Bearer 1"),
        base.clone().header("authorization", "Bearer 2"),
        base.clone().body("{}"),
        Outcall { method: "HEAD".into(), ..base.clone() },
        Outcall { method: "OPTIONS".into(), ..base.clone() },
    ];
    for other in &others {
        assert_ne!(stage.send(other).await, answer, "{other:?}");
    }
    assert_eq!(stage.upstream.hits(), 1 + others.len());
}

#[tokio::test]
async fn a_header_decides_only_where_it_is_forwarded() {
    let stage = Stage::varying(r#""forward_headers": ["x-tenant"]"#).await;
    let call =
        |tenant: &str, accept: &str| Outcall::get("/r").header("x-tenant", tenant).header("accept", accept);
    let answers = [stage.send(&call("a", "text/plain")).await, stage.send(&call("a", "text/html")).await];
    agreed(&answers);
    assert_ne!(stage.send(&call("b", "text/plain")).await, answers[0]);
    assert_eq!(stage.upstream.hits(), 2);
}

#[tokio::test]
async fn what_is_injected_is_no_part_of_the_request() {
    let stage =
        Stage::varying(r#""inject": {"authorization": "Bearer ours"}, "forward_headers": ["accept"]"#).await;
    let call = |token: &str| Outcall::post("/r").key("k").header("authorization", token);
    agreed(&[stage.send(&call("theirs")).await, stage.send(&call("others")).await]);
    let seen = stage.upstream.finish().await;
    assert_eq!((seen.len(), seen[0].header("authorization")), (1, Some("Bearer ours")));
}

#[tokio::test]
async fn a_subnet_needs_no_key_to_agree_on_what_it_asks() {
    let stage = Stage::of(Script::steps([Act::Varying]), "").await;
    let answers = Subnet::new(stage.gateway.addr(), 34).burst(&Outcall::get("/r?day=today")).await;
    assert_eq!(agreed(&answers).status, 200);
    assert_eq!(stage.upstream.finish().await.len(), 1);
}
