//! The control: each value that has to fit another one, changed alone, is noticed.

use super::{Texts, disagreements};

const UNIT: &str = "deploy/outcall-gateway.service";

/// File, what stands there, what is put in its place.
const CHANGES: [(&str, &str, &str); 65] = [
    ("Dockerfile", "OUTCALL_LISTEN=\"[::]:8080\"", "OUTCALL_LISTEN=\"[::]:8081\""),
    ("Dockerfile", "OUTCALL_LISTEN=\"[::]:8080\"", "OUTCALL_LISTEN=\"0.0.0.0:8080\""),
    ("Dockerfile", "OUTCALL_STORE=\"disk:/data/ledger\"", "OUTCALL_STORE=\"memory\""),
    ("Dockerfile", "OUTCALL_STORE=\"disk:/data/ledger\"", "OUTCALL_STORE=\"disk:/data\""),
    ("Dockerfile", "OUTCALL_STORE=", "OUTCALL_LEDGER="),
    ("Dockerfile", "/etc/outcall-gateway/proxy_conf.json\"\n", "/etc/outcall-gateway/routes.json\"\n"),
    ("Dockerfile", "proxy_conf.json:ro", "routes.json:ro"),
    ("Dockerfile", "EXPOSE 8080", "EXPOSE 80"),
    ("Dockerfile", "VOLUME /data", "VOLUME /ledger"),
    ("Dockerfile", "-o outcall -g outcall /data", "-o root -g root /data"),
    ("Dockerfile", "WORKDIR /data", "WORKDIR /"),
    ("Dockerfile", "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL"),
    ("Dockerfile", "USER 10001:10001", "USER 0:0"),
    ("Dockerfile", "\"health\"]", "\"healthy\"]"),
    ("Dockerfile", "--timeout=3s", "--timeout=1s"),
    ("Dockerfile", "--stop-timeout 40", "--stop-timeout 30"),
    ("Dockerfile", "drain (30 s)", "drain (20 s)"),
    ("Dockerfile", "-p 8080:8080", "-p 8080:80"),
    ("Dockerfile", "nofile=65536", "nofile=16384"),
    ("Dockerfile", "FROM rust:1.95-", "FROM rust:1.94-"),
    ("Dockerfile", "ENTRYPOINT [\"/usr/local/bin/", "ENTRYPOINT [\"/usr/bin/"),
    ("Dockerfile", "--recipe-path recipe.json\n\nFROM", "--recipe-path recipe.json --bin gateway\n\nFROM"),
    ("Dockerfile", "--bin outcall-gateway \\", "--bin gateway \\"),
    (".dockerignore", "*.pem\n", ""),
    (".dockerignore", "docs\n", "docs\nprotocol\n"),
    ("fly.toml", "kill_timeout = \"40s\"", "kill_timeout = \"30s\""),
    ("fly.toml", "kill_timeout = \"40s\"", "kill_timeout = \"301s\""),
    ("fly.toml", "kill_signal = \"SIGTERM\"", "kill_signal = \"SIGINT\""),
    ("fly.toml", "OUTCALL_LISTEN = \"[::]:8080\"", "OUTCALL_LISTEN = \"[::]:80\""),
    ("fly.toml", "OUTCALL_STORE = \"disk:/data/ledger\"", "OUTCALL_STORE = \"disk:/ledger\""),
    ("fly.toml", "OUTCALL_CONFIG = \"/etc", "OUTCALL_CONFIG = \"/usr/etc"),
    ("fly.toml", "guest_path = \"/etc", "guest_path = \"/usr/etc"),
    ("fly.toml", "local_path = \"proxy_conf.json\"", "local_path = \"routes.json\""),
    ("fly.toml", "destination = \"/data\"", "destination = \"/ledger\""),
    ("fly.toml", "\ninternal_port = 8080", "\ninternal_port = 80"),
    ("fly.toml", "#: internal_port = 8080", "#: internal_port = 80"),
    ("fly.toml", "handlers = [\"tls\"]", "handlers = [\"tls\", \"http\"]"),
    ("fly.toml", "port = 443", "port = 80"),
    ("fly.toml", "alpn = [\"h2\", \"http/1.1\"]", "alpn = [\"http/1.1\"]"),
    ("fly.toml", "\nauto_stop_machines = \"off\"", "\nauto_stop_machines = \"stop\""),
    ("fly.toml", "\nauto_start_machines = false", "\nauto_start_machines = true"),
    ("fly.toml", "\nmin_machines_running = 1", "\nmin_machines_running = 2"),
    ("fly.toml", "#: min_machines_running = 2", "#: min_machines_running = 1"),
    ("fly.toml", "hard_limit = 16384", "hard_limit = 1000"),
    ("fly.toml", "timeout = \"2s\"", "timeout = \"0s\""),
    ("fly.toml", "path = \"/readyz\"", "path = \"/ready\""),
    ("fly.toml", "path = \"/metrics\"", "path = \"/healthz\""),
    ("fly.toml", "OUTCALL_ADMIN = \"[::]:9090\"", "OUTCALL_ADMIN = \"[::1]:9090\""),
    ("fly.toml", "port = 9090\nmethod", "port = 9091\nmethod"),
    ("gateway/src/admin.rs", "\"/readyz\" =>", "\"/ready\" =>"),
    (UNIT, "OUTCALL_ADMIN=[::1]", "OUTCALL_ADMIN=[::]"),
    (UNIT, "OUTCALL_LISTEN=[::]:8080", "OUTCALL_LISTEN=127.0.0.1:8080"),
    (UNIT, "StateDirectory=outcall-gateway", "StateDirectory=gateway"),
    (UNIT, "OUTCALL_CONFIG=/etc", "OUTCALL_CONFIG=/usr/etc"),
    (UNIT, "KillSignal=SIGTERM", "KillSignal=SIGKILL"),
    (UNIT, "TimeoutStopSec=40s", "TimeoutStopSec=35s"),
    (UNIT, "LimitNOFILE=65536", "LimitNOFILE=16384"),
    (UNIT, "DynamicUser=yes", "DynamicUser=no"),
    (UNIT, "ExecStart=/usr/local/bin/", "ExecStart=/usr/bin/"),
    ("proxy_conf.json", "{", "{\"server\": {\"drain\": \"60s\"},"),
    ("README.md", "| `server.drain` | `\"30s\"`", "| `server.drain` | `\"20s\"`"),
    ("README.md", "| `server.listen` | `\"[::]:8080\"`", "| `server.listen` | `\"[::]:80\"`"),
    ("gateway/src/cli/serve.rs", "const PORT: u16 = 8080", "const PORT: u16 = 8000"),
    ("gateway/src/cli/read.rs", "\"proxy_conf.json\"", "\"gateway.json\""),
    ("gateway/src/server/tls.rs", "b\"h2\".to_vec(), ", ""),
];

#[test]
fn each_value_that_is_changed_alone_is_noticed() {
    let texts = Texts::read();
    for (path, from, to) in CHANGES {
        let mut changed = texts.clone();
        assert!(texts.of(path).contains(from), "{path} has no {from:?} any more");
        changed.0.insert(path, texts.of(path).replacen(from, to, 1));
        assert!(!disagreements(&changed).is_empty(), "nobody notices {to:?} in {path}");
    }
}

#[test]
fn a_unit_that_reloads_and_a_gateway_that_hears_it_belong_together() {
    let mut texts = Texts::read();
    let reload = "ExecReload=/bin/kill -HUP $MAINPID\n";
    let unit = texts.of(UNIT);
    let changed = if unit.contains(reload) {
        unit.replace(reload, "")
    } else {
        unit.replace("[Install]", &format!("{reload}\n[Install]"))
    };
    texts.0.insert(UNIT, changed);
    assert!(!disagreements(&texts).is_empty());
}
