//! A gateway: the real one, over a played network, that can crash, drain and start again.
//!
//! A crash cuts every wire of it at once: to the ledger, to the upstreams, to its clients. What its tasks may still do
//! then nobody can ever see, which is all that it means to be dead.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use tokio::{
    select,
    time::{sleep, timeout},
};

use super::{
    history::History,
    redis::{Net, Server, Way, dial},
    upstream::{Reach, Upstreams},
};
use crate::{
    app::App,
    config::Config,
    ledger::redis::{Options, Redis},
    limits, router,
    upstream::Upstream,
};

/// One of the gateways. Clones are the same.
#[derive(Clone)]
pub(super) struct Gateway(Arc<Inner>);

struct Inner {
    name: &'static str,
    world: Around,
    running: Mutex<Option<Running>>,
    /// The network of its current life.
    net: Mutex<Net>,
}

/// What a gateway finds around it.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) history: History,
    pub(super) server: Server,
    pub(super) upstreams: Upstreams,
    pub(super) config: Config,
    pub(super) options: Options,
    /// What lies between it and the server.
    pub(super) way: Way,
}

#[derive(Clone)]
struct Running {
    app: Arc<App>,
    redis: Arc<Redis>,
    net: Net,
}

/// What a client hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Status, content type and body.
    Answer { status: u16, kind: String, body: Bytes, signature: Option<String> },
    /// Nobody is there.
    Refused,
    /// The gateway died meanwhile.
    Broken,
}

impl Gateway {
    pub(super) fn new(name: &'static str, world: Around) -> Self {
        let net = Mutex::new(Net::new(world.way));
        Self(Arc::new(Inner { name, world, running: Mutex::default(), net }))
    }

    pub(super) fn name(&self) -> &'static str {
        self.0.name
    }

    /// Its network, in its current life.
    pub(super) fn net(&self) -> Net {
        lock(&self.0.net).clone()
    }

    /// Starts, as often as it takes: whoever runs it does so again.
    pub(super) async fn start(&self) {
        let Around { history, server, upstreams, config, options, way } = &self.0.world;
        let net = Net::new(*way);
        *lock(&self.0.net) = net.clone();
        let redis = loop {
            match Redis::open_over(dial(server, &net), options.clone()).await {
                Ok(redis) => break Arc::new(redis),
                Err(error) => history.note(format_args!("{}: does not start: {error}", self.0.name)),
            }
            sleep(Duration::from_millis(500)).await;
        };
        let reach = Reach { upstreams: upstreams.clone(), net: net.clone(), gateway: self.0.name };
        let app = App::over(config.clone(), redis.clone(), Upstream::played(Arc::new(reach)));
        let app = app.expect("a key that is given");
        *lock(&self.0.running) = Some(Running { app: Arc::new(app), redis, net });
        history.note(format_args!("{}: runs", self.0.name));
    }

    pub(super) fn is_running(&self) -> bool {
        lock(&self.0.running).is_some()
    }

    /// Is gone at once.
    pub(super) fn crash(&self) {
        if let Some(running) = lock(&self.0.running).take() {
            running.net.kill();
            self.0.world.history.note(format_args!("{}: crashes", self.0.name));
        }
    }

    /// Stops in order.
    pub(super) async fn stop(&self, drain: Duration) {
        let Some(running) = lock(&self.0.running).clone() else { return };
        self.0.world.history.note(format_args!("{}: drains, {drain:?} at most", self.0.name));
        running.app.activity.drain(drain).await;
        let _ = timeout(limits::CLOSE_GRACE, running.redis.quiet()).await;
        if running.net.is_alive() {
            self.crash();
        }
    }

    /// A client asks it.
    pub(super) async fn ask(&self, request: http::Request<Full<Bytes>>) -> Heard {
        let Some(Running { app, net, .. }) = lock(&self.0.running).clone() else { return Heard::Refused };
        let answer = pin!(router::answer(app, request));
        select! {
            biased;
            () = net.death() => Heard::Broken,
            response = answer => heard(response).await,
        }
    }
}

async fn heard(response: Response<Full<Bytes>>) -> Heard {
    let status = response.status().as_u16();
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let signature = response.headers().get("signature");
    let signature = signature.and_then(|signature| signature.to_str().ok()).map(str::to_owned);
    let Ok(body) = response.into_body().collect().await;
    Heard::Answer { status, kind, body: body.to_bytes(), signature }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
