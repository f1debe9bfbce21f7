//! The gateway, started with the variables that image, machine and unit give it: only their folders are a test's own, and
//! the port is a free one.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};

use super::{Dockerfile, Sections, Texts, files::variables};
use crate::cli::{BINARY, Folder};

/// What each of them sets, by name.
fn environments(texts: &Texts) -> [(&'static str, Vec<(String, String)>); 3] {
    let docker = Dockerfile::read(texts.of("Dockerfile"));
    let fly = Sections::read(texts.of("fly.toml"));
    let unit = Sections::read(texts.of("deploy/outcall-gateway.service"));
    let of = |path: &str, value: &dyn Fn(&str) -> String| {
        let named = variables(texts.of(path)).into_iter().map(|name| (name.to_owned(), value(name)));
        named.filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
    };
    [
        ("the image", of("Dockerfile", &|name| docker.env(name).to_owned())),
        ("fly.io", of("fly.toml", &|name| fly.one("env", name).to_owned())),
        ("systemd", of("deploy/outcall-gateway.service", &|name| unit.env(name).to_owned())),
    ]
}

#[tokio::test]
async fn with_the_variables_of_each_of_them_it_serves_is_healthy_and_drains() {
    let texts = Texts::read();
    for (whose, variables) in environments(&texts) {
        assert!(variables.len() >= 3, "{whose}: {variables:?}");
        let folder = Folder::with("proxy_conf.json", texts.of("proxy_conf.json"));
        let here = folder.path().display().to_string();
        let fitted = variables.into_iter().map(|(name, value)| {
            let value = ["/data", "/var/lib/outcall-gateway", "/etc/outcall-gateway"]
                .iter()
                .fold(value, |value, folder| value.replace(folder, &here));
            (name, value.replace(":8080", ":0").replace(":9090", ":0"))
        });
        let mut gateway = Command::new(BINARY)
            .arg("serve")
            .env_clear()
            .envs(fitted)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(gateway.stderr.take().unwrap()).lines();
        let address = loop {
            let line =
                lines.next_line().await.unwrap().unwrap_or_else(|| panic!("{whose}: it did not come up"));
            if let Some((_, address)) = line.split_once("listening http://") {
                break address.split(' ').next().unwrap().to_owned();
            }
        };
        assert!(address.starts_with("[::]:"), "{whose}: {address}");
        let asked = folder.run(&["health"], &[("OUTCALL_LISTEN", &address)]).await;
        assert_eq!(asked.code, Some(0), "{whose}: {asked:?}");
        assert!(folder.path().join("ledger").is_dir(), "{whose}: the ledger is elsewhere");
        let pid = gateway.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let mut rest = String::new();
        lines.into_inner().read_to_string(&mut rest).await.unwrap();
        assert!(gateway.wait().await.unwrap().success(), "{whose}: {rest}");
    }
}
