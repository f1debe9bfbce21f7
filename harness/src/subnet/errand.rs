//! What a call of the canister wants, and who can give it.

use candid::Principal;
use serde_bytes::ByteBuf;

use super::{
    Embedded, Subnet,
    http_request::{Asked, FLEXIBLE_HTTP_REQUEST, HTTP_REQUEST},
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
    /// This is the answer; all cycles come back.
    Answered(Call, Result<Vec<u8>, Reject>),
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
            return Errand::Answered(call, Err(Reject::new(RejectCode::DestinationInvalid, text)));
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
                Errand::Answered(call, reply)
            }
            other => {
                let text = format!(
                    "The embedded subnet does not play the method '{other}' of the management canister: it has \
                     {HTTP_REQUEST}, {FLEXIBLE_HTTP_REQUEST} and raw_rand"
                );
                Errand::Answered(call, Err(Reject::new(RejectCode::CanisterError, text)))
            }
        }
    }
}

/// An empty callee is the management canister, too; bytes that are no principal are nobody's.
fn principal(bytes: &[u8]) -> Principal {
    Principal::try_from_slice(bytes).unwrap_or(Principal::anonymous())
}
