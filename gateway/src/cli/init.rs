//! `outcall-gateway init`: a configuration to start from, with a word about each member that is often needed.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use super::{Init, NAME};
use crate::config::schema;

const START: &str = include_str!("init/proxy_conf.json");
/// As [`START`] names it.
const SCHEMA: &str = "proxy_conf.schema.json";

/// Writes both files. What is there already stays as it is: of the configuration that is a failure, of the schema it is
/// said, if it is another.
pub(super) fn run(command: &Init) -> ExitCode {
    let path = &*command.file;
    if path == Path::new("-") {
        return super::print(START);
    }
    if let Err(error) = write_new(path, START) {
        return failed(path, &error);
    }
    println!("{}: written; what it says is explained in it", path.display());
    let schema = path.with_file_name(SCHEMA);
    match write_new(&schema, &schema::text()) {
        Ok(()) => println!("{}: written, for editors", schema.display()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if std::fs::read_to_string(&schema).ok() != Some(schema::text()) {
                println!("{}: another one is there, and left alone", schema.display());
            }
        }
        Err(error) => return failed(&schema, &error),
    }
    println!("next: outcall-gateway check, then outcall-gateway");
    ExitCode::SUCCESS
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

fn failed(path: &Path, error: &io::Error) -> ExitCode {
    match error.kind() {
        io::ErrorKind::AlreadyExists => eprintln!(
            "{NAME}: {}: found a file, expected none: name another, or - to have it printed",
            path.display()
        ),
        _ => eprintln!("{NAME}: {}: {error}", path.display()),
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parse(text: &str) -> Result<Config, String> {
        let env = |name: &str| (name == "PAY_TOKEN").then(|| "secret".to_owned());
        Config::parse(text, &env).map_err(|error| error.to_string())
    }

    #[test]
    fn the_start_is_good_as_it_stands_and_needs_no_environment() {
        let config = Config::parse(START, &|_| None).unwrap();
        assert_eq!(config.routes.len(), 2);
    }

    /// What is commented out has no space behind its slashes.
    #[test]
    fn every_member_that_is_commented_out_is_good() {
        let is_out = |line: &&str| {
            line.trim_start()
                .strip_prefix("//")
                .is_some_and(|rest| rest.starts_with(['"', '}']) || rest.starts_with("    "))
        };
        let out: Vec<&str> = START.lines().filter(is_out).collect();
        assert_eq!(out.len(), 14, "{out:#?}");
        let lines = START
            .lines()
            .map(|line| if is_out(&line) { line.replacen("//", "  ", 1) } else { line.to_owned() });
        let whole = lines.collect::<Vec<_>>().join("\n");
        let config = parse(&whole).unwrap();
        assert_eq!((config.routes.len(), config.callers.len()), (4, 1));
        assert!(config.receipts.is_some() && config.server.tls.is_some());
    }
}
