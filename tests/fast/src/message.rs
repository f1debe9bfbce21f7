//! What is sent and what comes back: requests as a replica writes them, and answers whose every byte is known in advance.

/// The body of every request: an order, which no gateway may repeat.
pub(crate) const ORDER: &[u8] = br#"{"amount":1}"#;
/// The route that takes them.
pub(crate) const ROUTE: &str = "/order";

/// A `POST` under this key, head and body.
pub(crate) fn order(key: &str) -> Vec<u8> {
    let head = format!(
        "POST {ROUTE} HTTP/1.1\r\nhost: gateway\r\nuser-agent: ic/1.0\r\ncontent-type: application/json\r\n\
         idempotency-key: {key}\r\ncontent-length: {}\r\n\r\n",
        ORDER.len()
    );
    [head.as_bytes(), ORDER].concat()
}

/// A JSON body of exactly so many bytes, 20 at least.
pub(crate) fn body(bytes: usize) -> String {
    const AROUND: usize = r#"{"placed":""}"#.len();
    format!(r#"{{"placed":"{}"}}"#, "x".repeat(bytes.saturating_sub(AROUND)))
}

/// How many bytes the answer has that begins here, when its head is complete and says so; `None` until then.
pub(crate) fn whole(received: &[u8]) -> Option<usize> {
    let head_bytes = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&received[..head_bytes]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    Some(head_bytes + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_as_many_bytes_as_it_should() {
        for bytes in [20, 250, 100_000] {
            assert_eq!(body(bytes).len(), bytes);
        }
    }

    #[test]
    fn an_answer_is_whole_when_its_head_and_as_much_body_as_it_says_are_there() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplace";
        assert_eq!(whole(&answer[..answer.len() - 6]), None);
        assert_eq!(whole(answer), Some(answer.len()));
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n"), None);
    }
}
