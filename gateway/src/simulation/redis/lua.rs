//! The ledger's own scripts, run by the Lua that Redis has.

use std::{cell::RefCell, collections::HashMap};

use mlua::{Error, Function, Lua, MultiValue, Table, Value};

use super::resp::Reply;

/// What a script calls as `redis.call`.
pub(super) type Calls<'a> = dyn FnMut(Vec<Vec<u8>>) -> Result<Reply, String> + 'a;

thread_local! {
    /// Every thread plays one simulation after the other; its scripts are read once.
    static INTERPRETER: Interpreter = Interpreter { lua: Lua::new(), scripts: RefCell::default() };
}

struct Interpreter {
    lua: Lua,
    scripts: RefCell<HashMap<String, Function>>,
}

/// Runs a script, which this digest stands for, with these keys and arguments.
pub(super) fn run(
    (digest, script): (&str, &str),
    keys: &[Vec<u8>],
    arguments: &[Vec<u8>],
    calls: &mut Calls<'_>,
) -> Result<Reply, String> {
    INTERPRETER
        .with(|interpreter| interpreter.run((digest, script), keys, arguments, calls))
        .map_err(|error| error.to_string())
}

impl Interpreter {
    fn run(
        &self,
        script: (&str, &str),
        keys: &[Vec<u8>],
        arguments: &[Vec<u8>],
        calls: &mut Calls<'_>,
    ) -> mlua::Result<Reply> {
        let function = self.function(script)?;
        let globals = self.lua.globals();
        globals.set("KEYS", self.texts(keys)?)?;
        globals.set("ARGV", self.texts(arguments)?)?;
        self.lua.scope(|scope| {
            let call = scope.create_function_mut(|lua, arguments: MultiValue| {
                let command = arguments.into_iter().map(as_argument).collect::<mlua::Result<_>>()?;
                let reply = calls(command).map_err(Error::runtime)?;
                to_lua(lua, &reply)
            })?;
            let redis = self.lua.create_table()?;
            redis.set("call", call)?;
            globals.set("redis", redis)?;
            from_lua(&function.call::<Value>(())?)
        })
    }

    fn function(&self, (digest, script): (&str, &str)) -> mlua::Result<Function> {
        if let Some(function) = self.scripts.borrow().get(digest) {
            return Ok(function.clone());
        }
        // Redis takes the first line for itself where it says with which flags a script runs.
        let body = script
            .split_once('\n')
            .filter(|(first, _)| first.starts_with("#!"))
            .map_or(script, |(_, body)| body);
        let function = self.lua.load(body).into_function()?;
        self.scripts.borrow_mut().insert(digest.to_owned(), function.clone());
        Ok(function)
    }

    fn texts(&self, texts: &[Vec<u8>]) -> mlua::Result<Table> {
        let texts =
            texts.iter().map(|text| self.lua.create_string(text)).collect::<mlua::Result<Vec<_>>>()?;
        self.lua.create_sequence_from(texts)
    }
}

fn as_argument(value: Value) -> mlua::Result<Vec<u8>> {
    match value {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Integer(number) => Ok(number.to_string().into_bytes()),
        Value::Number(number) if number.fract() == 0.0 => Ok(format!("{number:.0}").into_bytes()),
        other => Err(Error::runtime(format!("{} cannot be an argument of a command", other.type_name()))),
    }
}

fn to_lua(lua: &Lua, reply: &Reply) -> mlua::Result<Value> {
    Ok(match reply {
        Reply::Bulk(bytes) => Value::String(lua.create_string(bytes)?),
        Reply::Integer(number) => Value::Number(*number as f64),
        Reply::Nil => Value::Boolean(false),
        Reply::Array(items) => {
            let items = items.iter().map(|item| to_lua(lua, item)).collect::<mlua::Result<Vec<_>>>()?;
            Value::Table(lua.create_sequence_from(items)?)
        }
        Reply::Status(_) | Reply::Error(_) => return Err(Error::runtime("no command of a script says this")),
    })
}

fn from_lua(value: &Value) -> mlua::Result<Reply> {
    Ok(match value {
        Value::String(text) => Reply::Bulk(text.as_bytes().to_vec()),
        Value::Integer(number) => Reply::Integer(*number),
        Value::Number(number) => Reply::Integer(*number as i64),
        Value::Boolean(true) => Reply::Integer(1),
        Value::Boolean(false) | Value::Nil => Reply::Nil,
        // Redis, too, reads a table up to its first nil.
        Value::Table(table) => {
            let items = table.sequence_values::<Value>().map(|item| from_lua(&item?));
            Reply::Array(items.collect::<mlua::Result<_>>()?)
        }
        other => return Err(Error::runtime(format!("{} cannot be a reply", other.type_name()))),
    })
}
