//! What the played server does when it is told to, one command after another.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    DAWN_MILLIS, Server, Sync, lua,
    resp::{Command, Reply},
};

impl Server {
    /// Does what a command says, when it is its turn.
    pub(super) async fn execute(
        &self,
        command: &Command,
        connection: u64,
        outbox: &mpsc::UnboundedSender<Reply>,
    ) -> Reply {
        let (name, arguments) = command.split_first().expect("a command");
        let name = std::str::from_utf8(name).expect("a name");
        let loading = self.core().loading_until > Instant::now();
        if loading && matches!(name, "EVALSHA" | "SCRIPT") {
            return Reply::Error("LOADING Redis is loading the dataset in memory".to_owned());
        }
        match (name, arguments) {
            ("CLIENT", _) => Reply::Status("OK"),
            ("INFO", []) => Reply::text(
                "redis_version:7.4.0\r\nrole:master\r\ncluster_enabled:0\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n",
            ),
            ("CONFIG", _) => {
                let value = if self.0.sync == Sync::Always { "always" } else { "everysec" };
                let said = ["appendfsync", value, "no-appendfsync-on-rewrite", "no"];
                Reply::Array(said.map(Reply::text).to_vec())
            }
            ("COMMAND", _) => Reply::Array(vec![Reply::Array(vec![Reply::text("waitaof")])]),
            ("PING", []) => Reply::Array(vec![Reply::text("pong"), Reply::text("")]),
            ("SUBSCRIBE", [channel]) => {
                self.core().listeners.insert(connection, (channel.clone(), outbox.clone()));
                Reply::Array(vec![Reply::text("subscribe"), Reply::Bulk(channel.clone()), Reply::Integer(1)])
            }
            ("PUBLISH", [channel, message]) => {
                self.core().publish(channel, message);
                Reply::Integer(0)
            }
            ("SCRIPT", [_, script]) => {
                let script = String::from_utf8(script.clone()).expect("a script");
                let hash = ::redis::Script::new(&script).get_hash().to_owned();
                self.core().scripts.insert(hash.clone(), script.into());
                Reply::text(&hash)
            }
            ("EVALSHA", [hash, count, key, arguments @ ..]) if count == b"1" => {
                self.evaluate(hash, key, arguments, connection).await
            }
            ("WAITAOF", [_, _, millis]) => {
                let millis = std::str::from_utf8(millis).ok().and_then(|millis| millis.parse().ok());
                self.wait(connection, Duration::from_millis(millis.expect("a number"))).await
            }
            _ => {
                self.0.history.defect(format_args!("the played server does not know {name}"));
                Reply::Error("ERR unknown command".to_owned())
            }
        }
    }

    async fn evaluate(&self, hash: &[u8], key: &[u8], arguments: &[Vec<u8>], connection: u64) -> Reply {
        let _turn = self.0.turn.lock().await;
        let (reply, unsynced) = {
            let mut core = self.core();
            let hash = std::str::from_utf8(hash).expect("a hash");
            let Some(script) = core.scripts.get(hash).cloned() else {
                return Reply::Error("NOSCRIPT No matching script. Please use EVAL.".to_owned());
            };
            let now = self.0.history.now().as_micros() as i64 + (DAWN_MILLIS + core.clock_skew) * 1000;
            let (mut told, core) = (Vec::new(), &mut *core);
            let data = &mut core.data;
            let mut calls = |command: Command| match &command[..] {
                [name] if name == b"TIME" => Ok(time(now)),
                [name, channel, message] if name == b"PUBLISH" => {
                    told.push((channel.clone(), message.clone()));
                    Ok(Reply::Integer(0))
                }
                command => data.run(command),
            };
            let reply =
                lua::run((hash, &script), &[key.to_vec()], arguments, &mut calls).unwrap_or_else(|error| {
                    self.0.history.defect(format_args!("a script failed: {error}"));
                    Reply::Error(format!("ERR {error}"))
                });
            for (channel, message) in told {
                core.publish(&channel, &message);
            }
            core.keep(connection);
            // What an earlier script has changed, too: its connection may have broken before it was synced.
            (reply, !core.unsynced.is_empty())
        };
        if unsynced && self.0.sync == Sync::Always {
            let disk = self.disk_time();
            if !disk.is_zero() {
                sleep(disk).await;
            }
            let mut core = self.core();
            core.unsynced.clear();
            self.0.synced.set(core.written);
        }
        reply
    }

    async fn wait(&self, connection: u64, patience: Duration) -> Reply {
        let written = self.core().changed.get(&connection).copied().unwrap_or_default();
        let waited = timeout(patience, self.0.synced.until(|synced| *synced >= written)).await;
        Reply::Array(vec![Reply::Integer(waited.is_ok().into()), Reply::Integer(0)])
    }
}

fn time(micros: i64) -> Reply {
    let parts = [micros / 1_000_000, micros % 1_000_000];
    Reply::Array(parts.map(|part| Reply::text(&part.to_string())).to_vec())
}
