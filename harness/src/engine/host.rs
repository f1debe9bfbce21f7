//! The host's side of one execution: what the functions of ic0 read, and what they leave behind.

use std::sync::Arc;

use candid::Principal;
use wasmtime::{Memory, ResourceLimiter};

use super::{
    Settings, Trap, limits,
    mode::Modes,
    state::{Draft, Effects, Message, State},
};

/// The data of a store. It lives as long as one execution.
#[derive(Debug)]
pub(super) struct Host {
    /// Who and how much.
    pub settings: Arc<Settings>,
    /// A copy that becomes the canister's state if all goes well.
    pub state: State,
    /// Why it runs.
    pub message: Message,
    /// What it wants.
    pub effects: Effects,
    /// The reply so far.
    pub reply: Vec<u8>,
    /// The call under construction.
    pub draft: Option<Draft>,
    /// Lines of `debug_print`. They stay, trap or not.
    pub log: Vec<String>,
    /// The instance's memory.
    pub memory: Option<Memory>,
    /// Instructions that this execution may take.
    pub instructions_max: u64,
    /// Instructions taken when ic0 was entered last.
    pub instructions: u64,
    /// Which memory was refused to grow, and at how many bytes.
    pub refused: Option<(&'static str, u64)>,
}

impl Host {
    pub(super) fn new(
        settings: Arc<Settings>,
        state: State,
        message: Message,
        instructions_max: u64,
    ) -> Self {
        let effects = Effects { available: message.available, ..Effects::default() };
        Self {
            settings,
            state,
            message,
            effects,
            reply: Vec::new(),
            draft: None,
            log: Vec::new(),
            memory: None,
            instructions_max,
            instructions: 0,
            refused: None,
        }
    }

    /// Whether the running entry point may call this function.
    pub(super) fn permit(&self, function: &str, modes: Modes) -> Result<(), Trap> {
        if modes.contain(self.message.mode) {
            return Ok(());
        }
        let mode = self.message.mode;
        Err(Trap::Violation(format!("\"ic0_{function}\" cannot be executed in {mode} mode")))
    }

    /// Keeps a line of the log.
    pub(super) fn print(&mut self, line: &[u8]) {
        if self.log.len() == limits::LOG_LINES_MAX {
            self.log.remove(0);
        }
        let line = line.get(..limits::LOG_LINE_BYTES_MAX).unwrap_or(line);
        self.log.push(String::from_utf8_lossy(line).into_owned());
    }
}

/// A rule of ic0 that was broken.
pub(super) fn violation<T>(text: impl Into<String>) -> Result<T, Trap> {
    Err(Trap::Violation(text.into()))
}

/// A principal as people read it.
pub(super) fn principal(bytes: &[u8]) -> String {
    Principal::try_from_slice(bytes).map_or_else(|_| "(not a principal)".to_owned(), |id| id.to_text())
}

/// What the canister points at.
pub(super) fn peek<'m>(memory: &'m [u8], function: &str, source: u32, size: u32) -> Result<&'m [u8], Trap> {
    let start = source as usize;
    let found = start.checked_add(size as usize).and_then(|end| memory.get(start..end));
    found.ok_or_else(|| outside(function, "heap", source.into(), size.into(), memory.len()))
}

/// Puts bytes where the canister wants them.
pub(super) fn poke(memory: &mut [u8], function: &str, target: u32, bytes: &[u8]) -> Result<(), Trap> {
    let (start, len) = (target as usize, memory.len());
    match start.checked_add(bytes.len()).and_then(|end| memory.get_mut(start..end)) {
        Some(room) => {
            room.copy_from_slice(bytes);
            Ok(())
        }
        None => Err(outside(function, "heap", target.into(), bytes.len() as u64, len)),
    }
}

/// Puts a part of `bytes` where the canister wants it.
pub(super) fn copy(
    memory: &mut [u8],
    function: &str,
    bytes: &[u8],
    (target, offset, size): (u32, u32, u32),
) -> Result<(), Trap> {
    let part = (offset as usize).checked_add(size as usize).and_then(|end| bytes.get(offset as usize..end));
    match part {
        Some(part) => poke(memory, function, target, part),
        None => Err(outside(function, "payload", offset.into(), size.into(), bytes.len())),
    }
}

fn outside(function: &str, what: &str, start: u64, size: u64, len: usize) -> Trap {
    let text = format!("ic0.{function} {what}: src={start} + length={size} exceeds the slice size={len}");
    Trap::Violation(text)
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let bytes_max = self.settings.heap_bytes_max.min(limits::HEAP_BYTES_MAX);
        let allowed = desired as u64 <= bytes_max;
        if !allowed {
            self.refused = Some(("heap", bytes_max));
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= limits::TABLE_ELEMENTS_MAX)
    }
}
