use outcall_tests::{gate::Gate, gateway::Process};

use super::{ADMIN, Act, BINARY, House, Outcall, Replica, Script, ask};

#[tokio::test]
async fn a_gateway_is_alive_and_ready() {
    let house = House::new().await;
    let answers = [house.look("/healthz").await, house.look("/readyz").await];
    assert_eq!(
        answers.each_ref().map(|it| (it.status, it.text())),
        [(200, "alive\n".into()), (200, "ready\n".into())]
    );
}

/// Whoever balances the load has to know before the door is closed, and canisters must not notice anything.
#[tokio::test]
async fn readiness_fails_first_when_it_drains() {
    let gate = Gate::new();
    let mut house = House::with(Script::always(Act::Varying.held_at(&gate)), &[]).await;
    let pending = house.replica.start(&Outcall::post("/r").key("k")).await.unwrap();
    gate.reached().await;
    house.gateway.signal("TERM").await;
    house.gateway.said("draining").await;
    let ready = house.look("/readyz").await;
    assert_eq!((ready.status, ready.text()), (503, "draining\n".to_owned()));
    assert_eq!(house.look("/healthz").await.status, 200);
    assert!(house.look("/metrics").await.text().contains("\noutcall_draining 1\n"));
    assert!(house.look("/").await.text().contains("Draining"));
    gate.release();
    let answer = pending.answer().await.unwrap();
    assert_eq!((answer.status, &house.send(&Outcall::post("/r").key("k")).await), (200, &answer));
}

#[tokio::test]
async fn without_the_option_there_is_no_admin_port_and_the_door_knows_none_of_it() {
    let gateway = Process::start(BINARY, r#"{"/r": "http://127.0.0.1:1"}"#, &[]).await;
    for path in ["/healthz", "/readyz", "/metrics", "/", "/api/keys"] {
        assert_eq!(ask(gateway.addr(), &Outcall::get(path)).await.status, 404, "{path}");
    }
    gateway.signal("KILL").await;
    assert!(!gateway.last_words().await.1.contains("admin"));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_nothing_is_taken() {
    let house = House::new().await;
    for path in ["/nothing", "/metrics/", "/../", "/index.html"] {
        assert_eq!(house.look(path).await.status, 404, "{path}");
    }
    let post = Outcall::post("/").header("x-outcall-admin", "1");
    assert_eq!(ask(house.admin, &post).await.status, 405);
    let taken = Process::start(BINARY, r#"{"/r": "http://127.0.0.1:1"}"#, &ADMIN).await;
    assert_ne!(taken.admin(), house.admin);
    assert_eq!(Replica::new(house.admin).send(&Outcall::head("/")).await.unwrap().status, 200);
}
