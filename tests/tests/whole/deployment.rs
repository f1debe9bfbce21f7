//! What deploys the gateway, the README and the code say the same: port, files, handlers, times.
//!
//! No image can be built here and no machine started, so this is what can be held: every value that has to fit another one
//! does, and each that is changed alone is noticed ([`changed`]).

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use outcall_gateway::{config::Config, limits};

mod changed;
mod files;
mod sections;
mod started;

use files::Dockerfile;
use sections::Sections;

/// The texts that have to agree, by their path in the repository.
#[derive(Clone)]
struct Texts(BTreeMap<&'static str, String>);

const FILES: [&str; 13] = [
    "Dockerfile",
    ".dockerignore",
    "fly.toml",
    "deploy/outcall-gateway.service",
    "proxy_conf.json",
    "README.md",
    "Cargo.toml",
    "gateway/Cargo.toml",
    "gateway/src/admin.rs",
    "gateway/src/cli.rs",
    "gateway/src/cli/read.rs",
    "gateway/src/cli/serve.rs",
    "gateway/src/server/tls.rs",
];

impl Texts {
    fn read() -> Self {
        let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let text =
            |path| std::fs::read_to_string(repository.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        Self(FILES.into_iter().map(|path| (path, text(path))).collect())
    }

    fn of(&self, path: &str) -> &str {
        &self.0[path]
    }

    /// What stands in a file between these two, the first time.
    fn between(&self, path: &str, before: &str, after: &str) -> &str {
        let found = self.of(path).split_once(before).and_then(|(_, rest)| rest.split_once(after));
        found.map_or("", |(found, _)| found)
    }
}

/// What does not agree, in words.
#[derive(Default)]
struct Disagreements(Vec<String>);

impl Disagreements {
    fn unless(&mut self, agrees: bool, what: impl Into<String>) {
        if !agrees {
            self.0.push(what.into());
        }
    }

    fn unless_all(&mut self, what: &str, expected: &str, found: &[&str]) {
        for (index, found) in found.iter().enumerate() {
            self.unless(*found == expected, format!("{what} {index}: {found:?} is not {expected:?}"));
        }
    }
}

fn seconds(text: &str) -> Duration {
    text.strip_suffix('s').unwrap_or(text).parse().map_or(Duration::ZERO, Duration::from_secs)
}

fn disagreements(texts: &Texts) -> Vec<String> {
    let mut found = Disagreements::default();
    let docker = Dockerfile::read(texts.of("Dockerfile"));
    let fly = Sections::read(texts.of("fly.toml"));
    let unit = Sections::read(texts.of("deploy/outcall-gateway.service"));
    addresses(texts, &docker, &fly, &unit, &mut found);
    places(texts, &docker, &fly, &unit, &mut found);
    ends(texts, &docker, &fly, &unit, &mut found);
    edge(texts, &fly, &mut found);
    admin(texts, &fly, &unit, &mut found);
    programs(texts, &docker, &unit, &mut found);
    found.0
}

/// Port and wildcard.
fn addresses(texts: &Texts, docker: &Dockerfile, fly: &Sections, unit: &Sections, found: &mut Disagreements) {
    let port = texts.between("gateway/src/cli/serve.rs", "const PORT: u16 = ", ";");
    // IPv6 included: replicas have no other.
    let listen = format!("[::]:{port}");
    let environments =
        [docker.env("OUTCALL_LISTEN"), fly.one("env", "OUTCALL_LISTEN"), unit.env("OUTCALL_LISTEN")];
    found.unless_all("OUTCALL_LISTEN", &listen, &environments);
    let readme = texts.between("README.md", "| `server.listen` | `\"", "\"`");
    found.unless_all("README's server.listen", &listen, &[readme]);
    let published = texts.between("Dockerfile", "docker run -p ", " ");
    found.unless_all("docker run -p", &format!("{port}:{port}"), &[published]);
    let ports = [docker.after("EXPOSE"), fly.one("services", "internal_port")];
    found.unless_all("EXPOSE, internal_port", port, &ports);
    found.unless_all("the variant's internal_port", port, &[fly.variant().one("services", "internal_port")]);
}

/// Folders and files.
fn places(texts: &Texts, docker: &Dockerfile, fly: &Sections, unit: &Sections, found: &mut Disagreements) {
    let state = format!("/var/lib/{}", unit.one("Service", "StateDirectory"));
    let places = [
        ("Dockerfile", docker.env("OUTCALL_STORE"), docker.after("VOLUME")),
        ("fly.toml", fly.one("env", "OUTCALL_STORE"), fly.one("mounts", "destination")),
        ("the unit", unit.env("OUTCALL_STORE"), &state),
    ];
    for (file, store, kept) in places {
        // Not the mount itself, in which a file system may have put something (`lost+found`).
        let below = store.strip_prefix("disk:").and_then(|folder| folder.strip_prefix(kept));
        let fits = kept.len() > 1 && below.is_some_and(|below| below.starts_with('/') && below.len() > 1);
        found.unless(fits, format!("{file}: the store {store:?} is not below {kept:?}"));
    }
    found.unless(
        docker.text.contains(&format!("install -d -m 0750 -o outcall -g outcall {}", docker.after("VOLUME"))),
        "the volume belongs to the user",
    );
    found.unless_all("WORKDIR", docker.after("VOLUME"), &[docker.last("WORKDIR")]);
    found.unless_all("WorkingDirectory", &state, &[unit.one("Service", "WorkingDirectory")]);
    let config = docker.env("OUTCALL_CONFIG");
    let configs = [
        fly.one("env", "OUTCALL_CONFIG"),
        fly.one("files", "guest_path"),
        unit.env("OUTCALL_CONFIG"),
        texts.between("Dockerfile", "./proxy_conf.json:", ":ro"),
    ];
    found.unless_all("the configuration's file", config, &configs);
    let name = texts.between("gateway/src/cli/read.rs", "const DEFAULT: &str = \"", "\"");
    found.unless(config.ends_with(&format!("/{name}")), format!("{config} is not called {name}"));
    found.unless_all("the routes that go to fly.io", name, &[fly.one("files", "local_path")]);
    found.unless(FILES.contains(&name), format!("{name} is not there"));
}

/// How it is told to stop, and how long it is given.
fn ends(texts: &Texts, docker: &Dockerfile, fly: &Sections, unit: &Sections, found: &mut Disagreements) {
    let drain = Config::parse(texts.of("proxy_conf.json"), &|_| None)
        .map_or(Duration::MAX, |config| config.server.drain);
    found.unless(drain == limits::DRAIN_DEFAULT, "proxy_conf.json has a drain of its own");
    let said = format!("{} s", drain.as_secs());
    for path in ["Dockerfile", "fly.toml", "deploy/outcall-gateway.service"] {
        found.unless(
            texts.of(path).contains(&format!("drain ({said})")),
            format!("{path} does not say drain ({said})"),
        );
    }
    let readme = texts.between("README.md", "| `server.drain` | `\"", "\"`");
    found.unless(seconds(readme) == drain, format!("README: server.drain is {readme}"));
    // The drain, the last bytes of its connections, what the store and the runtime have left, the last spans, and a margin.
    let least = drain + 3 * limits::CLOSE_GRACE + limits::SPANS_FLUSH + Duration::from_secs(5);
    let docker_stop = texts.between("Dockerfile", "--stop-timeout ", " ");
    let fly_kill = fly.one("top", "kill_timeout");
    for (whose, given) in
        [("docker", docker_stop), ("fly.io", fly_kill), ("systemd", unit.one("Service", "TimeoutStopSec"))]
    {
        found.unless(seconds(given) >= least, format!("{whose} gives {given}, a drain takes {least:?}"));
    }
    found.unless(seconds(fly_kill) <= Duration::from_secs(300), "fly.io kills after 5 minutes at the latest");
    let signals =
        [fly.one("top", "kill_signal"), unit.one("Service", "KillSignal"), docker.after("STOPSIGNAL")];
    found.unless_all("the signal", "SIGTERM", &signals);
    let code = texts.of("gateway/src/cli/serve.rs");
    found.unless(code.contains("SignalKind::terminate()"), "the gateway does not listen for SIGTERM");
    // Until the gateway listens for it SIGHUP is its end.
    let reloads = unit.one("Service", "ExecReload") == "/bin/kill -HUP $MAINPID";
    let heard = code.contains("SignalKind::hangup()");
    found.unless(
        reloads == heard,
        format!("the unit reloads: {reloads}, the gateway listens for SIGHUP: {heard}"),
    );
}

/// What fly.io's edge does, and how many machines there are.
fn edge(texts: &Texts, fly: &Sections, found: &mut Disagreements) {
    found.unless_all("handlers", "[\"tls\"]", &fly.all("services.ports", "handlers"));
    found.unless_all("the port of the world", "443", &fly.all("services.ports", "port"));
    found.unless(!texts.of("fly.toml").contains("[http_service]"), "an HTTP handler in front");
    let alpn = texts.between("gateway/src/server/tls.rs", "alpn_protocols = vec![", "];");
    let alpn = alpn.replace("b\"", "\"").replace(".to_vec()", "");
    found.unless_all("alpn", &format!("[{alpn}]"), &[fly.one("services.ports.tls_options", "alpn")]);
    for (name, services, machines) in [("fly.toml", fly, "1"), ("its variant", &fly.variant(), "2")] {
        found.unless_all(name, "off", &[services.one("services", "auto_stop_machines")]);
        found.unless_all(name, "false", &[services.one("services", "auto_start_machines")]);
        found.unless_all(name, machines, &[services.one("services", "min_machines_running")]);
    }
    let limit = fly.one("services.concurrency", "hard_limit");
    found.unless_all("connections", &limits::CONNECTIONS_DEFAULT.to_string(), &[limit]);
    let timeout = seconds(fly.one("services.tcp_checks", "timeout"));
    found.unless(timeout >= limits::HEALTH_TIMEOUT, "fly.io's check waits too short");
}

/// Where health and metrics are asked for.
fn admin(texts: &Texts, fly: &Sections, unit: &Sections, found: &mut Disagreements) {
    let port = fly.one("checks.ready", "port");
    found.unless_all("OUTCALL_ADMIN", &format!("[::]:{port}"), &[fly.one("env", "OUTCALL_ADMIN")]);
    found.unless_all("the unit's OUTCALL_ADMIN", &format!("[::1]:{port}"), &[unit.env("OUTCALL_ADMIN")]);
    found.unless_all("the port of metrics", port, &[fly.one("metrics", "port")]);
    let published = fly.all("services", "internal_port");
    found.unless(!published.contains(&port), "the admin port is open to the world");
    for (section, expected) in [("checks.ready", "/readyz"), ("metrics", "/metrics")] {
        let path = fly.one(section, "path");
        let is_served = texts.of("gateway/src/admin.rs").contains(&format!("\"{path}\" =>"));
        found.unless(path == expected && is_served, format!("{section}: nobody serves {path:?}"));
    }
}

/// The program, its user, and what it is allowed.
fn programs(texts: &Texts, docker: &Dockerfile, unit: &Sections, found: &mut Disagreements) {
    let name = texts.between("gateway/Cargo.toml", "name = \"", "\"");
    let binary = format!("/usr/local/bin/{name}");
    found.unless_all("ENTRYPOINT", &format!("[\"{binary}\"]"), &[docker.after("ENTRYPOINT")]);
    found.unless_all("ExecStart", &format!("{binary} serve"), &[unit.one("Service", "ExecStart")]);
    let health = format!("CMD [\"{binary}\", \"health\"]");
    found.unless(docker.after("HEALTHCHECK").ends_with(&health), "HEALTHCHECK asks something else");
    found.unless(texts.of("gateway/src/cli.rs").contains("    Health(Health),"), "there is no `health`");
    let timeout = seconds(texts.between("Dockerfile", "--timeout=", " "));
    found.unless(timeout >= 2 * limits::HEALTH_TIMEOUT, "docker's check waits too short for two addresses");
    found.unless(docker.text.contains(&format!("--package {name} --bin {name}")), "the package is another");
    found.unless(
        docker.text.contains(&format!("target/release/{name} {binary}\n")),
        "the binary is copied elsewhere",
    );
    let recipe = docker.text.contains("cargo chef prepare --recipe-path recipe.json\n");
    found.unless(recipe, "a recipe of one program does not fit Cargo.lock");
    let rust = texts.between("Cargo.toml", "rust-version = \"", "\"");
    found.unless(
        docker.text.contains(&format!("FROM rust:{rust}-")),
        format!("the image's Rust is not {rust}"),
    );
    found.unless(
        docker.last("USER").split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)),
        "root runs it",
    );
    found.unless_all("DynamicUser", "yes", &[unit.one("Service", "DynamicUser")]);
    let descriptors =
        [unit.one("Service", "LimitNOFILE"), texts.between("Dockerfile", "--ulimit nofile=", ":")];
    for given in descriptors.map(|given| given.parse::<usize>().unwrap_or_default()) {
        found.unless(given >= 2 * limits::CONNECTIONS_DEFAULT, format!("{given} open files are too few"));
    }
    for path in ["Dockerfile", "fly.toml", "deploy/outcall-gateway.service"] {
        for variable in files::variables(texts.of(path)) {
            let known = texts.of("gateway/src/cli.rs").contains(&format!("env = \"{variable}\""));
            found.unless(known, format!("{path}: nobody reads {variable}"));
        }
    }
    let ignored: Vec<&str> = texts.of(".dockerignore").lines().collect();
    for needed in ["target", ".git", "*.pem", ".env"] {
        found.unless(ignored.contains(&needed), format!(".dockerignore lets {needed} in"));
    }
    for member in
        texts.between("Cargo.toml", "members = [", "]").split(", ").map(|member| member.trim_matches('"'))
    {
        found.unless(!ignored.contains(&member), format!(".dockerignore keeps the member {member} out"));
    }
}

#[test]
fn everything_that_deploys_the_gateway_agrees() {
    let found = disagreements(&Texts::read());
    assert!(found.is_empty(), "{found:#?}");
}

/// Its program is not installed here, so another one stands in for it.
#[test]
#[cfg_attr(not(systemd), ignore = "there is no systemd-analyze")]
fn systemd_understands_the_unit() {
    let unit = Texts::read().of("deploy/outcall-gateway.service").to_owned();
    let verified = |unit: &str| {
        let folder = crate::cli::Folder::with("outcall-gateway.service", unit);
        let file = folder.path().join("outcall-gateway.service");
        let run = std::process::Command::new("systemd-analyze").arg("verify").arg(file).output().unwrap();
        (run.status.success(), String::from_utf8(run.stderr).unwrap())
    };
    let unit = unit.replace("ExecStart=/usr/local/bin/outcall-gateway", "ExecStart=/bin/true");
    assert_eq!(verified(&unit), (true, String::new()));
    let (_, said) = verified(&unit.replace("ProtectSystem=strict", "ProtectSystem=everything"));
    assert!(said.contains("ignoring: everything"), "the control: {said:?}");
}
