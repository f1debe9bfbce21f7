//! The same as a page for a browser, replica by replica, beside what cargo builds.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use outcall_harness::report::{Report, Scene as Told};

use crate::{
    scene::{Played, Seen},
    screen::Show,
};

const FILE: &str = "outcall-demo.html";

/// Writes the page; where it is.
pub(crate) fn write(show: &Show<'_>) -> io::Result<PathBuf> {
    let mut report = Report::new(format!("One call out, one answer for every replica: seed {}", show.seed));
    for (nodes, column) in show.subnets.iter().zip(show.columns) {
        for (title, Played { directly, through_gateway }) in show.titles.iter().zip(column) {
            for (way, seen) in [("directly", directly), ("through the gateway", through_gateway)] {
                report = report.scene(told(format!("{nodes} nodes, {title}: {way}"), seen));
            }
        }
    }
    // …/target/debug/examples/demo
    let program = env::current_exe()?;
    let file = program.ancestors().nth(3).unwrap_or(&program).join(FILE);
    report.write(&file)?;
    let here = env::current_dir()?;
    Ok(file.strip_prefix(here).map_or_else(|_| file.clone(), Path::to_owned))
}

fn told(name: String, seen: &Seen) -> Told {
    Told::of(name, &seen.update).told(&seen.told).upstream_requests(seen.requests)
}
