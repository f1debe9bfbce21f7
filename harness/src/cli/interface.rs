//! The types that a canister's methods take and give. By them text becomes Candid, and Candid becomes text.

use std::path::Path;

use candid::{
    DecoderConfig, IDLArgs, TypeEnv,
    types::{Type, TypeInner, value::IDLValue},
};
use candid_parser::{
    Error, IDLProg, check_file, check_prog, parse_idl_args, syntax::IDLInitArgs, typing::check_init_args,
};

use super::{given, round::Unplayable, source::Source};
use crate::engine::Module;

/// Decoding a reply stops after this much work.
const DECODING_QUOTA: usize = 100_000_000;
/// The longest text of an interface. Types may be nested as deeply as it is long, and each level takes stack.
const INTERFACE_BYTES_MAX: usize = 200_000;
/// How deep values on the command line may be nested: encoding takes time by the square of it.
const NESTING_MAX: usize = 500;
/// How much is shown of a reply that is no Candid.
const BYTES_SHOWN: usize = 200;

/// What is known of a canister's types; perhaps nothing.
#[derive(Default)]
pub(super) struct Interface {
    types: TypeEnv,
    service: Option<Type>,
    init: Option<Vec<Type>>,
}

impl Interface {
    /// From a `.did` file, with what it imports.
    pub(super) fn of_file(file: &Path) -> Result<Self, Unplayable> {
        let name = file.display().to_string();
        let bytes = given::read("--did", file)?;
        if bytes.len() > INTERFACE_BYTES_MAX {
            let why = format!("found {} bytes, expected up to {INTERFACE_BYTES_MAX}", bytes.len());
            return Err(Unplayable::Candid(format!("{name}: {why}")));
        }
        let text =
            String::from_utf8(bytes).map_err(|error| Unplayable::Candid(format!("{name}: {error}")))?;
        let source = Source { name: &name, text: &text };
        let told = |error: Error| Unplayable::Candid(source.tell(&error));
        // Read first by itself: what the whole says of a mistake does not say where it is.
        text.parse::<IDLProg>().map_err(told)?;
        let (types, service, _) =
            check_file(file).map_err(|error| Unplayable::Candid(format!("{name}: {error}")))?;
        Self::new(types, service)
            .ok_or_else(|| Unplayable::Candid(format!("{name}: found no service, expected one")))
    }

    /// From what a module says about itself. One that says nothing, or nothing that can be read, is no obstacle.
    pub(super) fn of_module(module: &Module) -> Self {
        let text = |name| {
            let bytes = module.metadata(name).filter(|bytes| bytes.len() <= INTERFACE_BYTES_MAX)?;
            std::str::from_utf8(bytes).ok()
        };
        let read = |service: &str, init: Option<&str>| {
            let mut types = TypeEnv::new();
            let actor = check_prog(&mut types, &service.parse().ok()?).ok()?;
            let mut interface = Self::new(types, actor)?;
            if let (None, Some(init)) = (&interface.init, init) {
                let mut types = TypeEnv::new();
                interface.init = Some(
                    check_init_args(&mut types, &interface.types, &init.parse::<IDLInitArgs>().ok()?).ok()?,
                );
                interface.types = types;
            }
            Some(interface)
        };
        text("candid:service").and_then(|service| read(service, text("candid:args"))).unwrap_or_default()
    }

    fn new(types: TypeEnv, service: Option<Type>) -> Option<Self> {
        let service = types.trace_type(&service?).ok()?;
        let init = match service.as_ref() {
            TypeInner::Class(init, _) => Some(init.clone()),
            _ => None,
        };
        Some(Self { types, service: Some(service), init })
    }

    /// The argument of `init`, encoded.
    pub(super) fn init(&self, text: &str) -> Result<Vec<u8>, Unplayable> {
        self.encode(Source { name: "--init", text }, self.init.as_deref())
    }

    /// The arguments of a method, encoded.
    pub(super) fn args(&self, method: &str, text: &str) -> Result<Vec<u8>, Unplayable> {
        let types = self.method(method).map(|(args, _)| args);
        self.encode(Source { name: "--args", text }, types)
    }

    /// A method's reply for people: with the names of fields where they are known.
    pub(super) fn told(&self, method: &str, reply: &[u8]) -> String {
        let mut config = DecoderConfig::new();
        config.set_decoding_quota(DECODING_QUOTA).set_skipping_quota(DECODING_QUOTA);
        let typed = self.method(method).and_then(|(_, types)| {
            IDLArgs::from_bytes_with_types_with_config(reply, &self.types, types, &config).ok()
        });
        match typed.map_or_else(|| IDLArgs::from_bytes_with_config(reply, &config), Ok) {
            Ok(values) => values.to_string(),
            Err(_) => {
                let shown = &reply[..reply.len().min(BYTES_SHOWN)];
                let more = if shown.len() < reply.len() { "…" } else { "" };
                format!("{} bytes that are no Candid: \"{}\"{more}", reply.len(), shown.escape_ascii())
            }
        }
    }

    /// What a method takes and gives.
    fn method(&self, name: &str) -> Option<(&[Type], &[Type])> {
        let methods = self.types.as_service(self.service.as_ref()?).ok()?;
        let (_, function) = methods.iter().find(|(method, _)| method == name)?;
        let function = self.types.as_func(function).ok()?;
        Some((&function.args, &function.rets))
    }

    fn encode(&self, source: Source<'_>, types: Option<&[Type]>) -> Result<Vec<u8>, Unplayable> {
        let values = parse_idl_args(source.text).map_err(|error| Unplayable::Candid(source.tell(&error)))?;
        if values.args.iter().any(|value| nesting(value) > NESTING_MAX) {
            let why = format!("found values nested more than {NESTING_MAX} deep, expected fewer");
            return Err(Unplayable::Candid(format!("{}: {why}", source.name)));
        }
        let Some(types) = types else {
            return values
                .to_bytes()
                .map_err(|error| Unplayable::Candid(format!("{}: {error}", source.name)));
        };
        let wrong = |why: String| {
            Unplayable::Candid(format!("{}: {why}; expected {}", source.name, self.spelled(types)))
        };
        if values.args.len() > types.len() {
            return Err(wrong(format!("found {} values", values.args.len())));
        }
        let typed =
            values.annotate_types(true, &self.types, types).map_err(|error| wrong(error.to_string()))?;
        typed.to_bytes_with_types(&self.types, types).map_err(|error| wrong(error.to_string()))
    }

    /// Types as text. A name is replaced by what it stands for.
    fn spelled(&self, types: &[Type]) -> String {
        let spelled =
            types.iter().map(|kind| self.types.trace_type(kind).unwrap_or_else(|_| kind.clone()).to_string());
        format!("({})", spelled.collect::<Vec<_>>().join(", "))
    }
}

/// How many values are around the innermost one.
fn nesting(value: &IDLValue) -> usize {
    match value {
        IDLValue::Opt(inner) => 1 + nesting(inner),
        IDLValue::Vec(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        IDLValue::Record(fields) => 1 + fields.iter().map(|field| nesting(&field.val)).max().unwrap_or(0),
        IDLValue::Variant(chosen) => 1 + nesting(&chosen.0.val),
        _ => 0,
    }
}
