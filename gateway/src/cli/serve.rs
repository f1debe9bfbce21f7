//! `outcall-gateway serve`: wires the parts, says what it serves, and runs until a signal.

use std::{
    error::Error,
    io::IsTerminal,
    net::{Ipv6Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{
    LogFormat, MISUSE, Serve, fly,
    read::{self, Routes},
    store::{self, Store},
};
use crate::{App, DemoUpstream, Network, config::Config, limits, server};

/// The port, unless the command line or the configuration names another.
pub(super) const PORT: u16 = 8080;

pub(super) fn run(serve: Serve) -> ExitCode {
    let filter = match EnvFilter::try_new(&serve.log) {
        Ok(filter) => filter,
        Err(error) => {
            return misuse(&format!("--log: found {:?}, expected a log filter: {error}", serve.log));
        }
    };
    log_to_stderr(serve.log_format, filter);
    let routes = if serve.with_demo_upstream { Routes::OfProgramToo } else { Routes::OfFile };
    let (mut config, path) = match read::config(&serve.file, routes) {
        Ok(read) => read,
        Err(unread) => return misuse(&unread.to_string()),
    };
    if serve.with_demo_upstream && config.routes.iter().any(|route| &*route.path == DemoUpstream::ROUTE) {
        return misuse("--with-demo-upstream: found a route /demo in the configuration, expected none");
    }
    let store = match Store::named(&serve.store) {
        Ok(store) => store,
        Err(message) => return misuse(&message),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let done = runtime.block_on(async {
        let demo = if serve.with_demo_upstream { Some(DemoUpstream::start().await?) } else { None };
        if let Some(demo) = &demo {
            config.routes.push(demo.route()?);
        }
        serve_until_told(&serve, store, config, path.as_deref()).await
    });
    // A look-up that hangs must not keep the process.
    runtime.shutdown_timeout(limits::CLOSE_GRACE);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

async fn serve_until_told(
    serve: &Serve,
    store: Store,
    config: Config,
    path: Option<&std::path::Path>,
) -> Result<(), Box<dyn Error>> {
    let shutdown = Shutdown::listen()?;
    if store.is_local() && !serve.several_ledgers {
        fly::check(&store).await?;
    }
    warn_of_few_descriptors(&config);
    warn_of_a_short_drain(&config);
    let wildcard = SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT));
    let address = serve.listen.or(config.server.listen).unwrap_or(wildcard);
    let listener = server::listen(address).map_err(|error| format!("cannot listen on {address}: {error}"))?;
    let store = store.open(&config, serve.redis_may_forget).await?;
    let address = listener.local_addr()?;
    let app = Arc::new(App::new(config.clone(), store.ledger.clone(), Network::default())?);
    let opened = server::Opened::new(listener, app)?;
    // Said when nothing can go wrong any more.
    announce(&config, path, &store, address);
    store.warn();
    opened.run(shutdown.requested()).await;
    store.leave().await;
    Ok(())
}

/// A call that may outlast the drain may be cut off by it.
fn warn_of_a_short_drain(config: &Config) {
    for route in config.routes.iter().filter(|route| route.timeout > config.server.drain) {
        let (timeout, drain) = (route.timeout, config.server.drain);
        tracing::warn!(
            route = &*route.path,
            ?timeout,
            ?drain,
            "calls of this route may be cut off by the drain"
        );
    }
}

/// Every connection takes a descriptor, and the calls upstream take some more.
fn warn_of_few_descriptors(config: &Config) {
    let connections = config.server.connections as u64;
    match server::raise_descriptor_limit() {
        Some(allowed) if allowed <= connections => {
            tracing::warn!(
                allowed,
                connections,
                "fewer open files are allowed (ulimit -n) than server.connections"
            );
        }
        _ => {}
    }
}

/// Says what is served, to whoever started it.
fn announce(config: &Config, path: Option<&std::path::Path>, store: &store::Opened, address: SocketAddr) {
    let source = path.map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
    let scheme = if config.server.tls.is_some() { "https" } else { "http" };
    eprintln!("outcall-gateway {} · configuration: {source}\n", env!("CARGO_PKG_VERSION"));
    eprintln!("{}", config.summary());
    eprintln!("store     {store}");
    eprintln!(
        "listening {scheme}://{address}{}\n",
        if address.ip().is_unspecified() { " (all addresses)" } else { "" }
    );
}

/// SIGTERM or Ctrl-C. The first one drains; the second one does not wait.
struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
}

impl Shutdown {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    async fn requested(mut self) {
        self.next().await;
        tracing::info!("stopping; a second signal stops at once");
        tokio::spawn(async move {
            self.next().await;
            tracing::warn!("stopped at once: what was in flight is lost");
            std::process::exit(1);
        });
    }
}

fn log_to_stderr(format: LogFormat, filter: EnvFilter) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Human => log.compact().init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

fn misuse(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(MISUSE)
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("outcall-gateway: {error}");
    ExitCode::FAILURE
}
