//! The scripts that change a key, and how they are called. What they do stands in them.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use ::redis::{RedisError, Script, ScriptInvocation, aio::MultiplexedConnection};
use futures_util::future::try_join_all;
use outcall_protocol::digest::Digest;

use super::{Options, seen::Epoch};
use crate::{
    ledger::{Ask, Repeat},
    limits,
};

/// A call of a script, ready to be sent, and to be sent again.
pub(super) type Call = Arc<ScriptInvocation<'static>>;

struct Scripts {
    claim: Script,
    look: Script,
    assure: Script,
    sure: Script,
    settle: Script,
    lose: Script,
    release: Script,
    forget: Script,
    renew: Script,
    sweep: Script,
    accept_loss: Script,
}

static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| Scripts {
    claim: growing(include_str!("claim.lua")),
    look: keeping(include_str!("look.lua")),
    assure: keeping(include_str!("assure.lua")),
    sure: keeping(include_str!("sure.lua")),
    settle: growing(include_str!("settle.lua")),
    lose: keeping(include_str!("lose.lua")),
    release: keeping(include_str!("release.lua")),
    forget: keeping(include_str!("forget.lua")),
    renew: keeping(include_str!("renew.lua")),
    sweep: keeping(include_str!("sweep.lua")),
    accept_loss: keeping(include_str!("accept_loss.lua")),
});

/// Makes the server know all scripts, so that a call of one is a single command.
pub(super) async fn load(connection: &MultiplexedConnection) -> Result<(), RedisError> {
    let Scripts { claim, look, assure, sure, settle, lose, release, forget, renew, sweep, accept_loss } =
        &*SCRIPTS;
    let scripts = [claim, look, assure, sure, settle, lose, release, forget, renew, sweep, accept_loss];
    let loading = scripts.map(|script| {
        let mut connection = connection.clone();
        async move { script.load_async(&mut connection).await }
    });
    try_join_all(loading).await.map(|_| ())
}

/// A script that fails at its first write where a server has no memory left, or may not write.
fn growing(body: &str) -> Script {
    Script::new(&format!("{}{body}", include_str!("prelude.lua")))
}

/// A script that runs without memory too: it frees some, or changes a few bytes that others rely on.
fn keeping(body: &str) -> Script {
    Script::new(&format!("#!lua flags=allow-oom\n{}{body}", include_str!("prelude.lua")))
}

/// Who holds a claim: unique for every claim of every gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token(pub(super) String);

/// What is written into a key when it is claimed.
pub(super) struct Claiming<'a> {
    pub(super) ask: &'a Ask,
    pub(super) token: &'a Token,
    /// The header names to be compared by, as one text.
    pub(super) names: &'a str,
    pub(super) fingerprint: Digest,
    /// What is recorded when its leader is lost.
    pub(super) unknown: &'a [u8],
    pub(super) epoch: &'a Epoch,
}

pub(super) fn claim(options: &Options, claiming: &Claiming<'_>) -> Call {
    let Claiming { ask, token, names, fingerprint, unknown, epoch } = claiming;
    // What a lost leader means for so long: an unknown outcome, or a claim that may be led again.
    let (repeat, life) = match ask.terms.repeat {
        Repeat::Never => ("never", ask.terms.lost.life()),
        Repeat::Always => ("always", ask.terms.lost_life()),
        Repeat::SameConfiguration => ("configuration", ask.terms.lost_life()),
    };
    let bytes = ask.terms.answer_bytes_max as u64 + limits::RECORD_OVERHEAD_BYTES;
    let mut call = SCRIPTS.claim.prepare_invoke();
    call.key(&*options.name).arg(ask.id.to_string()).arg(&*token.0);
    call.arg(&fingerprint.as_bytes()[..]).arg(*names);
    call.arg(repeat).arg(&ask.terms.configuration.as_bytes()[..]).arg(*unknown).arg(millis(life));
    call.arg(bytes).arg(options.room_bytes).arg(millis(options.lease)).arg(limits::SWEEP_PER_CLAIM);
    call.arg(&*epoch.id).arg(epoch.serial);
    Arc::new(call)
}

pub(super) fn look(options: &Options, id: Digest) -> Call {
    Arc::new(on_key(&SCRIPTS.look, options, id))
}

pub(super) fn assure(options: &Options, id: Digest) -> Call {
    Arc::new(on_key(&SCRIPTS.assure, options, id))
}

pub(super) fn sure(options: &Options, id: Digest, token: &str) -> Call {
    let mut call = on_key(&SCRIPTS.sure, options, id);
    call.arg(token);
    Arc::new(call)
}

pub(super) fn settle(
    options: &Options,
    id: Digest,
    token: &Token,
    record: &[u8],
    life: Duration,
    bytes: u64,
) -> Call {
    let mut call = on_key(&SCRIPTS.settle, options, id);
    call.arg(&*token.0).arg(record).arg(millis(life)).arg(bytes);
    Arc::new(call)
}

pub(super) fn lose(options: &Options, id: Digest, token: &Token) -> Call {
    let mut call = on_key(&SCRIPTS.lose, options, id);
    call.arg(&*token.0);
    Arc::new(call)
}

pub(super) fn release(options: &Options, id: Digest, token: &Token) -> Call {
    let mut call = on_key(&SCRIPTS.release, options, id);
    call.arg(&*token.0);
    Arc::new(call)
}

pub(super) fn forget(options: &Options, id: Digest) -> Call {
    Arc::new(on_key(&SCRIPTS.forget, options, id))
}

pub(super) fn renew(options: &Options, claims: &[(Digest, Token)]) -> Call {
    let mut call = SCRIPTS.renew.prepare_invoke();
    call.key(&*options.name).arg(millis(options.lease));
    for (id, token) in claims {
        call.arg(id.to_string()).arg(&*token.0);
    }
    Arc::new(call)
}

pub(super) fn sweep(options: &Options) -> Call {
    let mut call = SCRIPTS.sweep.prepare_invoke();
    call.key(&*options.name).arg(limits::SWEEP_AT_ONCE);
    Arc::new(call)
}

pub(super) fn accept_loss(name: &str, random: u64) -> Call {
    let mut call = SCRIPTS.accept_loss.prepare_invoke();
    call.key(name).arg(format!("{random:016x}"));
    Arc::new(call)
}

fn on_key(script: &'static Script, options: &Options, id: Digest) -> ScriptInvocation<'static> {
    let mut call = script.prepare_invoke();
    call.key(&*options.name).arg(id.to_string());
    call
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
