//! What things cost: the settings' prices, written as 16 bytes.

use candid::{DecoderConfig, decode_one_with_config};

use crate::engine::{
    Trap,
    host::{Host, peek, poke, violation},
    prices::{HttpUsage, Scheme},
};

/// Bytes that a description of an outcall may have; it has about 200.
const USAGE_BYTES_MAX: usize = 4_096;

impl Host {
    pub(super) fn cost_call(
        &mut self,
        memory: &mut [u8],
        name_size: u64,
        payload_size: u64,
        dst: u32,
    ) -> Result<(), Trap> {
        let cost = self.settings.prices.call(self.settings.node_count, name_size, payload_size);
        poke(memory, "cost_call", dst, &cost.to_le_bytes())
    }

    pub(super) fn cost_create_canister(&mut self, memory: &mut [u8], dst: u32) -> Result<(), Trap> {
        let cost = self.settings.prices.create_canister(self.settings.node_count);
        poke(memory, "cost_create_canister", dst, &cost.to_le_bytes())
    }

    pub(super) fn cost_http_request(
        &mut self,
        memory: &mut [u8],
        request_size: u64,
        max_size: u64,
        dst: u32,
    ) -> Result<(), Trap> {
        let cost = self.settings.prices.http_request(self.settings.node_count, request_size, max_size);
        poke(memory, "cost_http_request", dst, &cost.to_le_bytes())
    }

    pub(super) fn cost_http_request_v2(
        &mut self,
        memory: &mut [u8],
        src: u32,
        size: u32,
        dst: u32,
    ) -> Result<(), Trap> {
        let bytes = peek(memory, "cost_http_request_v2", src, size)?;
        if bytes.len() > USAGE_BYTES_MAX {
            return violation(format!("ic0.cost_http_request_v2: {size} bytes of parameters"));
        }
        let mut config = DecoderConfig::new();
        config.set_decoding_quota(100_000).set_skipping_quota(10_000);
        match decode_one_with_config::<HttpUsage>(bytes, &config) {
            Ok(usage) => {
                let cost = self.settings.prices.http_request_v2(self.settings.node_count, &usage);
                poke(memory, "cost_http_request_v2", dst, &cost.to_le_bytes())
            }
            Err(error) => {
                violation(format!("ic0.cost_http_request_v2: failed to decode parameters: {error}"))
            }
        }
    }

    pub(super) fn cost_sign_with_ecdsa(
        &mut self,
        memory: &mut [u8],
        src: u32,
        size: u32,
        curve: u32,
        dst: u32,
    ) -> Result<u32, Trap> {
        self.signature(memory, Scheme::Ecdsa, (src, size), curve, dst)
    }

    pub(super) fn cost_sign_with_schnorr(
        &mut self,
        memory: &mut [u8],
        src: u32,
        size: u32,
        algorithm: u32,
        dst: u32,
    ) -> Result<u32, Trap> {
        self.signature(memory, Scheme::Schnorr, (src, size), algorithm, dst)
    }

    pub(super) fn cost_vetkd_derive_key(
        &mut self,
        memory: &mut [u8],
        src: u32,
        size: u32,
        curve: u32,
        dst: u32,
    ) -> Result<u32, Trap> {
        self.signature(memory, Scheme::VetKd, (src, size), curve, dst)
    }

    fn signature(
        &self,
        memory: &mut [u8],
        scheme: Scheme,
        (src, size): (u32, u32),
        algorithm: u32,
        dst: u32,
    ) -> Result<u32, Trap> {
        let Ok(key) = std::str::from_utf8(peek(memory, "cost_sign key name", src, size)?) else {
            return violation("ic0.cost_sign: the key's name is not valid UTF-8");
        };
        match self.settings.prices.signature(self.settings.node_count, scheme, algorithm, key) {
            Ok(cost) => poke(memory, "cost_sign", dst, &cost.to_le_bytes()).map(|()| 0),
            Err(code) => Ok(code as u32),
        }
    }
}
