//! `health`: what the health check of a container asks.

use outcall_tests::gateway::Process;
use tokio::net::TcpListener;

use super::{BINARY, Folder};

#[tokio::test]
async fn a_gateway_that_takes_connections_is_healthy_and_hears_nothing_of_it() {
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    let gateway = Process::start_in(folder.path(), BINARY, &[]).await;
    let (address, port) = (gateway.addr().to_string(), gateway.addr().port());
    let everywhere = [format!("0.0.0.0:{port}"), format!("[::]:{port}")];
    for listen in [&address, &everywhere[0], &everywhere[1]] {
        let ran = folder.run(&["health", "--listen", listen], &[]).await;
        assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), "", ""), "{listen}");
    }
    let ran = folder.run(&["health"], &[("OUTCALL_LISTEN", &address)]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    gateway.signal("TERM").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success(), "{said}");
    let noted: Vec<&str> =
        said.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect();
    assert!(
        noted.len() == 1 && noted[0].contains("the ledger is in memory"),
        "a check is not news: {noted:?}"
    );
}

/// The control, and what it says.
#[tokio::test]
async fn where_nobody_listens_it_fails_and_names_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let folder = Folder::new();
    let ran = folder.run(&["health", "--listen", &free.to_string()], &[]).await;
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
    assert!(ran.stderr.starts_with(&format!("outcall-gateway: {free}: ")), "{ran:?}");
}
