//! The wires between gateways and the played server: they take their time, hold back what is on its way, and break.
//!
//! A wire is one TCP connection: nothing on it is lost or overtaken, unless it breaks, with all that is under way. A
//! command that was held back is carried out when the network is whole again, though nobody waits for it any more.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split},
    sync::mpsc,
    time::sleep,
};

use super::{
    Server,
    resp::{Reply, take_command},
};
use crate::{
    ledger::redis::dial::{Dial, played::Played},
    simulation::{
        dice::{chance, millis},
        signal::Signal,
    },
};

/// Room for what is under way on a wire, in bytes: more than a gateway ever sends.
const WIRE_BYTES: usize = 1 << 20;

/// The network between one gateway and the server. Clones are the same.
#[derive(Clone)]
pub(in crate::simulation) struct Net(Signal<Weather>);

/// What a message has before it.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) struct Way {
    /// How long it takes, at most, in milliseconds.
    pub(in crate::simulation) latency: u64,
    /// Whether a packet is lost now and then, and sent again.
    pub(in crate::simulation) lossy: bool,
}

#[derive(Clone, Copy, Debug)]
struct Weather {
    /// What goes to the server does not arrive.
    out_held: bool,
    /// What the server says does not arrive.
    back_held: bool,
    /// Wires of earlier weather are broken.
    breaks: u64,
    way: Way,
    /// There is no gateway at this end.
    dead: bool,
}

impl Net {
    /// A network on which messages have this before them.
    pub(in crate::simulation) fn new(way: Way) -> Self {
        Self(Signal::new(Weather { out_held: false, back_held: false, breaks: 0, way, dead: false }))
    }

    /// Holds back what is under way, in either direction, or lets it go.
    pub(in crate::simulation) fn hold(&self, out: bool, back: bool) {
        self.0.change(|weather| (weather.out_held, weather.back_held) = (out, back));
    }

    /// Loses no packet any more.
    pub(in crate::simulation) fn heal(&self) {
        self.0.change(|weather| weather.way.lossy = false);
    }

    /// Breaks all wires.
    pub(in crate::simulation) fn cut(&self) {
        self.0.change(|weather| weather.breaks += 1);
    }

    /// The gateway at this end is gone. What it may still do, nobody will ever see.
    pub(in crate::simulation) fn kill(&self) {
        self.0.change(|weather| weather.dead = true);
    }

    /// Whether the gateway at this end is there.
    pub(in crate::simulation) fn is_alive(&self) -> bool {
        !self.0.get().dead
    }

    /// Returns when the gateway at this end is gone.
    pub(in crate::simulation) async fn death(&self) {
        self.0.until(|weather| weather.dead).await;
    }

    async fn passes(&self, held: impl Fn(&Weather) -> bool) {
        let Way { latency, lossy } = self.0.get().way;
        let time = if lossy && chance(1, 200) { millis(200..=3_000) } else { millis(0..=latency) };
        if !time.is_zero() {
            sleep(time).await;
        }
        self.0.until(|weather| !held(weather)).await;
    }
}

/// The way of a gateway to the server over its network.
pub(in crate::simulation) fn dial(server: &Server, net: &Net) -> Dial {
    let (server, net) = (server.clone(), net.clone());
    Dial::Played(Played(Arc::new(move || Box::pin(open(server.clone(), net.clone())))))
}

async fn open(server: Server, net: Net) -> io::Result<DuplexStream> {
    net.passes(|weather| weather.out_held || weather.back_held).await;
    let status = server.0.status.get();
    if !net.is_alive() || !status.up {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    let (near, far) = duplex(WIRE_BYTES);
    let breaks = net.0.get().breaks;
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = net.0.until(|weather| weather.dead || weather.breaks != breaks) => {}
            () = server.0.status.until(|now| *now != status) => {}
            () = serve(&server, &net, far) => {}
        }
    });
    Ok(near)
}

async fn serve(server: &Server, net: &Net, stream: DuplexStream) {
    let (from, to) = split(stream);
    let (outbox, said) = mpsc::unbounded_channel();
    let connection = {
        let mut core = server.core();
        core.connections += 1;
        core.connections
    };
    tokio::select! {
        biased;
        () = speak(net, to, said) => {}
        () = listen(server, net, from, connection, outbox) => {}
    }
    server.core().listeners.remove(&connection);
}

async fn listen(
    server: &Server,
    net: &Net,
    mut from: ReadHalf<DuplexStream>,
    connection: u64,
    outbox: mpsc::UnboundedSender<Reply>,
) {
    let mut input = Vec::new();
    while from.read_buf(&mut input).await.is_ok_and(|bytes| bytes > 0) {
        net.passes(|weather| weather.out_held).await;
        while let Some(command) = take_command(&mut input) {
            let reply = server.execute(&command, connection, &outbox).await;
            let _ = outbox.send(reply);
        }
    }
    // What was said last is still under way.
    sleep(Duration::from_secs(5)).await;
}

async fn speak(net: &Net, mut to: WriteHalf<DuplexStream>, mut said: mpsc::UnboundedReceiver<Reply>) {
    while let Some(reply) = said.recv().await {
        let mut output = Vec::new();
        reply.encode(&mut output);
        while let Ok(reply) = said.try_recv() {
            reply.encode(&mut output);
        }
        net.passes(|weather| weather.back_held).await;
        if to.write_all(&output).await.is_err() {
            return;
        }
    }
}
