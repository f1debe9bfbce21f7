//! A canister's Wasm, compiled: checked against what the Internet Computer accepts, and ready to be instantiated.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use flate2::read::MultiGzDecoder;
use wasmtime::{Engine, ExternType, InstancePre, Linker, Val};

use super::{
    EngineError, Settings,
    host::Host,
    ic0,
    image::Image,
    interface, limits, machine,
    mode::Mode,
    rewrite::{self, Rewritten, rewrite},
    run,
    state::{Message, State},
};

/// Exports with a meaning that start with `canister_`; others of that prefix are refused.
const ENTRY_POINTS: [&str; 7] = [
    "canister_init",
    "canister_pre_upgrade",
    "canister_post_upgrade",
    "canister_inspect_message",
    "canister_heartbeat",
    "canister_global_timer",
    "canister_on_low_wasm_memory",
];

/// Exports with a method's name behind them.
const METHODS: [&str; 3] = ["canister_update ", "canister_query ", "canister_composite_query "];

/// What a module says about itself when its heap is to outlive upgrades.
const KEEPS_HEAP: &str = "enhanced-orthogonal-persistence";

/// A compiled Wasm module. Clones share it; one module can be installed many times.
#[derive(Clone)]
pub struct Module {
    parts: Arc<Parts>,
}

struct Parts {
    pre: InstancePre<Host>,
    functions: BTreeSet<String>,
    globals: Vec<String>,
    starts: bool,
    is_wide: bool,
    metadata: BTreeMap<String, Vec<u8>>,
    first: State,
}

impl Module {
    /// Compiles a module: plain Wasm, or gzip as `dfx` and `icp` can make it. A canister of a megabyte takes about a
    /// second on one core when the compiler is optimised.
    ///
    /// # Errors
    /// When it is no Wasm module, larger than 100 MiB, imports anything but functions of ic0 (all of them are named),
    /// exports an unknown function with the prefix `canister_`, one with parameters or results, or
    /// one method twice; and when it cannot be compiled within five minutes.
    pub fn new(wasm: &[u8]) -> Result<Self, EngineError> {
        let wasm = unpacked(wasm)?;
        let rewritten = rewrite(&wasm)?;
        check_imports(&rewritten)?;
        check_exports(&rewritten)?;
        let engine = machine::machine()?;
        let module = compile(engine, rewritten.wasm, limits::COMPILATION)?;
        check_signatures(&module)?;
        let mut linker = Linker::new(engine);
        let link = if rewritten.is_wide { ic0::link_wide } else { ic0::link };
        link(&mut linker).map_err(invalid)?;
        let pre = linker.instantiate_pre(&module).map_err(invalid)?;
        let globals = rewritten.globals.iter().map(|index| rewrite::global(*index)).collect::<Vec<_>>();
        let first = first_state(&pre, &globals)?;
        let Rewritten { functions, starts, is_wide, metadata, .. } = rewritten;
        Ok(Self { parts: Arc::new(Parts { pre, functions, globals, starts, is_wide, metadata, first }) })
    }

    /// Whether it exports this entry point, for example `canister_query transform`.
    pub fn exports(&self, entry_point: &str) -> bool {
        self.parts.functions.contains(entry_point)
    }

    /// The methods that it exports, with their kind in front: `canister_update add`.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        let functions = self.parts.functions.iter().map(String::as_str);
        functions.filter(|name| METHODS.iter().any(|prefix| name.starts_with(prefix)))
    }

    /// What it says about itself under that name, public or private: `candid:service` is the interface that `dfx`,
    /// `icp` and `ic-wasm` write into a module.
    pub fn metadata(&self, name: &str) -> Option<&[u8]> {
        self.parts.metadata.get(name).map(Vec::as_slice)
    }

    /// Its interface in Candid: what was written into it under `candid:service`, or what it tells itself, as modules of
    /// ic-cdk's `export_candid!` do. Neither is checked.
    pub fn candid(&self) -> Option<String> {
        match self.metadata("candid:service") {
            Some(text) => String::from_utf8(text.to_vec()).ok(),
            None => interface::told(self),
        }
    }

    pub(super) fn pre(&self) -> &InstancePre<Host> {
        &self.parts.pre
    }

    /// The host's names of the mutable globals.
    pub(super) fn globals(&self) -> &[String] {
        &self.parts.globals
    }

    /// Whether there is a start function to run at installation.
    pub(super) fn starts(&self) -> bool {
        self.parts.starts
    }

    /// Whether its memory is addressed by 64 bits.
    pub(super) fn is_wide(&self) -> bool {
        self.parts.is_wide
    }

    /// Whether its heap outlives an upgrade: Motoko says so of what it compiles, and deploys it with
    /// `wasm_memory_persistence = keep`.
    pub(super) fn keeps_heap(&self) -> bool {
        self.metadata(KEEPS_HEAP).is_some()
    }

    /// Memory and globals of a fresh instance.
    pub(super) fn first(&self) -> &State {
        &self.parts.first
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").field("methods", &self.methods().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

fn invalid(error: wasmtime::Error) -> EngineError {
    EngineError::Invalid(format!("{error:#}"))
}

/// The module itself, within its limit.
fn unpacked(wasm: &[u8]) -> Result<Cow<'_, [u8]>, EngineError> {
    let bytes_max = limits::MODULE_BYTES_MAX;
    let mut unpacked = Vec::new();
    let wasm = if wasm.starts_with(&[0x1f, 0x8b]) {
        let mut reader = MultiGzDecoder::new(wasm).take(bytes_max as u64 + 1);
        let read = reader.read_to_end(&mut unpacked);
        read.map_err(|error| EngineError::Invalid(format!("the gzip around it is broken: {error}")))?;
        Cow::Owned(unpacked)
    } else {
        Cow::Borrowed(wasm)
    };
    let bytes = wasm.len();
    if bytes > bytes_max { Err(EngineError::TooLarge { bytes, bytes_max }) } else { Ok(wasm) }
}

/// Compiles on a thread of its own, since nothing can interrupt the compiler: when it takes too long, the thread is left
/// to itself.
fn compile(
    engine: &'static Engine,
    wasm: Vec<u8>,
    patience: Duration,
) -> Result<wasmtime::Module, EngineError> {
    let (done, compiled) = mpsc::channel();
    let work = move || drop(done.send(wasmtime::Module::new(engine, &wasm)));
    let thread = thread::Builder::new().name("outcall-engine-compiler".to_owned());
    thread.spawn(work).map_err(|error| EngineError::Machine(format!("no thread to compile on: {error}")))?;
    match compiled.recv_timeout(patience) {
        Ok(module) => module.map_err(invalid),
        Err(RecvTimeoutError::Timeout) => Err(EngineError::TooSlow(patience)),
        Err(RecvTimeoutError::Disconnected) => Err(EngineError::Machine("the compiler panicked".to_owned())),
    }
}

fn check_imports(rewritten: &Rewritten) -> Result<(), EngineError> {
    let unknown = rewritten.imports.iter().filter(|(module, name)| module != "ic0" || !ic0::knows(name));
    let mut unknown: Vec<_> = unknown.map(|(module, name)| format!("{module}.{name}")).collect();
    unknown.dedup();
    if unknown.is_empty() { Ok(()) } else { Err(EngineError::UnknownImports(unknown)) }
}

fn check_exports(rewritten: &Rewritten) -> Result<(), EngineError> {
    let mut methods = BTreeSet::new();
    for name in rewritten.functions.iter().filter(|name| name.starts_with("canister_")) {
        let method = METHODS.iter().find_map(|prefix| name.strip_prefix(prefix));
        if method.is_none() && !ENTRY_POINTS.contains(&name.as_str()) {
            let text = "is reserved: \"canister_\" starts the names of entry points only";
            return Err(EngineError::Invalid(format!("the exported function \"{name}\" {text}")));
        }
        if method.is_some_and(|method| !methods.insert(method)) {
            let text = "is exported more than once, as update, query or composite query";
            return Err(EngineError::Invalid(format!("the method in \"{name}\" {text}")));
        }
    }
    Ok(())
}

/// Entry points take nothing and give nothing: what they read and answer goes through ic0.
fn check_signatures(module: &wasmtime::Module) -> Result<(), EngineError> {
    for export in module.exports().filter(|export| export.name().starts_with("canister_")) {
        if let ExternType::Func(kind) = export.ty()
            && kind.params().len() + kind.results().len() > 0
        {
            let text = "must have neither parameters nor results";
            return Err(EngineError::Invalid(format!("the exported function \"{}\" {text}", export.name())));
        }
    }
    Ok(())
}

/// What a fresh instance holds. The image is what later images are compared with.
fn first_state(pre: &InstancePre<Host>, globals: &[String]) -> Result<State, EngineError> {
    let message = Message::new(Mode::Start, 0);
    let settings = Settings { heap_bytes_max: limits::HEAP_BYTES_MAX, ..Settings::default() };
    // Segments that lie where a global says, or that do not fit, are laid out by code, which takes instructions.
    let host = Host::new(Arc::new(settings), State::default(), message, limits::INSTALL_INSTRUCTIONS_MAX);
    let (mut store, instance) =
        run::instance(pre, host).map_err(|trap| EngineError::Invalid(trap.to_string()))?;
    let mut state = State::default();
    for name in globals {
        if let Some(global) = instance.get_global(&mut store, name) {
            let value: Val = global.get(&mut store);
            state.globals.push(value);
        }
    }
    if let Some(memory) = store.data().memory {
        state.heap = Image::default().updated(memory.data(&store));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks within blocks: the compiler's time grows with the square of their depth.
    #[test]
    fn what_keeps_the_compiler_busy_is_given_up() {
        let nested = format!("(module (func {} {}))", "block ".repeat(3_000), "end ".repeat(3_000));
        let wasm = wat::parse_str(nested).unwrap();
        let engine = machine::machine().unwrap();
        let patience = Duration::from_millis(1);
        let error = compile(engine, wasm.clone(), patience).err().map(|error| error.to_string());
        let text = "the Wasm module was not compiled within 1ms: one of its functions is too complex";
        assert_eq!(error.as_deref(), Some(text));
        assert!(compile(engine, wasm, limits::COMPILATION).is_ok());
    }
}
