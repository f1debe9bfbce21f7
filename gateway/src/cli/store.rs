//! Where claims and answers are kept, as the command line names it.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use crate::ledger::{Disk, Ledger, Memory, Unopened};

/// The folder of the ledger, unless `--store` names another.
const FOLDER: &str = "outcall-ledger";

/// A store of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Store {
    Memory,
    Disk(PathBuf),
}

impl Store {
    /// Opens it, with room for `bytes`.
    pub(super) fn open(&self, bytes: u64) -> Result<Arc<dyn Ledger>, Unopened> {
        Ok(match self {
            Self::Memory => Arc::new(Memory::new(bytes)),
            Self::Disk(folder) => Arc::new(Disk::open(folder, bytes)?),
        })
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::Disk(FOLDER.into())
    }
}

impl FromStr for Store {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "memory" => Ok(Self::Memory),
            None if text == "disk" => Ok(Self::default()),
            Some(("disk", folder)) if !folder.is_empty() => Ok(Self::Disk(folder.into())),
            _ => Err("expected memory, disk, or disk:FOLDER".to_owned()),
        }
    }
}

/// What it says at the start.
impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => {
                f.write_str("memory: a restart forgets every key, and a repeated POST would be sent again")
            }
            Self::Disk(folder) => write!(f, "disk: {}", folder.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_memory_or_a_folder() {
        let disk = |folder: &str| Ok(Store::Disk(folder.into()));
        assert_eq!("memory".parse(), Ok(Store::Memory));
        assert_eq!("disk".parse(), disk("outcall-ledger"));
        assert_eq!("disk:/var/lib/a:b".parse(), disk("/var/lib/a:b"));
        for wrong in ["", "paper", "disk:", "memory:", "Disk", "redis"] {
            assert!(wrong.parse::<Store>().is_err(), "{wrong:?}");
        }
    }
}
