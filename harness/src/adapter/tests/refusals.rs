//! What the adapter refuses to send, and to accept.

use super::*;

async fn refusal(request: Request, https_only: bool) -> (RejectCode, String) {
    let network = Network::trusting_nobody().unwrap();
    let network = if https_only { network.https_only() } else { network };
    let fetched = Adapter::new(&network).fetch(&request).await;
    assert_eq!(fetched.attempts, 0, "nothing was sent");
    let (code, message) = reject_of(&fetched);
    (code, message.to_owned())
}

/// What becomes of this answer under that cap.
async fn answered(cap: u64, answer: String) -> Fetched {
    let server = Server::start([Act::Reply(answer.into_bytes())]).await;
    let fetched = adapter().fetch(&Request::get(server.url("/")).max_response_bytes(cap)).await;
    assert_eq!(fetched.attempts, 1);
    fetched
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_in_the_adapters_words() {
    let get = || Request::get("https://a.example/");
    let cases = [
        (Request::get("http://a.example/"), "Url need to specify https scheme"),
        (Request::get("/path"), "Url need to specify https scheme"),
        (Request::get("https://a b/"), "Failed to parse URL: invalid uri character"),
        (get().header("a b", "v"), "Failed to parse header name invalid HTTP header name"),
        (get().header("", "v"), "Failed to parse header name invalid HTTP header name"),
        (get().header("n", "a\nb"), "Failed to parse header value failed to parse header value"),
        (Request { method: "TRACE".to_owned(), ..get() }, "Failed to get HTTP method"),
        (Request { method: "get".to_owned(), ..get() }, "Failed to get HTTP method"),
        (get().header("n", "v".repeat(8_193)), "Header name or value exceeds size limit of 8192"),
    ];
    for (request, text) in cases {
        assert_eq!(refusal(request, true).await, (RejectCode::SysFatal, text.to_owned()));
    }
    let many = Request { headers: vec![("n".to_owned(), "v".to_owned()); 1_025], ..get() };
    assert_eq!(refusal(many, true).await.1, "Too many headers. Maximum allowed: 1024");
}

#[tokio::test]
async fn http_is_accepted_on_local_networks_only() {
    let server = Server::start([ok()]).await;
    let request = Request::get(server.url("/"));
    assert_eq!(refusal(request.clone(), true).await.1, "Url need to specify https scheme");
    assert_eq!(body_of(&adapter().fetch(&request).await), b"ok");
}

#[tokio::test]
async fn headers_and_body_share_the_cap_and_headers_come_first() {
    // 14 + 1 bytes of one header, 2 of another, 5 of the body: 22.
    let answer = || "HTTP/1.1 200 OK\r\ncontent-length: 5\r\na: b\r\n\r\n12345".to_owned();
    assert_eq!(body_of(&answered(22, answer()).await), b"12345");
    let fatal = RejectCode::SysFatal;
    let body = answered(21, answer()).await;
    assert_eq!(reject_of(&body), (fatal, "Http body exceeds size limit of 21 bytes."));
    let fetched = answered(17, answer()).await;
    assert_eq!(reject_of(&fetched), (fatal, "Http body exceeds size limit of 17 bytes."));
    let fetched = answered(16, answer()).await;
    assert_eq!(reject_of(&fetched), (fatal, "Header size exceeds specified response size limit 16"));
    assert_eq!(fetched.downloaded_bytes, 17);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n";
    assert_eq!(body_of(&answered(29, chunked.to_owned()).await), b"12345");
    let fetched = answered(28, chunked.to_owned()).await;
    assert_eq!(reject_of(&fetched), (fatal, "Http body exceeds size limit of 28 bytes."));
}

#[tokio::test]
async fn a_header_that_is_not_visible_ascii_comes_before_every_other_complaint() {
    let answer = "HTTP/1.1 200 OK\r\nx: caf\u{e9}\r\ncontent-length: 0\r\n\r\n";
    let expected = "Failed to parse headers: failed to convert header to a str";
    let fetched = answered(0, answer.to_owned()).await;
    assert_eq!(reject_of(&fetched), (RejectCode::SysTransient, expected));
    let tab = answered(100, "HTTP/1.1 200 OK\r\nx: a\tb\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    assert!(tab.outcome.is_ok());
}

#[tokio::test]
async fn more_headers_than_a_canister_can_take_are_refused_after_they_were_read() {
    let with = |count: usize, value_bytes: usize| {
        let fields: String = (1..count).map(|at| format!("n{at}: {}\r\n", "v".repeat(value_bytes))).collect();
        format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n")
    };
    assert!(answered(2_000_000, with(64, 1)).await.outcome.is_ok());
    let fetched = answered(2_000_000, with(65, 1)).await;
    assert_eq!(reject_of(&fetched), (RejectCode::SysFatal, "number of all http headers 65 exceeds 64"));
    let fetched = answered(2_000_000, with(2, 8_193)).await;
    let text = "number of bytes to represent some http header value 8193 exceeds 8192";
    assert_eq!(reject_of(&fetched), (RejectCode::SysFatal, text));
    let fetched = answered(2_000_000, with(8, 8_000)).await;
    let text = "total number of bytes to represent all http header names and values 56029 exceeds 49152";
    assert_eq!(reject_of(&fetched), (RejectCode::SysFatal, text));
}

#[tokio::test]
async fn more_headers_than_the_http_library_reads_count_as_no_response() {
    let fields: String = (0..101).map(|at| format!("n{at}: v\r\n")).collect();
    let answer = || Act::Reply(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").into_bytes());
    let server = Server::start([answer(), answer()]).await;
    let fetched = adapter().fetch(&Request::get(server.url("/"))).await;
    assert_eq!((reject_of(&fetched).0, fetched.attempts), (RejectCode::SysTransient, 2));
}
