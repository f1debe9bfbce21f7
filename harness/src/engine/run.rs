//! One execution: a fresh instance from the state, an entry point, and either a new state or a trap.
//!
//! Nothing of an instance outlives its execution. The state is the whole truth about a canister, so a trap is undone
//! by not taking the new one, and any number of queries run beside each other.

use std::sync::Arc;

use wasmtime::{Instance, InstancePre, Ref, Store};

use super::{
    Module, Settings, Trap,
    host::Host,
    machine,
    mode::Mode,
    rewrite,
    state::{Closure, Effects, Message, State},
};

/// Where an execution begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Point<'a> {
    /// An exported function.
    Export(&'a str),
    /// A callback.
    Callback(Closure),
}

/// How an execution ended.
#[derive(Debug)]
pub(super) struct Ran {
    /// The new state and what the canister wants, or why it was stopped.
    pub result: Result<(State, Effects), Trap>,
    /// Instructions that it took.
    pub instructions: u64,
    /// What it printed.
    pub log: Vec<String>,
}

/// Runs an entry point on a copy of `state`.
pub(super) fn run(
    module: &Module,
    settings: &Arc<Settings>,
    state: &State,
    message: Message,
    point: Point<'_>,
) -> Ran {
    let instructions_max = match message.mode {
        Mode::Start | Mode::Init | Mode::PreUpgrade => super::limits::INSTALL_INSTRUCTIONS_MAX,
        Mode::Query | Mode::Inspect => settings.query_instructions_max,
        _ => settings.update_instructions_max,
    };
    let host = Host::new(settings.clone(), state.clone(), message, instructions_max);
    let (mut store, instance) = match instance(module.pre(), host) {
        Ok(both) => both,
        Err(trap) => return Ran { result: Err(trap), instructions: 0, log: Vec::new() },
    };
    let result = enter(&mut store, &instance, module, point);
    let instructions = instructions_max.saturating_sub(store.get_fuel().unwrap_or(0));
    let result = result.and_then(|()| finish(&mut store, &instance, module, state));
    Ran { result, instructions, log: std::mem::take(&mut store.data_mut().log) }
}

/// A fresh instance, as the module describes it.
pub(super) fn instance(pre: &InstancePre<Host>, host: Host) -> Result<(Store<Host>, Instance), Trap> {
    let (fuel, patience) = (host.instructions_max, host.settings.patience);
    let mut store = Store::new(pre.module().engine(), host);
    store.limiter(|host| host);
    store.set_fuel(fuel).map_err(engine)?;
    store.set_epoch_deadline(machine::ticks(patience));
    match pre.instantiate(&mut store) {
        Ok(instance) => {
            store.data_mut().memory = instance.get_memory(&mut store, rewrite::MEMORY);
            Ok((store, instance))
        }
        Err(error) => Err(stopped(error, store.data())),
    }
}

/// Puts the state into the instance and calls the entry point.
fn enter(
    store: &mut Store<Host>,
    instance: &Instance,
    module: &Module,
    point: Point<'_>,
) -> Result<(), Trap> {
    for (name, value) in module.globals().iter().zip(store.data().state.globals.clone()) {
        if let Some(global) = instance.get_global(&mut *store, name) {
            global.set(&mut *store, value).map_err(engine)?;
        }
    }
    if let Some(memory) = store.data().memory {
        let heap = std::mem::take(&mut store.data_mut().state.heap);
        let missing = heap.len().saturating_sub(memory.data_size(&*store) as u64);
        memory.grow(&mut *store, missing / super::limits::PAGE_BYTES).map_err(engine)?;
        heap.restore(memory.data_mut(&mut *store), &module.first().heap);
        store.data_mut().state.heap = heap;
    }
    let called = match point {
        Point::Export(name) => {
            let function = instance.get_typed_func::<(), ()>(&mut *store, name).map_err(engine)?;
            function.call(&mut *store, ())
        }
        Point::Callback(closure) => {
            let missing = || Trap::NoFunction(closure.function);
            let table = instance.get_table(&mut *store, rewrite::TABLE).ok_or_else(missing)?;
            let Some(Ref::Func(Some(function))) = table.get(&mut *store, closure.function.into()) else {
                return Err(missing());
            };
            if module.is_wide() {
                let function = function.typed::<u64, ()>(&*store).map_err(engine)?;
                function.call(&mut *store, closure.environment)
            } else {
                let function = function.typed::<u32, ()>(&*store).map_err(engine)?;
                // It was given as a word of 32 bits.
                function.call(&mut *store, closure.environment as u32)
            }
        }
    };
    called.map_err(|error| stopped(error, store.data()))
}

/// Takes the state out of the instance. Of what a query has changed, in whatever way it was called, nothing lasts but
/// the cycles that it accepted or burned.
fn finish(
    store: &mut Store<Host>,
    instance: &Instance,
    module: &Module,
    before: &State,
) -> Result<(State, Effects), Trap> {
    if matches!(store.data().message.mode, Mode::Query | Mode::ReplicatedQuery | Mode::Inspect) {
        let host = store.data_mut();
        let state = State { balance: host.state.balance, ..before.clone() };
        return Ok((state, std::mem::take(&mut host.effects)));
    }
    let mut globals = Vec::with_capacity(module.globals().len());
    for name in module.globals() {
        let global = instance.get_global(&mut *store, name);
        let global = global.ok_or_else(|| Trap::Engine(format!("lost {name}")))?;
        globals.push(global.get(&mut *store));
    }
    if let Some(memory) = store.data().memory {
        let heap = store.data().state.heap.updated(memory.data(&*store));
        store.data_mut().state.heap = heap;
    }
    let host = store.data_mut();
    host.abandon();
    host.state.globals = globals;
    Ok((std::mem::take(&mut host.state), std::mem::take(&mut host.effects)))
}

fn engine(error: wasmtime::Error) -> Trap {
    Trap::Engine(format!("{error:#}"))
}

/// Why Wasm stopped, in the replica's words.
fn stopped(error: wasmtime::Error, host: &Host) -> Trap {
    let trap = match (error.downcast_ref::<Trap>(), error.downcast_ref::<wasmtime::Trap>()) {
        (Some(trap), _) => return trap.clone(),
        (None, Some(trap)) => *trap,
        (None, None) => return engine(error),
    };
    let text = match trap {
        wasmtime::Trap::OutOfFuel => return Trap::Instructions { limit: host.instructions_max },
        wasmtime::Trap::Interrupt => return Trap::TooSlow(host.settings.patience),
        wasmtime::Trap::StackOverflow => "stack overflow".to_owned(),
        wasmtime::Trap::MemoryOutOfBounds => "heap out of bounds".to_owned(),
        wasmtime::Trap::TableOutOfBounds => "table out of bounds".to_owned(),
        wasmtime::Trap::IntegerDivisionByZero => "integer division by 0".to_owned(),
        wasmtime::Trap::UnreachableCodeReached => "unreachable".to_owned(),
        other => other.to_string(),
    };
    match host.refused {
        Some((memory, bytes_max)) => Trap::OutOfMemory { trap: text, memory, bytes_max },
        None => Trap::Wasm(text),
    }
}
