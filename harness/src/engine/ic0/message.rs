//! The message: argument, caller, rejection, answer, and the cycles that came with it.

use super::{narrow, wide};
use crate::{
    engine::{
        Trap,
        host::{Host, copy, peek, poke, violation},
        limits,
        mode::Mode,
    },
    reject::{Reject, RejectCode},
};

impl Host {
    pub(super) fn msg_arg_data_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.message.argument.len() as u32)
    }

    pub(super) fn msg_arg_data_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "msg_arg_data_copy", &self.message.argument, (dst, offset, size))
    }

    pub(super) fn msg_caller_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.message.caller.len() as u32)
    }

    pub(super) fn msg_caller_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "msg_caller_copy", &self.message.caller, (dst, offset, size))
    }

    pub(super) fn msg_caller_info_data_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(0)
    }

    pub(super) fn msg_caller_info_data_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "msg_caller_info_data_copy", &[], (dst, offset, size))
    }

    pub(super) fn msg_caller_info_signer_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(0)
    }

    pub(super) fn msg_caller_info_signer_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "msg_caller_info_signer_copy", &[], (dst, offset, size))
    }

    pub(super) fn msg_reject_code(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.message.rejection.as_ref().map_or(0, |rejection| rejection.code as u32))
    }

    pub(super) fn msg_reject_msg_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.message.rejection.as_ref().map_or(0, |rejection| rejection.message.len() as u32))
    }

    pub(super) fn msg_reject_msg_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        let text = self.message.rejection.as_ref().map_or("", |rejection| &rejection.message);
        copy(memory, "msg_reject_msg_copy", text.as_bytes(), (dst, offset, size))
    }

    /// Zero: callers of this engine wait without a deadline.
    pub(super) fn msg_deadline(&mut self, _: &mut [u8]) -> Result<u64, Trap> {
        Ok(0)
    }

    pub(super) fn msg_reply_data_append(
        &mut self,
        memory: &mut [u8],
        src: u32,
        size: u32,
    ) -> Result<(), Trap> {
        self.unanswered("msg_reply_data_append")?;
        let query = self.message.mode == Mode::Query;
        let bytes_max = if query { limits::QUERY_REPLY_BYTES_MAX } else { limits::REPLY_BYTES_MAX };
        let bytes = self.reply.len().saturating_add(size as usize);
        if bytes > bytes_max {
            let text = format!("application payload size ({bytes}) cannot be larger than {bytes_max}.");
            return violation(format!("ic0.msg_reply_data_append: {text}"));
        }
        self.reply.extend_from_slice(peek(memory, "msg_reply_data_append", src, size)?);
        Ok(())
    }

    pub(super) fn msg_reply(&mut self, _: &mut [u8]) -> Result<(), Trap> {
        self.unanswered("msg_reply")?;
        self.effects.answer = Some(Ok(std::mem::take(&mut self.reply)));
        Ok(())
    }

    pub(super) fn msg_reject(&mut self, memory: &mut [u8], src: u32, size: u32) -> Result<(), Trap> {
        self.unanswered("msg_reject")?;
        if size as usize > limits::REPLY_BYTES_MAX {
            let text = format!("payload size ({size}) cannot be larger than {}.", limits::REPLY_BYTES_MAX);
            return violation(format!("ic0.msg_reject: application {text}"));
        }
        let Ok(text) = std::str::from_utf8(peek(memory, "msg_reject", src, size)?) else {
            return violation("ic0.msg_reject: invalid UTF-8 string provided");
        };
        self.effects.answer = Some(Err(Reject::new(RejectCode::CanisterReject, text)));
        Ok(())
    }

    fn unanswered(&self, function: &str) -> Result<(), Trap> {
        if self.message.answered || self.effects.answer.is_some() {
            return violation(format!("ic0.{function}: the call is already replied"));
        }
        Ok(())
    }

    pub(super) fn msg_method_name_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        Ok(self.message.method.len() as u32)
    }

    pub(super) fn msg_method_name_copy(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        copy(memory, "msg_method_name_copy", self.message.method.as_bytes(), (dst, offset, size))
    }

    pub(super) fn accept_message(&mut self, _: &mut [u8]) -> Result<(), Trap> {
        if std::mem::replace(&mut self.effects.accepted, true) {
            return violation("ic0.accept_message: the function was already called.");
        }
        Ok(())
    }

    pub(super) fn msg_cycles_available(&mut self, _: &mut [u8]) -> Result<u64, Trap> {
        narrow(self.effects.available)
    }

    pub(super) fn msg_cycles_available128(&mut self, memory: &mut [u8], dst: u32) -> Result<(), Trap> {
        poke(memory, "msg_cycles_available128", dst, &self.effects.available.to_le_bytes())
    }

    pub(super) fn msg_cycles_refunded(&mut self, _: &mut [u8]) -> Result<u64, Trap> {
        narrow(self.message.refunded)
    }

    pub(super) fn msg_cycles_refunded128(&mut self, memory: &mut [u8], dst: u32) -> Result<(), Trap> {
        poke(memory, "msg_cycles_refunded128", dst, &self.message.refunded.to_le_bytes())
    }

    pub(super) fn msg_cycles_accept(&mut self, _: &mut [u8], max: u64) -> Result<u64, Trap> {
        narrow(self.accept(max.into()))
    }

    pub(super) fn msg_cycles_accept128(
        &mut self,
        memory: &mut [u8],
        max_high: u64,
        max_low: u64,
        dst: u32,
    ) -> Result<(), Trap> {
        let accepted = self.accept(wide(max_high, max_low));
        poke(memory, "msg_cycles_accept128", dst, &accepted.to_le_bytes())
    }

    fn accept(&mut self, max: u128) -> u128 {
        let accepted = max.min(self.effects.available);
        self.effects.available -= accepted;
        self.state.balance = self.state.balance.saturating_add(accepted);
        accepted
    }
}
