//! Records and claims as bytes, and back: every part of them, exactly.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use outcall_protocol::{digest::Digest, fingerprint::Fingerprint};

use super::{
    Claimed, Damaged, Defect, Record, Repeat, Request, Settlement, Timestamp,
    frame::{Kind, Reader, Writer},
};
use crate::{answer::Answer, error::Problem};

/// What the parts beside headers and body take at most, so that a frame is allocated once.
const FIXED_BYTES: usize = 512;
/// Stands where the upstream gave no status; no answer has it.
const NO_STATUS: u16 = 0;
/// Stands where the leader of a claim was not lost; no claim is remembered until then.
const NOT_LOST: u64 = 0;

impl Record {
    /// The record as a store keeps it.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Record, FIXED_BYTES + self.settlement.answer.bytes());
        request(&mut writer, &self.request);
        writer.u64(self.settled.as_millis());
        writer.u64(self.expires.as_millis());
        settlement(&mut writer, &self.settlement);
        writer.finish(&self.request.id)
    }

    /// Reads what [`Record::encode`] wrote under this identity.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn decode(id: Digest, bytes: &[u8]) -> Result<Self, Damaged> {
        named(id, Kind::Record, |kind| {
            let mut reader = Reader::open(&id, kind, bytes)?;
            let request = read_request(&mut reader, id)?;
            let settled = Timestamp::from_millis(reader.u64()?);
            let expires = Timestamp::from_millis(reader.u64()?);
            let settlement = read_settlement(&mut reader)?;
            reader.end()?;
            Ok(Self { settlement, request, settled, expires })
        })
    }
}

impl Claimed {
    /// The claim as a store keeps it.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Claim, FIXED_BYTES + self.lost.answer.bytes());
        request(&mut writer, &self.request);
        writer.raw(&[match self.repeat {
            Repeat::Never => 0,
            Repeat::Always => 1,
            Repeat::SameConfiguration => 2,
        }]);
        writer.raw(self.configuration.as_bytes());
        writer.u64(self.lost_until.map_or(NOT_LOST, Timestamp::as_millis));
        settlement(&mut writer, &self.lost);
        writer.finish(&self.request.id)
    }

    /// Reads what [`Claimed::encode`] wrote under this identity.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn decode(id: Digest, bytes: &[u8]) -> Result<Self, Damaged> {
        named(id, Kind::Claim, |kind| {
            let mut reader = Reader::open(&id, kind, bytes)?;
            let request = read_request(&mut reader, id)?;
            let repeat = match reader.raw()? {
                [0] => Repeat::Never,
                [1] => Repeat::Always,
                [2] => Repeat::SameConfiguration,
                _ => return Err(Defect::Unknown("repeat")),
            };
            let configuration = Digest::from_bytes(reader.raw()?);
            let lost_until =
                Some(reader.u64()?).filter(|until| *until != NOT_LOST).map(Timestamp::from_millis);
            let lost = read_settlement(&mut reader)?;
            reader.end()?;
            Ok(Self { request, repeat, configuration, lost, lost_until })
        })
    }
}

fn named<T>(id: Digest, kind: Kind, read: impl FnOnce(Kind) -> Result<T, Defect>) -> Result<T, Damaged> {
    read(kind).map_err(|defect| Damaged { id, kind: kind.name(), defect })
}

fn request(writer: &mut Writer, request: &Request) {
    writer.raw(request.fingerprint.digest().as_bytes());
    writer.u64(request.names.len() as u64);
    for name in &*request.names {
        writer.bytes(name.as_str().as_bytes());
    }
}

fn read_request(reader: &mut Reader<'_>, id: Digest) -> Result<Request, Defect> {
    let fingerprint = Fingerprint::from_digest(Digest::from_bytes(reader.raw()?));
    let count = reader.u64()?;
    let names: Arc<[HeaderName]> = (0..count).map(|_| read_name(reader)).collect::<Result<_, _>>()?;
    Ok(Request { id, names, fingerprint })
}

fn settlement(writer: &mut Writer, settlement: &Settlement) {
    writer.u64(settlement.life.as_secs());
    writer.u64(settlement.life.subsec_nanos().into());
    writer.u16(settlement.upstream_status.unwrap_or(NO_STATUS));
    let answer = &settlement.answer;
    writer.u16(answer.status().as_u16());
    writer.bytes(answer.problem().map_or("", |problem| problem.facts().kind).as_bytes());
    writer.u64(answer.headers().count() as u64);
    for (name, value) in answer.headers() {
        writer.bytes(name.as_bytes());
        writer.bytes(value);
    }
    writer.bytes(answer.body());
}

fn read_settlement(reader: &mut Reader<'_>) -> Result<Settlement, Defect> {
    let (secs, nanos) = (reader.u64()?, reader.u64()?);
    let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let life = Duration::new(secs, nanos.ok_or(Defect::Unknown("life"))?);
    let upstream_status = Some(reader.u16()?).filter(|status| *status != NO_STATUS);
    let status = StatusCode::from_u16(reader.u16()?).map_err(|_| Defect::Unknown("status"))?;
    let problem = match std::str::from_utf8(reader.bytes()?) {
        Ok("") => None,
        Ok(kind) => Some(Problem::of_kind(kind).ok_or(Defect::Unknown("problem"))?),
        Err(_) => return Err(Defect::Unknown("problem")),
    };
    let count = reader.u64()?;
    let headers = (0..count).map(|_| Ok((read_name(reader)?, read_value(reader)?)));
    let headers = headers.collect::<Result<_, Defect>>()?;
    let body = Bytes::copy_from_slice(reader.bytes()?);
    Ok(Settlement { answer: Answer::restored(status, headers, body, problem), life, upstream_status })
}

fn read_name(reader: &mut Reader<'_>) -> Result<HeaderName, Defect> {
    HeaderName::from_bytes(reader.bytes()?).map_err(|_| Defect::Unknown("header name"))
}

fn read_value(reader: &mut Reader<'_>) -> Result<HeaderValue, Defect> {
    HeaderValue::from_bytes(reader.bytes()?).map_err(|_| Defect::Unknown("header value"))
}

#[cfg(test)]
mod tests;
