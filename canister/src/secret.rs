//! The random bytes under all keys: asked for once, when the first key is needed, and kept over upgrades.
//!
//! `raw_rand` cannot be called by `init`, and its answer is the same on every replica. Two calls at once may both
//! ask; the first answer stays, so that no key is ever derived from another.

use crate::{error::NotSent, key::Secret, state};

/// The secret of this canister.
///
/// # Errors
/// When the system gives no random bytes.
pub async fn get() -> Result<Secret, NotSent> {
    if let Some(secret) = state::read(|state| state.secret.clone()) {
        return Ok(secret);
    }
    let bytes =
        ic_cdk_management_canister::raw_rand().await.map_err(|error| NotSent::NoSecret(error.to_string()))?;
    let fresh = Secret::new(bytes).map_err(|length| NotSent::NoSecret(format!("{length} bytes, not 32")))?;
    Ok(state::write(|state| state.secret.get_or_insert(fresh).clone()))
}
