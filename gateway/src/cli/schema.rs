//! `outcall-gateway schema`: what a configuration may hold, for editors.

use std::process::ExitCode;

use crate::config::schema;

pub(super) fn run() -> ExitCode {
    super::print(&schema::text())
}
