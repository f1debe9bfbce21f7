//! Where the figures go: JSON for programs, a chart for people.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{load::Failed, part::Suite};

mod chart;

/// `target/bench` of this workspace.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench")
}

/// Writes `fast.json` and `fast.svg`.
pub(crate) fn write(suite: &Suite, folder: &Path) -> Result<(), Failed> {
    fs::create_dir_all(folder)?;
    let findings: Vec<_> = suite.findings.iter().map(|finding| finding.json()).collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let all = json!({ "quick": suite.quick, "cores": cores, "findings": findings });
    fs::write(folder.join("fast.json"), format!("{}\n", serde_json::to_string_pretty(&all)?))?;
    fs::write(folder.join("fast.svg"), chart::drawn(&suite.findings, suite.quick))?;
    Ok(())
}
