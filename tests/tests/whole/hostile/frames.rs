//! HTTP/2 in frames, so that what no library would send can be sent.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Types of frames (RFC 9113, section 6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const PRIORITY: u8 = 2;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

/// Flags.
pub(super) const END_STREAM: u8 = 1;
pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
pub(super) const PADDED: u8 = 8;

/// A frame's bytes.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Header lines as HPACK spells them without a table and without compression (RFC 7541, section 6.2.2).
pub(super) fn block(lines: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in lines {
        block.push(0);
        for text in [name, value] {
            length(&mut block, text.len());
            block.extend(text.as_bytes());
        }
    }
    block
}

/// A length with a prefix of seven bits (RFC 7541, section 5.1).
fn length(block: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(127) else { return block.push(length as u8) };
    block.push(127);
    while rest >= 128 {
        block.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    block.push(rest as u8);
}

/// The lines that make a request of this method and path.
pub(super) fn request<'a>(method: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![(":method", method), (":scheme", "http"), (":authority", "g"), (":path", path)]
}

/// A whole request in one frame.
pub(super) fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(&request("GET", path)))
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The first stream was answered.
    Answered(u16),
    /// The first stream was reset, for this reason.
    Reset(u32),
    /// The connection was ended, for this reason.
    GoneAway(u32),
    /// The connection was closed without a word.
    Closed,
}

/// Reasons (RFC 9113, section 7).
pub(super) const PROTOCOL_ERROR: u32 = 1;
pub(super) const FLOW_CONTROL_ERROR: u32 = 3;
pub(super) const FRAME_SIZE_ERROR: u32 = 6;
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// Says the preface, settings and these bytes, and listens for the end.
pub(super) async fn converse(addr: SocketAddr, bytes: &[u8]) -> End {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    let bytes = [preface, &frame(SETTINGS, 0, 0, &[]), bytes].concat();
    let (mut reader, mut writer) = TcpStream::connect(addr).await.unwrap().into_split();
    // Who is attacked need not listen to the end.
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&bytes).await;
        writer
    });
    let end = timeout(outcall_tests::replica::REQUEST_TIMEOUT, async {
        let mut head = [0; 9];
        while reader.read_exact(&mut head).await.is_ok() {
            let kind = head[3];
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let mut payload =
                vec![0; usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])];
            if reader.read_exact(&mut payload).await.is_err() {
                break;
            }
            let reason = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
            match kind {
                GOAWAY if reason(4) != 0 => return End::GoneAway(reason(4)),
                RST_STREAM if stream == 1 && reason(0) != 0 => return End::Reset(reason(0)),
                HEADERS if stream == 1 => return End::Answered(status(&payload)),
                _ => {}
            }
        }
        End::Closed
    });
    let end = end.await.unwrap_or_else(|_| panic!("the gateway neither answers nor ends the connection"));
    writing.abort();
    end
}

/// What a client may send ahead: on each stream, and on all streams together. Read until the gateway has acknowledged our
/// settings, before which it says all that it has to say of windows.
pub(super) async fn windows(addr: SocketAddr) -> (u32, u32) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0, &[]).as_slice()].concat();
    stream.write_all(&preface).await.unwrap();
    let (mut each, mut all) = (65_535, 65_535);
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
        stream.read_exact(&mut payload).await.unwrap();
        let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
        match (head[3], head[4]) {
            (SETTINGS, ACK) => return (each, all),
            (SETTINGS, _) => {
                let window = payload.chunks(6).find(|setting| setting[..2] == INITIAL_WINDOW_SIZE);
                each = window.map_or(each, |setting| number(&setting[2..]));
            }
            (WINDOW_UPDATE, _) => all += number(&payload),
            _ => {}
        }
    }
}

/// RFC 9113, section 6.5.2.
const INITIAL_WINDOW_SIZE: [u8; 2] = [0, 4];

/// The status at the beginning of an answer's block: in the static table, or as three digits of Huffman code.
fn status(block: &[u8]) -> u16 {
    match block {
        [0x88, ..] => 200,
        [0x8c, ..] => 400,
        [0x8d, ..] => 404,
        [0x8e, ..] => 500,
        // Literal, named by the table's `:status`; digits take 5 or 6 bits.
        [0x08 | 0x48, length, rest @ ..] if length & 128 != 0 => {
            let bits: String =
                rest[..usize::from(length & 127)].iter().map(|byte| format!("{byte:08b}")).collect();
            digits(&bits)
        }
        [0x08 | 0x48, 3, a, b, c, ..] => String::from_utf8_lossy(&[*a, *b, *c]).parse().unwrap(),
        _ => panic!("no status in {block:02x?}"),
    }
}

/// Huffman-coded digits (RFC 7541, appendix B): 0, 1, 2 are five bits from 00000, 3 to 9 six bits from 011001.
fn digits(mut bits: &str) -> u16 {
    let mut digits = String::new();
    while digits.len() < 3 {
        let five = u8::from_str_radix(&bits[..5], 2).unwrap();
        let (digit, taken) = match five {
            0..=2 => (five, 5),
            _ => (u8::from_str_radix(&bits[..6], 2).unwrap() - 0b01_1001 + 3, 6),
        };
        digits.push(char::from(b'0' + digit));
        bits = &bits[taken..];
    }
    digits.parse().unwrap()
}
