//! The types that a canister's methods take and give. By them text becomes Candid, and Candid becomes text.

use std::{fmt, path::Path};

use candid::{
    DecoderConfig, IDLArgs, IDLValue, TypeEnv, idl_hash,
    types::{Type, TypeInner},
};
use candid_parser::{
    IDLProg, check_file, check_prog, parse_idl_args, syntax::IDLInitArgs, typing::check_init_args,
};

use super::{given, round::Unplayable, source::Source};
use crate::engine::Module;

/// Decoding a reply stops after this much work.
const DECODING_QUOTA: usize = 100_000_000;
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
        let wrong = |why: &dyn fmt::Display| Unplayable::Candid(format!("{name}: {why}"));
        let text = String::from_utf8(given::read("--did", file)?).map_err(|error| wrong(&error))?;
        // Read first by itself: what the whole says of a mistake does not say where it is.
        Source { name: &name, text: &text }.parse(str::parse::<IDLProg>).map_err(Unplayable::Candid)?;
        let (types, service, _) = check_file(file).map_err(|error| wrong(&error))?;
        Self::new(types, service).ok_or_else(|| wrong(&"found no service, expected one"))
    }

    /// From what a module says about itself. One that says nothing, or nothing that can be read, is no obstacle.
    pub(super) fn of_module(module: &Module) -> Self {
        let read = || {
            let text = module.candid()?;
            let mut types = TypeEnv::new();
            let source = Source { name: "the interface of the module", text: &text };
            let program = source.parse(str::parse::<IDLProg>).ok()?;
            let service = check_prog(&mut types, &program).ok()?;
            Self::new(types, service)
        };
        let interface = read().unwrap_or_default();
        let init = module.metadata("candid:args").and_then(|text| std::str::from_utf8(text).ok());
        match (&interface.init, init.map(|text| Source { name: "candid:args", text })) {
            (None, Some(init)) => interface.with_init(init),
            _ => interface,
        }
    }

    /// Tools write the arguments of `init` beside a service that has none; they may name its types.
    fn with_init(self, init: Source<'_>) -> Self {
        let mut types = TypeEnv::new();
        let read = init.parse(str::parse::<IDLInitArgs>).ok();
        match read.and_then(|read| check_init_args(&mut types, &self.types, &read).ok()) {
            Some(init) => Self { types, init: Some(init), ..self },
            None => self,
        }
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
        let config = Self::decoding();
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

    /// Whether it says what this method takes.
    pub(super) fn knows(&self, method: &str) -> bool {
        self.method(method).is_some()
    }

    /// Whether a reply begins with a variant named `Err`, as a `Result` of Rust does, or `err`, as one of Motoko; or can not
    /// be read at all.
    pub(super) fn is_err(reply: &[u8]) -> bool {
        let Ok(values) = IDLArgs::from_bytes_with_config(reply, &Self::decoding()) else { return true };
        let mut first = values.args.first();
        while let Some(IDLValue::Opt(inner)) = first {
            first = Some(inner);
        }
        let names = [idl_hash("Err"), idl_hash("err")];
        matches!(first, Some(IDLValue::Variant(value)) if names.contains(&value.0.id.get_id()))
    }

    fn decoding() -> DecoderConfig {
        let mut config = DecoderConfig::new();
        config.set_decoding_quota(DECODING_QUOTA).set_skipping_quota(DECODING_QUOTA);
        config
    }

    /// What a method takes and gives.
    fn method(&self, name: &str) -> Option<(&[Type], &[Type])> {
        let methods = self.types.as_service(self.service.as_ref()?).ok()?;
        let (_, function) = methods.iter().find(|(method, _)| method == name)?;
        let function = self.types.as_func(function).ok()?;
        Some((&function.args, &function.rets))
    }

    fn encode(&self, source: Source<'_>, types: Option<&[Type]>) -> Result<Vec<u8>, Unplayable> {
        let values = source.parse(parse_idl_args).map_err(Unplayable::Candid)?;
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
