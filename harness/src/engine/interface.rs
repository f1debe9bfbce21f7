//! The interface that a module tells when it is asked: `export_candid!` of ic-cdk leaves a function behind that gives the
//! address of its text, for tools such as `candid-extractor`. Nothing of the canister is installed for it.

use std::{sync::Arc, time::Duration};

use super::{
    Module, Settings,
    host::Host,
    limits,
    mode::Mode,
    run,
    state::{Message, State},
};

const EXPORT: &str = "get_candid_pointer";
/// What it takes is copying a text.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than any interface that a person has written.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// The text, if there is such a function and it gives one.
pub(super) fn told(module: &Module) -> Option<String> {
    let message = Message::new(Mode::Start, 0);
    let settings = Settings { patience: PATIENCE, ..Settings::default() };
    let host = Host::new(Arc::new(settings), State::default(), message, limits::INSTALL_INSTRUCTIONS_MAX);
    let (mut store, instance) = run::instance(module.pre(), host).ok()?;
    let function = instance.get_typed_func::<(), u32>(&mut store, EXPORT).ok()?;
    let address = function.call(&mut store, ()).ok()?;
    let memory = store.data().memory?;
    let text = memory.data(&store).get(usize::try_from(address).ok()?..)?;
    let end = text.iter().take(TEXT_BYTES_MAX).position(|byte| *byte == 0)?;
    String::from_utf8(text[..end].to_vec()).ok()
}
