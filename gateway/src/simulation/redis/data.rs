//! What the played server holds, and the commands that its scripts use; anything else is a defect of the simulation.
//!
//! Every change can be undone, so that a crash can take away what was not synced.

use std::collections::BTreeMap;

use super::resp::Reply;

/// Where the server notes, beside its data, every record that was ever written: an index that scripts do not see.
const RECORDS: &[u8] = b"simulation:records";

/// All keys.
#[derive(Default)]
pub(super) struct Data {
    keys: BTreeMap<Vec<u8>, Value>,
    /// What stood there before, for each change of the script that is running.
    undo: Vec<(Vec<u8>, Option<Value>)>,
}

/// Changes that can be taken back together.
pub(super) struct Undo(Vec<(Vec<u8>, Option<Value>)>);

#[derive(Clone, Debug)]
enum Value {
    Text(Vec<u8>),
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
    Sorted(BTreeMap<Vec<u8>, i64>),
}

impl Data {
    /// What has changed since the last time, if anything.
    pub(super) fn changes(&mut self) -> Option<Undo> {
        (!self.undo.is_empty()).then(|| Undo(std::mem::take(&mut self.undo)))
    }

    /// As if these changes, the latest ones, had not been made.
    pub(super) fn take_back(&mut self, Undo(changes): Undo) {
        for (key, former) in changes.into_iter().rev() {
            match former {
                Some(value) => self.keys.insert(key, value),
                None => self.keys.remove(&key),
            };
        }
    }

    /// All records that were ever written and not lost: the key, and the record.
    pub(super) fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let Some(Value::Hash(records)) = self.keys.get(RECORDS) else { return Vec::new() };
        records
            .iter()
            .map(|(name, record)| (name[..name.len() - record.len()].to_vec(), record.clone()))
            .collect()
    }

    /// Whether the room that is counted is that of all keys together.
    pub(super) fn adds_up(&self) -> bool {
        let mut counted = 0;
        let mut there = 0;
        for (key, value) in &self.keys {
            match value {
                Value::Text(text) if key.ends_with(b":room") => counted = integer(text).expect("a number"),
                Value::Hash(hash) => {
                    there += hash.get(&b"bytes"[..]).map_or(0, |text| integer(text).expect("a number"))
                }
                _ => {}
            }
        }
        counted == there
    }

    /// Runs a command of a script. `Err` is an error of the script's.
    pub(super) fn run(&mut self, command: &[Vec<u8>]) -> Result<Reply, String> {
        let Some((name, arguments)) = command.split_first() else { return Err("no command".to_owned()) };
        let name = std::str::from_utf8(name).unwrap_or_default();
        Ok(match (name, arguments) {
            ("GET", [key]) => match self.keys.get(key) {
                Some(Value::Text(text)) => Reply::Bulk(text.clone()),
                None => Reply::Nil,
                Some(_) => return Err(wrong(name)),
            },
            ("INCRBY", [key, by]) => {
                let former = match self.keys.get(key) {
                    Some(Value::Text(text)) => integer(text)?,
                    None => 0,
                    Some(_) => return Err(wrong(name)),
                };
                let sum = former + integer(by)?;
                self.put(key, Some(Value::Text(sum.to_string().into_bytes())));
                Reply::Integer(sum)
            }
            ("DEL", [key]) => {
                let existed = self.keys.contains_key(key);
                if existed {
                    self.put(key, None);
                }
                Reply::Integer(existed.into())
            }
            ("HGET", [key, field]) => bulk(self.hash(key).and_then(|hash| hash.get(field))),
            ("HMGET", [key, fields @ ..]) => {
                let hash = self.hash(key);
                Reply::Array(fields.iter().map(|field| bulk(hash.and_then(|hash| hash.get(field)))).collect())
            }
            ("HSET", [key, pairs @ ..]) => {
                let (pairs, rest) = pairs.as_chunks::<2>();
                if pairs.is_empty() || !rest.is_empty() {
                    return Err(wrong(name));
                }
                let mut hash = self.hash(key).cloned().unwrap_or_default();
                for [field, value] in pairs {
                    hash.insert(field.clone(), value.clone());
                    if field == b"record" {
                        self.note_record(key, value);
                    }
                }
                self.put(key, Some(Value::Hash(hash)));
                Reply::Integer(0)
            }
            ("HINCRBY", [key, field, by]) => {
                let mut hash = self.hash(key).cloned().unwrap_or_default();
                let sum = hash.get(field).map_or(Ok(0), |text| integer(text))? + integer(by)?;
                hash.insert(field.clone(), sum.to_string().into_bytes());
                self.put(key, Some(Value::Hash(hash)));
                Reply::Integer(sum)
            }
            ("HDEL", [key, fields @ ..]) => {
                let mut hash = self.hash(key).cloned().unwrap_or_default();
                let removed = fields.iter().filter(|field| hash.remove(*field).is_some()).count();
                if removed > 0 {
                    self.put(key, (!hash.is_empty()).then_some(Value::Hash(hash)));
                }
                Reply::Integer(removed as i64)
            }
            ("ZADD", [key, score, member]) => {
                let mut sorted = self.sorted(key).cloned().unwrap_or_default();
                sorted.insert(member.clone(), integer(score)?);
                self.put(key, Some(Value::Sorted(sorted)));
                Reply::Integer(0)
            }
            ("ZREM", [key, member]) => {
                let mut sorted = self.sorted(key).cloned().unwrap_or_default();
                let removed = sorted.remove(member).is_some();
                if removed {
                    self.put(key, (!sorted.is_empty()).then_some(Value::Sorted(sorted)));
                }
                Reply::Integer(removed.into())
            }
            ("ZCARD", [key]) => Reply::Integer(self.sorted(key).map_or(0, |sorted| sorted.len() as i64)),
            ("ZRANGEBYSCORE", [key, from, to, limit, skip, most]) => {
                if from != b"-inf" || limit != b"LIMIT" || skip != b"0" {
                    return Err(wrong(name));
                }
                let (to, most) = (integer(to)?, usize::try_from(integer(most)?).unwrap_or(usize::MAX));
                let mut due: Vec<_> =
                    self.sorted(key).into_iter().flatten().filter(|(_, at)| **at <= to).collect();
                due.sort_by_key(|(member, at)| (**at, member.to_vec()));
                Reply::Array(
                    due.into_iter().take(most).map(|(member, _)| Reply::Bulk(member.clone())).collect(),
                )
            }
            _ => {
                return Err(format!(
                    "the played server does not know {name} with {} arguments",
                    arguments.len()
                ));
            }
        })
    }

    fn note_record(&mut self, key: &[u8], record: &[u8]) {
        let mut records = self.hash(RECORDS).cloned().unwrap_or_default();
        records.insert([key, record].concat(), record.to_vec());
        self.put(RECORDS, Some(Value::Hash(records)));
    }

    fn put(&mut self, key: &[u8], value: Option<Value>) {
        let former = match value {
            Some(value) => self.keys.insert(key.to_vec(), value),
            None => self.keys.remove(key),
        };
        self.undo.push((key.to_vec(), former));
    }

    fn hash(&self, key: &[u8]) -> Option<&BTreeMap<Vec<u8>, Vec<u8>>> {
        match self.keys.get(key) {
            Some(Value::Hash(hash)) => Some(hash),
            _ => None,
        }
    }

    fn sorted(&self, key: &[u8]) -> Option<&BTreeMap<Vec<u8>, i64>> {
        match self.keys.get(key) {
            Some(Value::Sorted(sorted)) => Some(sorted),
            _ => None,
        }
    }
}

fn bulk(value: Option<&Vec<u8>>) -> Reply {
    value.map_or(Reply::Nil, |value| Reply::Bulk(value.clone()))
}

fn integer(text: &[u8]) -> Result<i64, String> {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| "ERR value is not an integer or out of range".to_owned())
}

fn wrong(name: &str) -> String {
    format!("the played server does not know this {name}")
}
