//! `outcall-gateway serve`: wires the parts, says what it serves, and runs until a signal.

use std::{
    error::Error,
    net::{Ipv6Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{
    MISUSE, NAME, Otlp, Serve, admin, fly, listen, log,
    read::{self, Read, Routes},
    store::Store,
};
use crate::{
    App, DemoUpstream, Network,
    activity::InFlight,
    admin::Complaints,
    config::{Config, Route},
    limits,
    reload::{Parse, Reload},
    server,
    traces::{Collector, Export, WrongCollector},
};

mod start;

use start::Start;

/// The port, unless the command line or the configuration names another.
pub(super) const PORT: u16 = 8080;

pub(super) fn run(serve: Serve) -> ExitCode {
    let filter = match log::filter(&serve.log) {
        Ok(filter) => filter,
        Err(error) => {
            return misuse(&format!("--log: found {:?}, expected a log filter: {error}", serve.log));
        }
    };
    let complaints = Complaints::default();
    log::to_stderr(serve.log_format, filter, complaints.clone());
    let routes = if serve.with_demo_upstream { Routes::OfProgramToo } else { Routes::OfFile };
    let mut read = match read::config(&serve.file, routes) {
        Ok(read) => read,
        Err(unread) => return misuse(&format!("{unread}{}", unread.or_the_demo())),
    };
    if serve.with_demo_upstream && has_demo(&read.config) {
        return misuse(DEMO_TWICE);
    }
    let store = match Store::named(&serve.store) {
        Ok(store) => store,
        Err(message) => return misuse(&message),
    };
    let admin = match admin::Planned::new(serve.admin, &serve.guard) {
        Ok(admin) => admin,
        Err(wrong) => return misuse(&wrong.to_string()),
    };
    let collector = match collector(&serve.otlp, &read.config) {
        Ok(collector) => collector,
        Err(wrong) => return misuse(&wrong.to_string()),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let done = runtime.block_on(async {
        let demo = if serve.with_demo_upstream { Some(DemoUpstream::start().await?) } else { None };
        let demo = demo.map(|demo| demo.route()).transpose()?;
        read.config.routes.extend(demo.clone());
        serve_until_told(&serve, store, (read, demo), (admin, complaints), collector).await
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
    (read, demo): (Read, Option<Arc<Route>>),
    (admin, complaints): (Option<admin::Planned>, Complaints),
    collector: Option<Collector>,
) -> Result<(), Box<dyn Error>> {
    // From here on it is a wish to look at the file, not the end of the process.
    let hangup = signal(SignalKind::hangup())?;
    let Read { config, path, text } = read;
    let shutdown = Shutdown::listen()?;
    if store.is_local() && !serve.several_ledgers {
        fly::check(&store).await?;
    }
    warn_of_few_descriptors(&config);
    warn_of_a_short_drain(&config);
    let wildcard = SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT));
    let address = serve.listen.or(config.server.listen).unwrap_or(wildcard);
    let listener = listen::at(address, listen::Named::Door)?;
    let admin = admin.map(admin::Planned::open).transpose()?;
    let store = store.open(&config, serve.redis_may_forget).await?;
    let address = listener.local_addr()?;
    let app = Arc::new(App::new(config.clone(), store.ledger.clone(), Network::default())?);
    let opened = server::Opened::new(listener, app.clone())?;
    // Said when nothing can go wrong any more.
    let start = Start {
        config: &config,
        path: text.as_ref().map(|_| &*path),
        store: &store,
        admin: admin.as_ref(),
        collector: collector.as_ref(),
        address,
        demo: demo.is_some(),
    };
    start.announce();
    store.warn();
    let reload = Reload::new(app.clone(), path.clone(), text, reparse(path, demo));
    let reloading = tokio::spawn(reload.run(hangup));
    let traced = CancellationToken::new();
    let exporting = collector.and_then(|collector| Export::new(app.clone(), collector));
    let exporting = exporting.map(|export| tokio::spawn(export.run(traced.clone())));
    let served = opened.run(shutdown.requested(app.clone()));
    match admin {
        // To the end of the drain: until then there is something to be seen.
        Some(admin) => {
            admin.warn();
            tokio::select! {
                () = served => {}
                () = admin.run(app, complaints) => {}
            }
        }
        None => served.await,
    }
    reloading.abort();
    store.leave().await;
    traced.cancel();
    if let Some(exporting) = exporting {
        // What it could not hand over is lost, as it would be at any other time.
        let _ = exporting.await;
    }
    Ok(())
}

fn collector(otlp: &Otlp, config: &Config) -> Result<Option<Collector>, WrongCollector> {
    // A variable that is there and empty is one that is not there.
    let url = otlp.otlp.as_deref().filter(|url| !url.is_empty());
    let service = Some(&*otlp.otlp_service).filter(|name| !name.is_empty()).unwrap_or(NAME);
    let extra_ca = config.server.upstream_ca.as_deref();
    url.map(|url| Collector::new(url, otlp.otlp_headers.as_deref(), service, extra_ca)).transpose()
}

/// Reads the file again, as it was read at the start; the demo's route stays.
fn reparse(path: PathBuf, demo: Option<Arc<Route>>) -> Parse {
    let routes = if demo.is_some() { Routes::OfProgramToo } else { Routes::OfFile };
    Box::new(move |text| {
        let mut config = read::parse(text, &path, routes).map_err(|error| error.to_string())?;
        if demo.is_some() && has_demo(&config) {
            return Err(DEMO_TWICE.to_owned());
        }
        config.routes.extend(demo.clone());
        warn_of_a_short_drain(&config);
        Ok(config)
    })
}

const DEMO_TWICE: &str = "--with-demo-upstream: found a route /demo in the configuration, expected none";

fn has_demo(config: &Config) -> bool {
    config.routes.iter().any(|route| &*route.path == DemoUpstream::ROUTE)
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

    async fn requested(mut self, app: Arc<App>) {
        self.next().await;
        tracing::info!("stopping; a second signal stops at once");
        tokio::spawn(async move {
            self.next().await;
            match app.activity.in_flight() {
                InFlight { requests: 0, calls: 0, .. } => {
                    tracing::warn!("stopped at once: nothing was in flight");
                }
                InFlight { requests, calls, unrepeatable: outcome_unknown } => tracing::warn!(
                    requests,
                    calls,
                    outcome_unknown,
                    "stopped at once: what was in flight is lost; what must not be repeated is an unknown outcome"
                ),
            }
            std::process::exit(1);
        });
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
