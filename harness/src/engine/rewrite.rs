//! What the replica does to a module before it runs: exports what the host must reach.
//!
//! Callbacks are indexes into table 0, mutable globals outlive a message, and the start function belongs to the
//! installation, not to every instance. So table, memory, mutable globals and start function are exported under
//! names of the host's own, and the start section goes. Everything else stays byte for byte. What the module says about
//! itself is read along the way: custom sections named `icp:public …` or `icp:private …`.
//! Source: `export_table`, `export_mutable_globals` and `export_start` in
//! `rs/embedders/src/wasm_utils/instrumentation.rs` of dfinity/ic.

use std::collections::{BTreeMap, BTreeSet};

use wasmtime::wasmparser::{Encoding, ExternalKind, Parser, Payload, TypeRef, ValType};

use super::{EngineError, limits};

/// How every module begins.
const MAGIC: &[u8] = b"\0asm";
/// The host's name for table 0.
pub(super) const TABLE: &str = "outcall table";
/// The host's name for the memory.
pub(super) const MEMORY: &str = "outcall memory";
/// The host's name for the start function.
pub(super) const START: &str = "outcall start";

/// How the name of a section of metadata begins.
const METADATA: [&str; 2] = ["icp:public ", "icp:private "];

/// The host's name for a mutable global.
pub(super) fn global(index: u32) -> String {
    format!("outcall global {index}")
}

/// A module that the host can drive.
#[derive(Debug)]
pub(super) struct Rewritten {
    /// The module's bytes.
    pub wasm: Vec<u8>,
    /// What it imports: module and name.
    pub imports: Vec<(String, String)>,
    /// Functions that it exports itself.
    pub functions: BTreeSet<String>,
    /// Its mutable globals, by index.
    pub globals: Vec<u32>,
    /// Whether it had a start function.
    pub starts: bool,
    /// Whether its memory is addressed by 64 bits.
    pub is_wide: bool,
    /// What it says about itself, by name: `candid:service`.
    pub metadata: BTreeMap<String, Vec<u8>>,
}

/// What was found while reading.
#[derive(Default)]
struct Found {
    imports: Vec<(String, String)>,
    functions: BTreeSet<String>,
    globals: Vec<u32>,
    added: Vec<(String, ExternalKind, u32)>,
    sections: Vec<(u8, Vec<u8>)>,
    exports: (u32, Vec<u8>),
    starts: bool,
    is_wide: bool,
    metadata: BTreeMap<String, Vec<u8>>,
}

/// Reads a module and exports what the host needs.
pub(super) fn rewrite(wasm: &[u8]) -> Result<Rewritten, EngineError> {
    if !wasm.starts_with(MAGIC) {
        return Err(invalid("it does not begin with \"\\0asm\""));
    }
    let mut found = Found::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(invalid)?;
        found.read(&payload)?;
        let replaced = matches!(payload, Payload::ExportSection(_) | Payload::StartSection { .. });
        if let (false, Some((id, range))) = (replaced, payload.as_section()) {
            let bytes = wasm.get(range).ok_or_else(|| invalid("a section ends beyond the file"))?;
            found.sections.push((id, bytes.to_vec()));
        }
    }
    if found.globals.len() > limits::GLOBALS_MAX {
        return Err(invalid(format!("more than {} mutable globals", limits::GLOBALS_MAX)));
    }
    let wasm = found.write();
    let Found { imports, functions, globals, starts, is_wide, metadata, .. } = found;
    Ok(Rewritten { wasm, imports, functions, globals, starts, is_wide, metadata })
}

fn invalid(why: impl ToString) -> EngineError {
    EngineError::Invalid(why.to_string())
}

impl Found {
    fn read(&mut self, payload: &Payload<'_>) -> Result<(), EngineError> {
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                return Err(invalid("it is a component, and canisters are core modules"));
            }
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    let import = import.map_err(invalid)?;
                    if !matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                        let text = "a canister may import functions only, and this one imports";
                        return Err(invalid(format!("{text} {}.{}", import.module, import.name)));
                    }
                    self.imports.push((import.module.to_owned(), import.name.to_owned()));
                }
            }
            Payload::TableSection(reader) if reader.count() > 0 => {
                self.added.push((TABLE.to_owned(), ExternalKind::Table, 0));
            }
            Payload::MemorySection(reader) if reader.count() > 0 => {
                for memory in reader.clone() {
                    self.is_wide |= memory.map_err(invalid)?.memory64;
                }
                self.added.push((MEMORY.to_owned(), ExternalKind::Memory, 0));
            }
            Payload::GlobalSection(reader) => {
                for (index, entry) in (0..).zip(reader.clone()) {
                    let kind = entry.map_err(invalid)?.ty;
                    if kind.mutable && matches!(kind.content_type, ValType::Ref(_)) {
                        return Err(invalid("a mutable global holds a reference, which outlives no message"));
                    }
                    if kind.mutable {
                        self.globals.push(index);
                        self.added.push((global(index), ExternalKind::Global, index));
                    }
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader.clone() {
                    let export = export.map_err(invalid)?;
                    if export.kind == ExternalKind::Func {
                        self.functions.insert(export.name.to_owned());
                    }
                    self.exports.0 += 1;
                    entry(&mut self.exports.1, export.name, export.kind, export.index);
                }
            }
            Payload::StartSection { func, .. } => {
                self.starts = true;
                self.added.push((START.to_owned(), ExternalKind::Func, *func));
            }
            Payload::CustomSection(reader) => {
                if let Some(name) = METADATA.iter().find_map(|prefix| reader.name().strip_prefix(prefix)) {
                    self.metadata.entry(name.to_owned()).or_insert_with(|| reader.data().to_vec());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The module again. The export section comes before start (8), elements (9), code (10), data (11) and the
    /// data count (12).
    fn write(&mut self) -> Vec<u8> {
        let (count, mut entries) = std::mem::take(&mut self.exports);
        for (name, kind, index) in &self.added {
            entry(&mut entries, name, *kind, *index);
        }
        let mut exports = Vec::new();
        leb(&mut exports, count as usize + self.added.len());
        exports.append(&mut entries);
        let at =
            self.sections.iter().position(|(id, _)| (8..=12).contains(id)).unwrap_or(self.sections.len());
        self.sections.insert(at, (7, exports));

        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (id, bytes) in &self.sections {
            wasm.push(*id);
            leb(&mut wasm, bytes.len());
            wasm.extend_from_slice(bytes);
        }
        wasm
    }
}

/// One entry of an export section.
fn entry(out: &mut Vec<u8>, name: &str, kind: ExternalKind, index: u32) {
    leb(out, name.len());
    out.extend_from_slice(name.as_bytes());
    out.push(match kind {
        ExternalKind::Func | ExternalKind::FuncExact => 0,
        ExternalKind::Table => 1,
        ExternalKind::Memory => 2,
        ExternalKind::Global => 3,
        ExternalKind::Tag => 4,
    });
    leb(out, index as usize);
}

/// An unsigned number, seven bits a byte.
fn leb(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
