//! The upstream of all contenders: one fixed answer, after a fixed time, and a count of what it was asked.
//!
//! A thread per connection that sleeps: a runtime's timers would be a millisecond late, which is as much as what is measured.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crate::message;

/// What asks for the count, instead of placing an order.
const COUNT: &[u8] = b"GET /count ";

/// Serves until the process ends.
pub(crate) fn serve(listener: &TcpListener, delay: Duration, body_bytes: usize) {
    let asked = Arc::new(AtomicU64::new(0));
    let answer: Arc<str> = answer(&message::body(body_bytes)).into();
    for stream in listener.incoming().flatten() {
        let (asked, answer) = (asked.clone(), answer.clone());
        thread::spawn(move || converse(stream, &asked, delay, &answer));
    }
}

/// How many orders the upstream at this address was asked for.
pub(crate) fn asked(address: std::net::SocketAddr) -> io::Result<u64> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /count HTTP/1.1\r\nhost: upstream\r\ncontent-length: 0\r\n\r\n")?;
    let mut said = Vec::new();
    while message::whole(&said).is_none_or(|bytes| said.len() < bytes) {
        let mut chunk = [0; 512];
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        said.extend(&chunk[..read]);
    }
    let said = String::from_utf8_lossy(&said);
    let count = said.rsplit("\r\n").next().and_then(|count| count.parse().ok());
    count.ok_or_else(|| io::Error::other(format!("expected a count, found {said:?}")))
}

fn converse(mut stream: TcpStream, asked: &AtomicU64, delay: Duration, order: &str) {
    let _ = stream.set_nodelay(true);
    let mut request = Vec::with_capacity(4096);
    let mut chunk = [0; 4096];
    loop {
        match stream.read(&mut chunk) {
            Ok(read) if read > 0 => request.extend(&chunk[..read]),
            _ => return,
        }
        if message::whole(&request).is_none_or(|bytes| request.len() < bytes) {
            continue;
        }
        let written = if request.starts_with(COUNT) {
            stream.write_all(answer(&asked.load(Ordering::Relaxed).to_string()).as_bytes())
        } else {
            asked.fetch_add(1, Ordering::Relaxed);
            if !delay.is_zero() {
                thread::sleep(delay);
            }
            stream.write_all(order.as_bytes())
        };
        if written.is_err() {
            return;
        }
        request.clear();
    }
}

fn answer(body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
    format!("{head}{}\r\n\r\n{body}", body.len())
}
