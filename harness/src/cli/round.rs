//! `outcall-harness round`: the canister is called, its replicas ask, and what came of it is said.

use std::{
    io::{self, Write, stderr, stdout},
    panic,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    thread,
};

mod play;

use play::Played;

use super::{INTERRUPTED, MISUSE, Round, Source, given, interface::Interface, progress::Progress};
use crate::{
    adapter::NetworkError,
    engine::{EngineError, Module},
    subnet::{InstallError, Subnet},
    wasm::{Build, BuildError},
};

/// The stack for whoever reads Candid, whose types and values may be nested as deeply as an argument or a module is
/// long. It is address space; what is not used takes no memory.
const STACK_BYTES: usize = 256 << 20;

/// Why a round could not be played.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unplayable {
    #[error("{flag}: {file}: found {why}, expected a readable file", file = file.display())]
    Unreadable { flag: &'static str, file: PathBuf, why: io::Error },
    #[error("{flag}: {file}: found {why}, expected a file that can be written", file = file.display())]
    Unwritable { flag: &'static str, file: PathBuf, why: io::Error },
    #[error("{flag}: {why}")]
    Network { flag: &'static str, why: NetworkError },
    #[error("{flag}: found replica {replica}, expected one from 0 to {last}")]
    NoReplica { flag: &'static str, replica: usize, last: usize },
    #[error(transparent)]
    Unbuilt(#[from] BuildError),
    #[error("{name}: {why}")]
    NoModule { name: String, why: EngineError },
    #[error("--call: found {found:?}, expected a method of the canister: {}", said(methods))]
    NoMethod { found: String, methods: Vec<String> },
    /// With its place, where that is known.
    #[error("{0}")]
    Candid(String),
    #[error("the canister was not installed: {0}")]
    Install(#[from] InstallError),
    #[error("this machine refused a thread: {0}")]
    Machine(#[from] io::Error),
}

pub(super) fn run(round: Round) -> ExitCode {
    let played = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || play(&round));
    let played = match played.map(thread::JoinHandle::join) {
        Ok(Ok(played)) => played,
        Ok(Err(panicked)) => panic::resume_unwind(panicked),
        Err(error) => Err(error.into()),
    };
    match played {
        Ok(Played { is_interrupted: true, .. }) => ExitCode::from(INTERRUPTED),
        Ok(played) if played.is_as_expected => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(unplayable) => {
            let _ = writeln!(stderr(), "{unplayable}");
            ExitCode::from(MISUSE)
        }
    }
}

/// What takes no time is looked at before what takes some.
fn play(round: &Round) -> Result<Played, Unplayable> {
    let progress = Progress::begin();
    let played = prepare(round, &progress).and_then(|prepared| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let played = runtime.block_on(prepared.play(round, &progress));
        // A look-up that hangs must not keep the process.
        runtime.shutdown_background();
        played
    });
    progress.clear();
    played
}

/// All that is needed to play.
struct Prepared {
    seed: u64,
    builder: crate::subnet::Builder,
    module: Module,
    interface: Interface,
    init: Vec<u8>,
    args: Vec<u8>,
}

fn prepare(round: &Round, progress: &Progress) -> Result<Prepared, Unplayable> {
    let seed = round.seed.unwrap_or_else(|| fastrand::u64(1..10_000));
    let schedule = given::schedule(round, seed)?;
    let network = given::network(round.trust.as_deref())?;
    if let Some(file) = &round.report {
        given::writable("--report", file)?;
    }
    let of_file = round.did.as_deref().map(Interface::of_file).transpose()?;
    let (name, wasm) = wasm(&round.source, round.profile.as_deref(), progress)?;
    progress.say(&format!("compiling {name}"));
    let module = Module::new(&wasm).map_err(|why| Unplayable::NoModule { name, why })?;
    check_method(&module, &round.call)?;
    let interface = of_file.unwrap_or_else(|| Interface::of_module(&module));
    let (init, args) = (interface.init(&round.init)?, interface.args(&round.call, &round.args)?);
    let builder = Subnet::embedded(round.nodes).schedule(schedule).network(network).seed(seed);
    let builder = match round.cycles {
        Some(cycles) => builder.cycles(cycles),
        None => builder,
    };
    Ok(Prepared { seed, builder, module, interface, init, args })
}

/// The module's bytes, and what the user knows it by.
fn wasm(
    source: &Source,
    profile: Option<&str>,
    progress: &Progress,
) -> Result<(String, Arc<[u8]>), Unplayable> {
    if let Some(file) = &source.wasm {
        return Ok((file.display().to_string(), given::read("--wasm", file)?.into()));
    }
    // The grammar wants one of the two.
    let package = source.package.clone().unwrap_or_default();
    progress.say(&format!("building {package} for wasm32"));
    let build = Build::package(package.clone());
    let build = match profile {
        Some(profile) => build.profile(profile),
        None => build,
    };
    Ok((package, build.run()?))
}

fn check_method(module: &Module, call: &str) -> Result<(), Unplayable> {
    let kinds = ["canister_update ", "canister_query "];
    if kinds.iter().any(|kind| module.exports(&format!("{kind}{call}"))) {
        return Ok(());
    }
    let methods =
        module.methods().filter_map(|export| kinds.iter().find_map(|kind| export.strip_prefix(kind)));
    let mut methods: Vec<String> = methods.map(str::to_owned).collect();
    methods.sort();
    Err(Unplayable::NoMethod { found: call.to_owned(), methods })
}

fn said(methods: &[String]) -> String {
    if methods.is_empty() { "it has none".to_owned() } else { methods.join(", ") }
}

/// Who closes our stdout has seen enough; the exit status still says how it went.
pub(super) fn print(text: &str) {
    let mut stdout = stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
