//! `outcall-gateway keys`: what the admin port tells of keys, as a table, and how one is forgotten.
//!
//! Exit status: 0 done, 1 the port cannot be asked or says no, 2 the command line is wrong.

use std::{fmt::Write as _, process::ExitCode};

use serde::de::DeserializeOwned;

use super::{AdminPort, Keys, MISUSE};
use crate::{
    admin::keys::{Forget, Key, Page, State},
    limits,
};

mod port;

use port::{Failed, Port};

pub(super) fn run(command: &Keys) -> ExitCode {
    let (Keys::List { port, .. } | Keys::Show { port, .. } | Keys::Forget { port, .. }) = command;
    let open = match Port::new(port) {
        Ok(open) => open,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(MISUSE);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(ask(&open, command)),
        Err(error) => Err(Failed::Away(error.to_string())),
    };
    match done {
        Ok(said) => {
            print!("{said}");
            ExitCode::SUCCESS
        }
        Err(Failed::Unconfirmed(message)) => {
            eprintln!("{message}");
            ExitCode::from(MISUSE)
        }
        Err(failed) => {
            eprintln!("outcall-gateway: {failed}");
            ExitCode::FAILURE
        }
    }
}

async fn ask(open: &Port, command: &Keys) -> Result<String, Failed> {
    match command {
        Keys::List { port, limit } => list(open, port, *limit).await,
        Keys::Show { port, digest } => {
            let said = open.get(&format!("/api/keys/{}", checked(digest)?)).await?;
            if port.json { Ok(line(said)) } else { Ok(told(&read(&said)?)) }
        }
        Keys::Forget { port, digest, yes } => forget(open, port, checked(digest)?, *yes).await,
    }
}

/// Page by page, as many as are wanted.
async fn list(open: &Port, port: &AdminPort, limit: u64) -> Result<String, Failed> {
    let mut keys: Vec<Key> = Vec::new();
    let mut before = String::new();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    while keys.len() < wanted {
        let most = (wanted - keys.len()).min(limits::API_KEYS_MAX);
        let page: Page = read(&open.get(&format!("/api/keys?limit={most}{before}")).await?)?;
        keys.extend(page.keys);
        match page.next {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    if port.json {
        serde_json::to_string(&keys).map(line).map_err(Failed::gibberish)
    } else {
        Ok(table(&keys))
    }
}

async fn forget(open: &Port, port: &AdminPort, digest: &str, yes: bool) -> Result<String, Failed> {
    let key: Key = read(&open.get(&format!("/api/keys/{digest}")).await?)?;
    let digest = &key.digest;
    if key.repeatable != Some(true) && !yes {
        return Err(Failed::Unconfirmed(format!(
            "{}\n{digest}: its request may not be safe to repeat. Forgotten, it can be led again, and the upstream execute it a second time. If that is meant: --yes",
            told(&key)
        )));
    }
    let by = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let forget = Forget { confirm: yes.then(|| digest.clone()), by };
    let said = open.post(&format!("/api/keys/{digest}/forget"), &forget).await?;
    if port.json {
        Ok(line(said))
    } else {
        Ok(format!("{digest} is forgotten: the next request under it is led\n"))
    }
}

/// It becomes a part of a path.
fn checked(digest: &str) -> Result<&str, Failed> {
    let is_digest =
        digest.len() >= limits::KEY_DIGITS_MIN && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let why = || {
        Failed::Unconfirmed(format!(
            "found {digest:?}, expected a digest, or at least its first 8 digits: 64 hexadecimal digits that stand for a key, which is itself shown nowhere. `keys list` shows them, and the log in its field `key`"
        ))
    };
    is_digest.then_some(digest).ok_or_else(why)
}

fn read<T: DeserializeOwned>(said: &str) -> Result<T, Failed> {
    serde_json::from_str(said).map_err(Failed::gibberish)
}

fn line(text: String) -> String {
    text + "\n"
}

fn table(keys: &[Key]) -> String {
    if keys.is_empty() {
        return "no key has been led here yet\n".to_owned();
    }
    let mut text = format!(
        "{:<16}  {:<24}  {:<22}  {:>6}  {:>8}  {:>6}  {:>9}  {:>7}  {:>4}  {}\n",
        "key", "route", "state", "age", "replicas", "leader", "followers", "replays", "late", "caller"
    );
    for key in keys {
        let route = format!("{} {}", or_dash(key.method.as_deref()), or_dash(key.route.as_deref()));
        let count = |of: fn(&crate::admin::keys::Replicas) -> u64| {
            key.replicas.as_ref().map_or("-".to_owned(), |replicas| of(replicas).to_string())
        };
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{:<16}  {route:<24}  {:<22}  {:>6}  {:>8}  {:>6}  {:>9}  {:>7}  {:>4}  {}",
            &key.digest[..key.digest.len().min(16)],
            state(key),
            age(key.age_seconds),
            count(|it| it.all),
            count(|it| it.leader.into()),
            count(|it| it.followers.into()),
            count(|it| it.replays.into()),
            count(|it| it.late.into()),
            or_dash(key.caller.as_deref()),
        );
    }
    text
}

fn told(key: &Key) -> String {
    let repeatable = match key.repeatable {
        Some(true) => "safe to repeat",
        Some(false) => "must not be repeated",
        None => "not known here: taken for one that must not be repeated",
    };
    let number = |number: Option<u16>| number.map_or("-".to_owned(), |number| number.to_string());
    let seconds = |seconds: Option<f64>| seconds.map_or("-".to_owned(), |seconds| format!("{seconds:.3} s"));
    let replicas = key.replicas.as_ref().map_or("none served by this process".to_owned(), |it| {
        format!(
            "{}: leader {}, followers {}, replays {}, late {}",
            it.all, it.leader, it.followers, it.replays, it.late
        )
    });
    let rows = [
        ("digest", key.digest.clone()),
        ("state", state(key)),
        ("route", format!("{} {}", or_dash(key.method.as_deref()), or_dash(key.route.as_deref()))),
        ("caller", or_dash(key.caller.as_deref()).to_owned()),
        ("request", repeatable.to_owned()),
        ("age", age(key.age_seconds)),
        ("expires in", key.expires_in_seconds.map_or("-".to_owned(), age)),
        ("status", number(key.status)),
        ("upstream", number(key.upstream_status)),
        ("body", key.body_bytes.map_or("-".to_owned(), |bytes| format!("{bytes} bytes"))),
        ("took", seconds(key.took_seconds)),
        ("replicas", replicas),
    ];
    rows.into_iter().fold(String::new(), |mut text, (name, value)| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{name:<11} {value}");
        text
    })
}

fn state(key: &Key) -> String {
    let state = match key.state {
        State::InFlight => "in flight",
        State::Settled => "settled",
        State::Lost => "lost",
        State::Expired => "expired",
    };
    match (&key.problem, key.status) {
        (Some(problem), _) => format!("{state} {problem}"),
        (None, Some(status)) => format!("{state} {status}"),
        (None, None) => state.to_owned(),
    }
}

fn age(seconds: f64) -> String {
    match seconds as u64 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

fn or_dash(text: Option<&str>) -> &str {
    text.unwrap_or("-")
}
