//! `serve`, and what goes before it.

use std::{net::SocketAddr, process::Stdio};

use outcall_tests::{
    gateway::Process,
    replica::{Outcall, Replica},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::Command,
};

use super::{BINARY, Folder};

#[tokio::test]
async fn help_and_version_are_told() {
    let folder = Folder::new();
    let ran = folder.run(&["--version"], &[]).await;
    let version = concat!("outcall-gateway ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), version, ""));
    let ran = folder.run(&["--help"], &[]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for word in
        ["check", "serve", "--config", "--listen", "--with-demo-upstream", "--log-format", "OUTCALL_CONFIG"]
    {
        assert!(ran.stdout.contains(word), "{word} is missing in\n{}", ran.stdout);
    }
    assert_eq!(folder.run(&["check", "--help"], &[]).await.code, Some(0));
}

#[tokio::test]
async fn what_the_command_line_gets_wrong_is_misuse() {
    let folder = Folder::with("proxy_conf.json", r#"{"/demo": "http://127.0.0.1:1"}"#);
    for (arguments, said) in [
        (&["--nonsense"][..], "--nonsense"),
        (&["chekc"], "chekc"),
        (&["--listen", "nowhere"], "nowhere"),
        (&["--store", "paper"], "paper"),
        (&["--log-format", "xml"], "xml"),
        (&["--log", "a=b=c"], "--log"),
        (&["--with-demo-upstream"], "/demo"),
    ] {
        let ran = folder.run(arguments, &[]).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
}

#[tokio::test]
async fn a_taken_address_is_a_failure_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    for (arguments, env) in [(&["--listen", &addr][..], &[][..]), (&[], &[("OUTCALL_LISTEN", &*addr)])] {
        let ran = folder.run(arguments, env).await;
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(&addr) && !ran.stderr.contains("listening"), "{ran:?}");
        assert!(ran.stderr.contains(&format!("cannot listen on {addr}: ")), "{ran:?}");
        assert!(
            ran.stderr.contains("--listen 127.0.0.1:") && ran.stderr.contains("server.listen"),
            "{ran:?}"
        );
    }
    let ran = folder.run(&["--listen", "127.0.0.1:0", "--admin", &addr], &[]).await;
    assert!(ran.stderr.contains("named by --admin 127.0.0.1:"), "{ran:?}");
    let listen = format!(r#"{{"server": {{"listen": "{addr}"}}, "/r": "http://127.0.0.1:1"}}"#);
    let ran = Folder::with("proxy_conf.json", &listen).run(&[], &[]).await;
    assert_eq!((ran.code, ran.stderr.contains(&addr)), (Some(1), true), "{ran:?}");
}

#[tokio::test]
async fn files_that_cannot_be_used_are_failures_that_name_them_and_nothing_listens() {
    for (server, named) in [
        (r#""upstream_ca": "/nowhere/ca.pem""#, "/nowhere/ca.pem"),
        (r#""tls": {"certificate": "/nowhere/cert.pem", "key": "/nowhere/key.pem"}"#, "/nowhere/cert.pem"),
    ] {
        let config = format!(r#"{{"server": {{{server}}}, "/r": "http://127.0.0.1:1"}}"#);
        let ran = Folder::with("proxy_conf.json", &config).run(&["--listen", "127.0.0.1:0"], &[]).await;
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(named), "{ran:?}");
        assert!(!ran.stderr.contains("listening"), "it says that it listens and does not: {ran:?}");
    }
}

#[tokio::test]
async fn the_print_at_the_start_names_every_route_and_the_address() {
    let folder = Folder::with(
        "proxy_conf.json",
        r#"{"/price": "https://api.example.com/v1/price", "/pay": {"upstream": "https://pay.example.com"},}"#,
    );
    let gateway = Process::start_in(folder.path(), BINARY, &[]).await;
    let address = gateway.addr();
    gateway.signal("INT").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success(), "{said}");
    for named in [
        "configuration: proxy_conf.json",
        "\n/price\n",
        "https://api.example.com/v1/price\n",
        "\n/pay\n",
        "https://pay.example.com/\n",
        "a restart forgets every key",
        &format!("listening http://{address}\n"),
    ] {
        assert!(said.contains(named), "{named:?} is missing in\n{said}");
    }
}

/// Whoever starts a gateway reads stderr for its address; stdout stays free for the commands whose answer it is.
#[tokio::test]
async fn on_a_free_port_the_address_is_told_on_stderr_and_nothing_on_stdout() {
    let folder = Folder::new();
    let mut gateway = Command::new(BINARY)
        .args([
            "--with-demo-upstream",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--store",
            "memory",
        ])
        .env_clear()
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(gateway.stderr.take().unwrap()).lines();
    let address: SocketAddr = loop {
        let line = stderr.next_line().await.unwrap().unwrap();
        if let Some(address) = line.strip_prefix("listening http://") {
            break address.parse().unwrap();
        }
    };
    assert_ne!(address.port(), 0);
    // A line of the log, too.
    assert_eq!(Replica::new(address).send(&Outcall::get("/none")).await.unwrap().status, 404);
    let pid = gateway.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let said = gateway.wait_with_output().await.unwrap();
    assert_eq!((said.status.code(), String::from_utf8(said.stdout).unwrap().as_str()), (Some(0), ""));
}

/// The name of the app leads nowhere here: that is said, and no reason to stay away; what ends it is the taken address.
#[tokio::test]
async fn on_fly_io_the_other_machines_are_looked_for_where_the_ledger_is_local() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    let on_fly = ("FLY_APP_NAME", "nowhere.invalid");
    for (arguments, env, looked) in [
        (&["--store", "memory"][..], &[on_fly][..], true),
        (&["--store", "disk:ledger"], &[on_fly], true),
        (&["--store", "memory", "--several-ledgers"], &[on_fly], false),
        (&["--store", "redis://127.0.0.1:1"], &[on_fly], false),
        (&["--store", "memory"], &[], false),
    ] {
        let ran = folder.run(&[&["--listen", &addr], arguments].concat(), env).await;
        let said = ran.stderr.contains("whether the app has other machines could not be looked up");
        assert_eq!((ran.code, said), (Some(1), looked), "{arguments:?}: {ran:?}");
    }
}
