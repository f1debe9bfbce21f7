//! libFuzzer around the target that `OUTCALL_FUZZ` names. It brings its own `main`; `fuzz/run` starts it.
#![no_main]

use std::sync::OnceLock;

use outcall_fuzz::Target;

libfuzzer_sys::fuzz_target!(|bytes| {
    static TARGET: OnceLock<Target> = OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("OUTCALL_FUZZ").unwrap_or_default();
        outcall_fuzz::named(&name).unwrap_or_else(|| panic!("OUTCALL_FUZZ names no target: {name:?}"))
    });
    target(bytes);
});
