//! The first five minutes: `--with-demo-upstream` in an empty folder.

use outcall_tests::{
    gateway::Process,
    replica::{Outcall, Replica, Subnet, agreed},
};

use super::{BINARY, Folder};

#[tokio::test]
async fn the_demo_shows_one_answer_for_every_replica() {
    let folder = Folder::new();
    let gateway = Process::start_in(folder.path(), BINARY, &["--with-demo-upstream"]).await;
    let address = gateway.addr();
    let replica = Replica::new(address);
    let gets = [
        replica.send(&Outcall::get("/demo")).await.unwrap(),
        replica.send(&Outcall::get("/demo")).await.unwrap(),
    ];
    assert_eq!(agreed(&gets).status, 200);
    let pay = |key: &str| Outcall::post("/demo").key(key).json("{}");
    let paid = Subnet::new(gateway.addr(), 13).burst(&pay("one")).await;
    assert_eq!(agreed(&paid).json()["upstream_requests"], 2, "after the GET");
    let again = replica.send(&pay("two")).await.unwrap();
    assert_ne!(again, paid[0], "the control: another key is another call");
    assert_eq!(replica.send(&pay("one")).await.unwrap(), paid[0]);
    gateway.signal("TERM").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success() && said.contains("\n/demo\n"), "{said}");
    let told = format!(
        "listening http://{address}\ntry       curl -i http://{address}/demo -H 'Idempotency-Key: order-42' -d '{{\"amount\": 1}}'\n\n"
    );
    assert!(said.contains(&told), "{said}");
}

#[tokio::test]
async fn the_demo_stands_beside_the_routes_of_a_file() {
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    let gateway = Process::start_in(folder.path(), BINARY, &["serve", "--with-demo-upstream"]).await;
    let replica = Replica::new(gateway.addr());
    assert_eq!(replica.send(&Outcall::get("/demo")).await.unwrap().status, 200);
    assert_eq!(replica.send(&Outcall::get("/r")).await.unwrap().status, 502);
}
