//! What a call of the canister wants, and who can give it.

use candid::Principal;
use serde_bytes::ByteBuf;

use super::{
    Embedded, Subnet,
    http_request::{Asked, FLEXIBLE_HTTP_REQUEST, HTTP_REQUEST},
    schnorr::{self, Played, SCHNORR_PUBLIC_KEY, SIGN_WITH_SCHNORR},
};
use crate::{
    engine::Call,
    reject::{Reject, RejectCode},
};

/// What is to be done about a call.
pub(super) enum Errand {
    /// It goes to the canister itself.
    Own(Call),
    /// The nodes have to ask.
    Outcall(Asked),
    /// An outcall that the management canister does not make.
    Refused(Asked, Reject),
    /// This is the answer, and so many cycles do not come back.
    Answered(Call, Result<Vec<u8>, Reject>, u128),
}

impl Subnet<Embedded> {
    pub(super) fn errand(&mut self, call: Call) -> Errand {
        let (own, myself) = {
            let canister = self.canister();
            (canister.is_own(&call), principal(canister.id()))
        };
        if own {
            return Errand::Own(call);
        }
        if principal(&call.callee) != Principal::management_canister() {
            let text = format!(
                "Canister {} not found: the embedded subnet hosts one canister",
                principal(&call.callee)
            );
            return Errand::Answered(call, Err(Reject::new(RejectCode::DestinationInvalid, text)), 0);
        }
        match call.method.as_str() {
            HTTP_REQUEST | FLEXIBLE_HTTP_REQUEST => {
                let id = self.engine.next_outcall;
                self.engine.next_outcall += 1;
                match Asked::read(&call, id, self.nodes(), &myself) {
                    (asked, Ok(())) => Errand::Outcall(asked),
                    (asked, Err(reject)) => Errand::Refused(asked, reject),
                }
            }
            "raw_rand" => {
                let mut bytes = vec![0; 32];
                self.dice.fill(&mut bytes);
                let reply = candid::encode_one(ByteBuf::from(bytes))
                    .map_err(|error| Reject::new(RejectCode::SysFatal, error.to_string()));
                Errand::Answered(call, reply, 0)
            }
            SCHNORR_PUBLIC_KEY => {
                let Played { answer, charged } = schnorr::public_key(&call.arg, &myself);
                Errand::Answered(call, answer, charged)
            }
            SIGN_WITH_SCHNORR => {
                let Played { answer, charged } = schnorr::sign(&call.arg, call.cycles, &myself, self.nodes());
                Errand::Answered(call, answer, charged)
            }
            other => {
                let text = format!(
                    "The embedded subnet does not play the method '{other}' of the management canister: it has \
                     {HTTP_REQUEST}, {FLEXIBLE_HTTP_REQUEST}, raw_rand, {SCHNORR_PUBLIC_KEY} and {SIGN_WITH_SCHNORR}"
                );
                Errand::Answered(call, Err(Reject::new(RejectCode::CanisterError, text)), 0)
            }
        }
    }
}

/// An empty callee is the management canister, too; bytes that are no principal are nobody's.
fn principal(bytes: &[u8]) -> Principal {
    Principal::try_from_slice(bytes).unwrap_or(Principal::anonymous())
}
