//! Calls: put together piece by piece, queued by `call_perform`, and sent when the execution has ended well.

use super::wide;
use crate::{
    engine::{
        Trap,
        host::{Host, peek, principal, violation},
        limits,
        state::{Closure, Draft},
    },
    reject::RejectCode,
};

impl Host {
    #[expect(clippy::too_many_arguments, reason = "the signature is ic0's")]
    pub(super) fn call_new(
        &mut self,
        memory: &mut [u8],
        callee: u32,
        callee_size: u32,
        name: u32,
        name_size: u32,
        reply_fun: u32,
        reply_env: u64,
        reject_fun: u32,
        reject_env: u64,
    ) -> Result<(), Trap> {
        self.abandon();
        if name_size as usize > limits::METHOD_NAME_BYTES_MAX {
            let bytes_max = limits::METHOD_NAME_BYTES_MAX;
            return violation(format!(
                "Size of method_name {name_size} exceeds the allowed limit {bytes_max}"
            ));
        }
        let callee = peek(memory, "call_new callee_src", callee, callee_size)?.to_vec();
        if callee.len() > limits::PRINCIPAL_BYTES_MAX {
            return violation("Canister provided invalid principal id");
        }
        let Ok(method) = std::str::from_utf8(peek(memory, "call_new", name, name_size)?) else {
            return violation("ic0.call_new: the method's name is not valid UTF-8");
        };
        self.draft = Some(Draft {
            callee,
            method: method.to_owned(),
            argument: Vec::new(),
            cycles: 0,
            on_reply: Closure { function: reply_fun, environment: reply_env },
            on_reject: Closure { function: reject_fun, environment: reject_env },
            on_cleanup: None,
            timeout_seconds: None,
        });
        Ok(())
    }

    pub(super) fn call_on_cleanup(&mut self, _: &mut [u8], fun: u32, env: u64) -> Result<(), Trap> {
        let draft = self.draft("call_on_cleanup")?;
        if draft.on_cleanup.replace(Closure { function: fun, environment: env }).is_some() {
            return violation(
                "ic0.call_on_cleanup can be called at most once between `ic0.call_new` and `ic0.call_perform`",
            );
        }
        Ok(())
    }

    pub(super) fn call_data_append(&mut self, memory: &mut [u8], src: u32, size: u32) -> Result<(), Trap> {
        let draft = self.draft("call_data_append")?;
        let held = draft.method.len() + draft.argument.len();
        let bytes = held.saturating_add(size as usize);
        if bytes > limits::CALL_BYTES_MAX {
            let (to, limit) = (principal(&draft.callee), limits::CALL_BYTES_MAX);
            let size = format!("has a payload size of {bytes}, which exceeds the allowed limit of {limit}.");
            return violation(format!("Request to {to}:{} {size}", draft.method));
        }
        draft.argument.extend_from_slice(peek(memory, "call_data_append", src, size)?);
        Ok(())
    }

    pub(super) fn call_with_best_effort_response(&mut self, _: &mut [u8], seconds: u32) -> Result<(), Trap> {
        let draft = self.draft("call_with_best_effort_response")?;
        if draft.timeout_seconds.replace(seconds).is_some() {
            return violation("ic0_call_with_best_effort_response failed because a timeout is already set.");
        }
        Ok(())
    }

    pub(super) fn call_cycles_add(&mut self, _: &mut [u8], amount: u64) -> Result<(), Trap> {
        self.attach("call_cycles_add", amount.into())
    }

    pub(super) fn call_cycles_add128(&mut self, _: &mut [u8], high: u64, low: u64) -> Result<(), Trap> {
        self.attach("call_cycles_add128", wide(high, low))
    }

    fn attach(&mut self, function: &str, amount: u128) -> Result<(), Trap> {
        let available = self.state.balance;
        let draft = self.draft(function)?;
        if amount > available {
            return Err(Trap::OutOfCycles { available, requested: amount });
        }
        draft.cycles += amount;
        self.state.balance -= amount;
        Ok(())
    }

    /// Queues the call. Too many in flight, or too few cycles for its transmission and its response: *transient*, and
    /// the cycles are back (`push_output_request` in `system_api.rs`).
    pub(super) fn call_perform(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        let draft = self.draft("call_perform")?.clone();
        let (name, payload) = (draft.method.len() as u64, draft.argument.len() as u64);
        let cost = self.settings.prices.call(self.settings.node_count, name, payload);
        if cost > self.state.balance || self.crowded(&draft) {
            self.abandon();
            return Ok(RejectCode::SysTransient as u32);
        }
        self.draft = None;
        self.effects.calls.push(draft);
        Ok(0)
    }

    /// Whether there is no room for another call: to this callee, to anybody, or of this size.
    fn crowded(&self, draft: &Draft) -> bool {
        let queued = &self.effects.calls;
        let callees = self.message.in_flight.iter().chain(queued.iter().map(|call| &call.callee));
        let same = callees.clone().filter(|callee| **callee == draft.callee).count();
        let bytes: usize = queued.iter().map(|call| call.argument.len()).sum();
        same >= limits::CALLS_IN_FLIGHT_MAX
            || callees.count() >= limits::CALLS_IN_FLIGHT_TO_ALL_MAX
            || bytes + draft.argument.len() > limits::CALLS_BYTES_MAX
    }

    fn draft(&mut self, function: &str) -> Result<&mut Draft, Trap> {
        let text = || Trap::Violation(format!("ic0.{function} called when no call is under construction."));
        self.draft.as_mut().ok_or_else(text)
    }

    /// Drops the call under construction and takes its cycles back.
    pub(in crate::engine) fn abandon(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.state.balance += draft.cycles;
        }
    }
}
