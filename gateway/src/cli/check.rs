//! `outcall-gateway check`: would this configuration be served?

use std::process::ExitCode;

use super::{
    File, MISUSE,
    read::{self, Read, Routes},
};

pub(super) fn run(file: &File) -> ExitCode {
    match read::config(file, Routes::OfFile) {
        Ok(Read { config, path, .. }) => {
            println!("{}: good\n\n{}", path.display(), config.summary());
            ExitCode::SUCCESS
        }
        Err(unread) => {
            eprintln!("{unread}");
            ExitCode::from(MISUSE)
        }
    }
}
