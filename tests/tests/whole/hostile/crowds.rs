//! Crowds: many connections that ask nothing, many that never end their request, many keys. The gateway is a process of
//! its own here, so that what it holds can be measured.

use std::fs;

use futures_util::{StreamExt, stream};
use outcall_gateway::server;
use outcall_tests::{
    gateway::Process,
    replica::{Outcall, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");
const MIB: u64 = 1024 * 1024;

/// A gateway with little room, behind which every new key has another answer.
async fn start() -> (Upstream, Process) {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = format!(
        r#"{{"/r": {{"upstream": "{}", "response": {{"max_bytes": 1000}}}}, "store": {{"room_bytes": {}}}}}"#,
        upstream.url("/u"),
        64 * MIB,
    );
    let gateway = Process::start(BINARY, &config, &["--store", "memory", "--log", "error"]).await;
    (upstream, gateway)
}

/// What the process holds in memory, in bytes.
fn held(gateway: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gateway.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// A subnet's burst is answered alike, from one upstream request.
async fn serves(gateway: &Process, key: &str) {
    let subnet = Subnet { replica: Replica::new(gateway.addr()), replicas: 13 };
    let answers = subnet.burst(&Outcall::post("/r").key(key).json("{}")).await;
    assert_eq!(agreed(&answers).status, 200);
}

/// Opens so many connections that have said this much.
async fn crowd(gateway: &Process, connections: usize, say: &[u8]) -> Vec<TcpStream> {
    let addr = gateway.addr();
    let open = stream::iter(0..connections).map(|_| async move {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(say).await.unwrap();
        stream
    });
    open.buffer_unordered(100).collect().await
}

#[tokio::test]
#[ignore = "needs 10,000 connections and some seconds; .ci/long runs it"]
async fn ten_thousand_connections_that_ask_nothing_or_only_begin_are_in_nobodys_way() {
    let allowed = server::raise_descriptor_limit().unwrap_or(u64::MAX);
    assert!(allowed > 11_000, "{allowed} open files are allowed (ulimit -n), expected 11,000");
    let begun =
        b"POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: never\r\ncontent-length: 9\r\n\r\nhal".as_slice();
    for (name, say, bytes_each_max) in [
        ("silent", b"".as_slice(), 16 * 1024),
        ("half a head", b"GET /r HTTP/1.1\r\nx: ", 32 * 1024),
        ("half a body", begun, 48 * 1024),
    ] {
        let (upstream, gateway) = start().await;
        serves(&gateway, "before").await;
        let before = held(&gateway);
        let connections = crowd(&gateway, 10_000, say).await;
        serves(&gateway, "during").await;
        let each = held(&gateway).saturating_sub(before) / 10_000;
        println!("{name}: {each} bytes for each of 10,000 connections");
        assert!(each <= bytes_each_max, "{name}: {each} bytes for each connection");
        drop(connections);
        serves(&gateway, "after").await;
        assert_eq!(upstream.hits(), 3, "{name}");
    }
}

#[tokio::test]
#[ignore = "makes a million calls; .ci/long runs it"]
async fn a_million_keys_take_no_more_than_their_room() {
    const KEYS: usize = 1_000_000;
    const WORKERS: usize = 64;
    let (_upstream, gateway) = start().await;
    serves(&gateway, "before").await;
    let replica = Replica::new(gateway.addr());
    let workers = (0..WORKERS).map(|worker| {
        let replica = replica.clone();
        tokio::spawn(async move {
            let mut session = replica.session().await.unwrap();
            let mut refused = 0;
            for number in 0..KEYS / WORKERS {
                let outcall = Outcall::post("/r").key(&format!("{worker}-{number}")).json("{}");
                let answer = session.send(&outcall).await.unwrap();
                match answer.status {
                    200 => {}
                    503 => refused += 1,
                    _ => panic!("{answer:?}"),
                }
            }
            refused
        })
    });
    let mut refused = 0;
    for worker in workers.collect::<Vec<_>>() {
        refused += worker.await.unwrap();
    }
    let held = held(&gateway) / MIB;
    println!("{refused} of {KEYS} keys found no room; the gateway holds {held} MiB");
    assert!(refused > 0, "the room was never full");
    assert!(held <= 256, "{held} MiB are held where 64 MiB of records are allowed");
    // Whoever was served before still is.
    serves(&gateway, "before").await;
}
