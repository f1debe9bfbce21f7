//! The protocol between the client library and the played server: commands in, replies out.

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Status(&'static str),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    Nil,
    Array(Vec<Self>),
}

/// A command: its name and arguments.
pub(super) type Command = Vec<Vec<u8>>;

impl Reply {
    /// A text.
    pub(super) fn text(text: &str) -> Self {
        Self::Bulk(text.as_bytes().to_vec())
    }

    /// As it goes over the wire.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Status(text) => out.extend(format!("+{text}\r\n").bytes()),
            Self::Error(text) => out.extend(format!("-{text}\r\n").bytes()),
            Self::Integer(number) => out.extend(format!(":{number}\r\n").bytes()),
            Self::Bulk(bytes) => {
                out.extend(format!("${}\r\n", bytes.len()).bytes());
                out.extend(bytes);
                out.extend(b"\r\n");
            }
            Self::Nil => out.extend(b"$-1\r\n"),
            Self::Array(items) => {
                out.extend(format!("*{}\r\n", items.len()).bytes());
                items.iter().for_each(|item| item.encode(out));
            }
        }
    }
}

/// Takes the next whole command out of what has come in.
pub(super) fn take_command(input: &mut Vec<u8>) -> Option<Command> {
    let mut rest = &input[..];
    let items = number(&mut rest, b'*')?;
    let mut command = Command::new();
    for _ in 0..items {
        let length = number(&mut rest, b'$')?;
        let (item, after) = rest.split_at_checked(length)?;
        rest = after.get(2..)?;
        command.push(item.to_vec());
    }
    let used = input.len() - rest.len();
    input.drain(..used);
    Some(command)
}

fn number(rest: &mut &[u8], sign: u8) -> Option<usize> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let (line, after) = (&rest[..end], &rest[end + 2..]);
    let digits = line.strip_prefix(&[sign]).expect("a command of the client library");
    *rest = after;
    Some(std::str::from_utf8(digits).expect("digits").parse().expect("a number"))
}
