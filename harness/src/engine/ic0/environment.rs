//! Environment variables.

use crate::engine::{
    Trap,
    host::{Host, copy, peek, violation},
};

impl Host {
    pub(super) fn env_var_count(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.settings.environment.len() as u32)
    }

    pub(super) fn env_var_name_size(&mut self, _: &mut [u8], index: u32) -> Result<u32, Trap> {
        self.variable("env_var_name_size", index).map(|name| name.len() as u32)
    }

    pub(super) fn env_var_name_copy(
        &mut self,
        memory: &mut [u8],
        index: u32,
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        let name = self.variable("env_var_name_copy", index)?;
        copy(memory, "env_var_name_copy", name.as_bytes(), (dst, offset, size))
    }

    pub(super) fn env_var_name_exists(
        &mut self,
        memory: &mut [u8],
        name: u32,
        name_size: u32,
    ) -> Result<u32, Trap> {
        let name = peek(memory, "env_var_name_exists", name, name_size)?;
        Ok(u32::from(self.value(name).is_some()))
    }

    pub(super) fn env_var_value_size(
        &mut self,
        memory: &mut [u8],
        name: u32,
        name_size: u32,
    ) -> Result<u32, Trap> {
        let name = peek(memory, "env_var_value_size", name, name_size)?;
        self.value(name).map_or_else(|| unknown("env_var_value_size"), |value| Ok(value.len() as u32))
    }

    pub(super) fn env_var_value_copy(
        &mut self,
        memory: &mut [u8],
        name: u32,
        name_size: u32,
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        let name = peek(memory, "env_var_value_copy", name, name_size)?;
        match self.value(name) {
            Some(value) => copy(memory, "env_var_value_copy", value.as_bytes(), (dst, offset, size)),
            None => unknown("env_var_value_copy"),
        }
    }

    fn variable(&self, function: &str, index: u32) -> Result<&str, Trap> {
        let count = self.settings.environment.len();
        let found = self.settings.environment.get(index as usize);
        let text = || format!("ic0.{function}: index {index} is out of bounds, there are {count} variables");
        found.map(|(name, _)| name.as_str()).ok_or_else(|| Trap::Violation(text()))
    }

    fn value(&self, name: &[u8]) -> Option<&str> {
        let found = self.settings.environment.iter().find(|(known, _)| known.as_bytes() == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn unknown<T>(function: &str) -> Result<T, Trap> {
    violation(format!("ic0.{function}: there is no environment variable of this name"))
}
