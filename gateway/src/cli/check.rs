//! `outcall-gateway check`: would this configuration be served?

use std::process::ExitCode;

use super::{
    File, MISUSE,
    read::{self, Routes},
};

pub(super) fn run(file: &File) -> ExitCode {
    match read::config(file, Routes::OfFile) {
        Ok((config, path)) => {
            let path = path.unwrap_or_default();
            println!("{}: good\n\n{}", path.display(), config.summary());
            ExitCode::SUCCESS
        }
        Err(unread) => {
            eprintln!("{unread}");
            ExitCode::from(MISUSE)
        }
    }
}
