//! The canister itself: its name, its cycles, its clock, its certified data, its last words.

use super::wide;
use crate::engine::{
    Trap,
    host::{Host, copy, peek, poke, principal, violation},
    ic0::narrow,
    limits,
    mode::{Mode, Modes},
};

impl Host {
    pub(super) fn canister_self_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.settings.canister.len() as u32)
    }

    pub(super) fn canister_self_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "canister_self_copy", &self.settings.canister, (dst, offset, size))
    }

    /// One: running. This engine neither stops nor freezes a canister.
    pub(super) fn canister_status(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(1)
    }

    pub(super) fn canister_version(&mut self, _: &mut [u8]) -> Result<u64, Trap> {
        Ok(self.state.version)
    }

    pub(super) fn subnet_self_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.settings.subnet.len() as u32)
    }

    pub(super) fn subnet_self_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "subnet_self_copy", &self.settings.subnet, (dst, offset, size))
    }

    pub(super) fn subnet_self_node_count(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.settings.node_count)
    }

    pub(super) fn canister_cycle_balance(&mut self, _: &mut [u8]) -> Result<u64, Trap> {
        narrow(self.state.balance)
    }

    pub(super) fn canister_cycle_balance128(&mut self, memory: &mut [u8], dst: u32) -> Result<(), Trap> {
        poke(memory, "canister_cycle_balance128", dst, &self.state.balance.to_le_bytes())
    }

    /// The whole balance: there is no freezing threshold here.
    pub(super) fn canister_liquid_cycle_balance128(
        &mut self,
        memory: &mut [u8],
        dst: u32,
    ) -> Result<(), Trap> {
        poke(memory, "canister_liquid_cycle_balance128", dst, &self.state.balance.to_le_bytes())
    }

    pub(super) fn cycles_burn128(
        &mut self,
        memory: &mut [u8],
        high: u64,
        low: u64,
        dst: u32,
    ) -> Result<(), Trap> {
        let burned = wide(high, low).min(self.state.balance);
        self.state.balance -= burned;
        poke(memory, "cycles_burn128", dst, &burned.to_le_bytes())
    }

    pub(super) fn mint_cycles(&mut self, _: &mut [u8], _: u64) -> Result<u64, Trap> {
        self.no_mint("mint_cycles")
    }

    pub(super) fn mint_cycles128(&mut self, _: &mut [u8], _: u64, _: u64, _: u32) -> Result<(), Trap> {
        self.no_mint("mint_cycles128")
    }

    fn no_mint<T>(&self, function: &str) -> Result<T, Trap> {
        let canister = principal(&self.settings.canister);
        let text = "cannot be executed on non Cycles Minting Canister";
        violation(format!("ic0.{function} {text}: {canister} != rkp4c-7iaaa-aaaaa-aaaca-cai"))
    }

    pub(super) fn root_key_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.settings.root_key.len() as u32)
    }

    pub(super) fn root_key_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "root_key_copy", &self.settings.root_key, (dst, offset, size))
    }

    pub(super) fn certified_data_set(&mut self, memory: &mut [u8], src: u32, size: u32) -> Result<(), Trap> {
        if size as usize > limits::CERTIFIED_DATA_BYTES_MAX {
            let text = "failed because the passed data must be no larger than 32 bytes. Found";
            return violation(format!("ic0_certified_data_set {text} {size} bytes"));
        }
        self.state.certified = peek(memory, "certified_data_set", src, size)?.to_vec();
        Ok(())
    }

    pub(super) fn data_certificate_present(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(u32::from(self.message.mode == Mode::Query && self.settings.data_certificate.is_some()))
    }

    pub(super) fn data_certificate_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.certificate("data_certificate_size")?.len() as u32)
    }

    pub(super) fn data_certificate_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        let certificate = self.certificate("data_certificate_copy")?;
        copy(memory, "data_certificate_copy", certificate, (dst, offset, size))
    }

    fn certificate(&self, function: &str) -> Result<&[u8], Trap> {
        let certificate = self.settings.data_certificate.as_deref();
        let text = || Trap::Violation(format!("ic0_{function} failed because no certificate is present"));
        certificate.ok_or_else(text)
    }

    pub(super) fn time(&mut self, _: &mut [u8]) -> Result<u64, Trap> {
        Ok(self.message.time_nanos)
    }

    pub(super) fn global_timer_set(&mut self, _: &mut [u8], nanos: u64) -> Result<u64, Trap> {
        Ok(std::mem::replace(&mut self.state.timer_nanos, nanos))
    }

    pub(super) fn performance_counter(&mut self, _: &mut [u8], kind: u32) -> Result<u64, Trap> {
        match kind {
            0 => Ok(self.instructions),
            1 => Ok(self.message.spent_before.saturating_add(self.instructions)),
            _ => violation(format!("Error getting performance counter type {kind}")),
        }
    }

    pub(super) fn is_controller(&mut self, memory: &mut [u8], src: u32, size: u32) -> Result<u32, Trap> {
        let who = peek(memory, "is_controller", src, size)?;
        if who.len() > limits::PRINCIPAL_BYTES_MAX {
            return violation("Canister provided invalid principal id");
        }
        Ok(u32::from(self.settings.controllers.iter().any(|controller| controller == who)))
    }

    pub(super) fn in_replicated_execution(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        let mode = self.message.mode;
        Ok(u32::from(Modes::REPLICATED.contain(mode) || mode == Mode::Start))
    }

    pub(super) fn debug_print(&mut self, memory: &mut [u8], src: u32, size: u32) -> Result<(), Trap> {
        self.print(
            peek(memory, "debug_print", src, size).unwrap_or(b"(debug_print message out of memory bounds)"),
        );
        Ok(())
    }

    pub(super) fn trap(&mut self, memory: &mut [u8], src: u32, size: u32) -> Result<(), Trap> {
        let text = peek(memory, "trap", src, size).unwrap_or(b"(trap message out of memory bounds)");
        let text = text.get(..limits::TRAP_TEXT_BYTES_MAX).unwrap_or(text);
        Err(Trap::Called(String::from_utf8_lossy(text).into_owned()))
    }
}
