//! Where the gateway is and what an outcall may take: given at installation, changed by controllers.

use std::{fmt, ops::RangeInclusive};

use candid::{CandidType, Principal};
use outcall_protocol::receipt::{KeyId, NotAKey, PublicKey};
use serde::Deserialize;

use crate::identity::Identity;
use crate::limits::{
    ASK_AGAIN_WITHIN_S, CALLERS_MAX, CONFIG_TEXT_BYTES_MAX, GIVE_UP_AFTER_S, LLM_RESPONSE_BYTES,
    QUORUM_NODES, RECEIPT_AGE_S, RECEIPT_KEYS_MAX, RESPONSE_BYTES_MAX, RESPONSE_BYTES_MIN, ROUNDTRIP_MS,
};

/// The configuration in force. `canister.did` explains each field.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The gateway's URL up to the paths of its routes, without a slash at the end.
    pub gateway: String,
    /// The gateway's route for prices.
    pub price_path: String,
    /// The gateway's route for orders.
    pub order_path: String,
    /// Bytes of a price's answer, headers included.
    pub price_response_bytes_max: u64,
    /// Bytes of an order's answer, headers included.
    pub order_response_bytes_max: u64,
    /// Milliseconds of waiting for which cycles are reserved.
    pub roundtrip_ms_expected: u64,
    /// An outcall whose quote is higher is not made.
    pub cycles_per_outcall_max: u128,
    /// Seconds after the first outcall of an order's attempt in which its key may be asked again.
    pub ask_again_within_s: u64,
    /// Who may cause outcalls.
    pub callers: Callers,
    /// By what an answer of a single node is believed; without it none is.
    pub receipts: Option<Receipts>,
    /// Who this canister is to the gateway; nobody, where its routes are for everybody.
    pub identity: Option<Identity>,
    /// The questions whose answers take minutes; none only in what a canister without them has saved.
    pub llm: Option<Llm>,
}

/// Where questions go, and how long their answers are waited for.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Llm {
    /// The gateway's route for questions, which must answer with tickets (`respond_async`).
    pub path: String,
    /// Bytes of an answer, headers included.
    pub response_bytes_max: u64,
    /// Seconds after a question in which its answer is polled for.
    pub give_up_after_s: u64,
}

/// By what an answer of a single node is believed.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Receipts {
    /// The gateway's public keys.
    pub keys: Vec<ReceiptKey>,
    /// Seconds since an answer was recorded, beyond which it is not that to a question of now.
    pub age_s_max: u64,
    /// Nodes that `get_price_quorum` asks.
    pub quorum_nodes: u32,
}

/// A public key of the gateway.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct ReceiptKey {
    /// Its name, `kid` where the gateway tells its keys.
    pub keyid: String,
    /// The key, `x` there.
    pub public_key: String,
}

/// Who may cause outcalls, besides the controllers. Each of them spends this canister's cycles.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Nobody else.
    #[serde(rename = "controllers")]
    Controllers,
    /// These.
    #[serde(rename = "listed")]
    Listed(Vec<Principal>),
    /// Everyone, anonymous callers too. For local networks.
    #[serde(rename = "everyone")]
    Everyone,
}

/// A change of the configuration: a member left out stays as it is, or at its default at installation.
#[derive(CandidType, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// See [`Config::gateway`]. Needed at installation.
    pub gateway: Option<String>,
    /// See [`Config::price_path`]; `/price` by default.
    pub price_path: Option<String>,
    /// See [`Config::order_path`]; `/order` by default.
    pub order_path: Option<String>,
    /// See [`Config::price_response_bytes_max`]; 1,024 by default.
    pub price_response_bytes_max: Option<u64>,
    /// See [`Config::order_response_bytes_max`]; 2,048 by default.
    pub order_response_bytes_max: Option<u64>,
    /// See [`Config::roundtrip_ms_expected`]; 30,000 by default.
    pub roundtrip_ms_expected: Option<u64>,
    /// See [`Config::cycles_per_outcall_max`]; 1,000,000,000 by default.
    pub cycles_per_outcall_max: Option<u128>,
    /// See [`Config::ask_again_within_s`]; 3,600 by default.
    pub ask_again_within_s: Option<u64>,
    /// See [`Config::callers`]; the controllers by default.
    pub callers: Option<Callers>,
    /// See [`Config::receipts`]; none by default. Replaced as a whole.
    pub receipts: Option<Receipts>,
    /// See [`Config::identity`]; none by default.
    pub identity: Option<Identity>,
    /// See [`Config::llm`]; `/llm`, 8,192 bytes and 900 seconds by default. Replaced as a whole.
    pub llm: Option<Llm>,
}

impl Default for Llm {
    fn default() -> Self {
        Self { path: "/llm".into(), response_bytes_max: 8_192, give_up_after_s: 900 }
    }
}

impl Llm {
    fn check(&self) -> Result<(), String> {
        check_path("llm.path", &self.path)?;
        check_range("llm.response_bytes_max", self.response_bytes_max, &LLM_RESPONSE_BYTES)?;
        check_range("llm.give_up_after_s", self.give_up_after_s, &GIVE_UP_AFTER_S)
    }
}

impl Default for Config {
    /// Complete but for the gateway.
    fn default() -> Self {
        Self {
            gateway: String::new(),
            price_path: "/price".into(),
            order_path: "/order".into(),
            price_response_bytes_max: 1_024,
            order_response_bytes_max: 2_048,
            roundtrip_ms_expected: 30_000,
            cycles_per_outcall_max: 1_000_000_000,
            ask_again_within_s: 3_600,
            callers: Callers::Controllers,
            receipts: None,
            identity: None,
            llm: Some(Llm::default()),
        }
    }
}

impl Receipts {
    /// The keys as they verify. Those of a configuration in force can all be read.
    pub fn parsed(&self) -> Vec<(KeyId, PublicKey)> {
        self.keys.iter().filter_map(|key| key.parse().ok()).collect()
    }

    fn check(&self) -> Result<(), String> {
        if !(1..=RECEIPT_KEYS_MAX).contains(&self.keys.len()) {
            return Err(format!("receipts.keys must be 1 to {RECEIPT_KEYS_MAX}"));
        }
        for key in &self.keys {
            key.parse().map_err(|error| format!("receipts.keys: {error}"))?;
        }
        check_range("receipts.age_s_max", self.age_s_max, &RECEIPT_AGE_S)?;
        check_range("receipts.quorum_nodes", self.quorum_nodes, &QUORUM_NODES)
    }
}

impl ReceiptKey {
    fn parse(&self) -> Result<(KeyId, PublicKey), NotAKey> {
        Ok((KeyId::parse(&self.keyid)?, PublicKey::parse(&self.public_key)?))
    }
}

impl Config {
    /// This configuration with the changes applied.
    ///
    /// # Errors
    /// A sentence about the first member that cannot be; then nothing is changed.
    pub fn with(&self, settings: Settings) -> Result<Self, String> {
        let old = self.clone();
        let gateway = settings.gateway.unwrap_or(old.gateway);
        let config = Self {
            gateway: gateway.trim_end_matches('/').to_owned(),
            price_path: settings.price_path.unwrap_or(old.price_path),
            order_path: settings.order_path.unwrap_or(old.order_path),
            price_response_bytes_max: settings
                .price_response_bytes_max
                .unwrap_or(old.price_response_bytes_max),
            order_response_bytes_max: settings
                .order_response_bytes_max
                .unwrap_or(old.order_response_bytes_max),
            roundtrip_ms_expected: settings.roundtrip_ms_expected.unwrap_or(old.roundtrip_ms_expected),
            cycles_per_outcall_max: settings.cycles_per_outcall_max.unwrap_or(old.cycles_per_outcall_max),
            ask_again_within_s: settings.ask_again_within_s.unwrap_or(old.ask_again_within_s),
            callers: settings.callers.unwrap_or(old.callers),
            receipts: settings.receipts.or(old.receipts),
            identity: settings.identity.or(old.identity),
            llm: settings.llm.or(old.llm).or_else(|| Some(Llm::default())),
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        check_gateway(&self.gateway)?;
        check_path("price_path", &self.price_path)?;
        check_path("order_path", &self.order_path)?;
        let bytes = RESPONSE_BYTES_MIN..=RESPONSE_BYTES_MAX;
        check_range("price_response_bytes_max", self.price_response_bytes_max, &bytes)?;
        check_range("order_response_bytes_max", self.order_response_bytes_max, &bytes)?;
        check_range("roundtrip_ms_expected", self.roundtrip_ms_expected, &ROUNDTRIP_MS)?;
        check_range("ask_again_within_s", self.ask_again_within_s, &ASK_AGAIN_WITHIN_S)?;
        self.receipts.as_ref().map_or(Ok(()), Receipts::check)?;
        self.identity.as_ref().map_or(Ok(()), Identity::check)?;
        self.llm.as_ref().map_or(Ok(()), Llm::check)?;
        match &self.callers {
            Callers::Listed(listed) if listed.len() > CALLERS_MAX => {
                Err(format!("callers must not be more than {CALLERS_MAX}"))
            }
            _ => Ok(()),
        }
    }

    /// Whether this caller may cause outcalls.
    pub fn admits(&self, caller: &Principal, is_controller: bool) -> bool {
        is_controller
            || match &self.callers {
                Callers::Controllers => false,
                Callers::Listed(listed) => listed.contains(caller),
                Callers::Everyone => true,
            }
    }

    /// As whom the gateway knows this canister; empty, where it knows nobody.
    pub fn caller(&self) -> &str {
        self.identity.as_ref().map_or("", |identity| &identity.caller)
    }

    /// The URL of a price. The characters of a pair need no escapes in a query.
    pub fn price_url(&self, pair: &str) -> String {
        format!("{}{}?pair={pair}", self.gateway, self.price_path)
    }

    /// The URL of orders.
    pub fn order_url(&self) -> String {
        format!("{}{}", self.gateway, self.order_path)
    }

    /// What is configured of questions.
    pub fn llm(&self) -> Llm {
        self.llm.clone().unwrap_or_default()
    }

    /// The URL of questions.
    pub fn llm_url(&self) -> String {
        format!("{}{}", self.gateway, self.llm().path)
    }
}

/// `http://` is for local networks; mainnet's replicas refuse it (`Url need to specify https scheme`).
fn check_gateway(gateway: &str) -> Result<(), String> {
    let rest = gateway.strip_prefix("https://").or_else(|| gateway.strip_prefix("http://"));
    match rest {
        None | Some("") => Err("gateway must be a URL: https://host, on local networks also http://".into()),
        Some(rest) if rest.starts_with('/') => Err("gateway must name a host".into()),
        Some(_) => check_text("gateway", gateway),
    }
}

fn check_path(name: &str, path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("{name} must start with a slash"));
    }
    check_text(name, path)
}

fn check_text(name: &str, text: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\');
    if text.len() > CONFIG_TEXT_BYTES_MAX {
        return Err(format!("{name} must not be longer than {CONFIG_TEXT_BYTES_MAX} bytes"));
    }
    if !text.bytes().all(fits) {
        return Err(format!("{name} must be visible ASCII without ?, # and backslash"));
    }
    Ok(())
}

fn check_range<N: PartialOrd + fmt::Display>(
    name: &str,
    value: N,
    range: &RangeInclusive<N>,
) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("{name} must be between {} and {}", range.start(), range.end()))
}

#[cfg(test)]
mod tests;
