use super::*;

mod refusals;
mod server;
mod tls;

use server::{Act, Server};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn adapter() -> Adapter {
    Adapter::new(&Network::trusting_nobody().unwrap())
}

fn ok() -> Act {
    Act::reply(OK)
}

fn body_of(fetched: &Fetched) -> &[u8] {
    &fetched.outcome.as_ref().unwrap().body
}

fn reject_of(fetched: &Fetched) -> (RejectCode, &str) {
    let reject = fetched.outcome.as_ref().unwrap_err();
    (reject.code, &reject.message)
}

#[tokio::test]
async fn a_request_goes_out_in_lower_case_with_what_the_adapter_adds_and_nothing_else() {
    let server = Server::start([ok(), ok(), ok()]).await;
    let host = server.address;
    let adapter = adapter();
    let post = Request::post(server.url("/order?x=1"), "hello")
        .header("X-Key", "A")
        .header("Accept-LANGUAGE", "de")
        .header("x-key", "C");
    assert_eq!(body_of(&adapter.fetch(&post).await), b"ok");
    let own_agent = Request::get(server.url("/")).header("User-Agent", "me");
    adapter.fetch(&own_agent).await;
    let get_with_body = Request { method: "GET".to_owned(), ..Request::post(server.url("/g"), "b") };
    adapter.fetch(&get_with_body).await;
    let seen: Vec<String> = server.seen().into_iter().map(|seen| seen.bytes).collect();
    let expected = [
        format!(
            "POST /order?x=1 HTTP/1.1\r\nx-key: A\r\nx-key: C\r\naccept-language: de\r\nuser-agent: ic/1.0\r\n\
             host: {host}\r\ncontent-length: 5\r\n\r\nhello"
        ),
        format!("GET / HTTP/1.1\r\nuser-agent: me\r\nhost: {host}\r\n\r\n"),
        format!("GET /g HTTP/1.1\r\nuser-agent: ic/1.0\r\nhost: {host}\r\ncontent-length: 1\r\n\r\nb"),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_response_is_taken_as_it_comes() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nX-B: 1\r\nSet-Cookie: a\r\nx-b: 2\r\n\
                    Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x08\x01";
    let chunked = "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    let server = Server::start([Act::reply(redirect), Act::reply(chunked)]).await;
    let adapter = adapter();
    let fetched = adapter.fetch(&Request::get(server.url("/"))).await;
    let response = fetched.outcome.unwrap();
    assert_eq!(response.status, 302);
    let headers: Vec<String> =
        response.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let expected = [
        "location: /elsewhere",
        "x-b: 1",
        "x-b: 2",
        "set-cookie: a",
        "content-encoding: gzip",
        "content-length: 3",
    ];
    assert_eq!(headers, expected);
    assert_eq!(response.body, b"\x1f\x08\x01");
    assert_eq!((fetched.attempts, fetched.downloaded_bytes), (1, response.bytes()));
    let fetched = adapter.fetch(&Request::get(server.url("/"))).await;
    assert_eq!((fetched.outcome.as_ref().unwrap().status, body_of(&fetched)), (500, b"abc".as_slice()));
    assert_eq!(server.seen().len(), 2, "nobody went elsewhere");
}

#[tokio::test]
async fn a_node_keeps_its_connection_and_shares_it_with_no_other() {
    let server = Server::start([ok(), ok(), ok()]).await;
    let network = Network::trusting_nobody().unwrap();
    let (one, other) = (Adapter::new(&network), Adapter::new(&network));
    let request = Request::get(server.url("/"));
    for adapter in [&one, &one, &other] {
        assert_eq!(adapter.fetch(&request).await.attempts, 1);
    }
    let connections: Vec<usize> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

#[tokio::test]
async fn thirteen_nodes_ask_side_by_side_and_thirteen_requests_arrive() {
    let server = Server::start((0..13).map(|_| ok())).await;
    let network = Network::trusting_nobody().unwrap();
    let nodes: Vec<_> = (0..13)
        .map(|_| {
            let (adapter, request) = (Adapter::new(&network), Request::get(server.url("/")));
            tokio::spawn(async move { adapter.fetch(&request).await })
        })
        .collect();
    for node in nodes {
        assert_eq!(body_of(&node.await.unwrap()), b"ok");
    }
    let connections: std::collections::BTreeSet<usize> =
        server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!((server.seen().len(), connections.len()), (13, 13));
}

#[tokio::test]
async fn after_a_reset_the_same_post_is_sent_again_on_a_new_connection() {
    let server = Server::start([Act::Reset, ok()]).await;
    let fetched = adapter().fetch(&Request::post(server.url("/pay"), "7")).await;
    assert_eq!((body_of(&fetched), fetched.attempts), (b"ok".as_slice(), 2));
    let seen = server.seen();
    assert_eq!([seen[0].connection, seen[1].connection], [0, 1]);
    assert_eq!(seen[0].bytes, seen[1].bytes);
}

#[tokio::test]
async fn a_post_is_sent_as_often_as_there_are_ways_to_send_it() {
    for again in 0..3 {
        let server = Server::start([]).await;
        let network = Network::trusting_nobody().unwrap().attempts_through_socks(again);
        let fetched = Adapter::new(&network).fetch(&Request::post(server.url("/"), "")).await;
        assert_eq!((fetched.attempts, server.seen().len()), (1 + again, 1 + again as usize));
        let (code, message) = reject_of(&fetched);
        assert_eq!(code, RejectCode::SysTransient);
        assert!(
            message.starts_with("Connecting to 127.0.0.1 failed: direct connect hyper_util::"),
            "{message}"
        );
        let socks = message.split_once(" and connect through socks ").unwrap().1;
        let expected = if again == 0 { "\"No SOCKS proxy addresses provided\"" } else { "\"hyper_util::" };
        assert!(socks.starts_with(expected), "{socks}");
    }
}

#[tokio::test]
async fn a_server_that_nobody_reaches_is_tried_twice_too() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let fetched = adapter().fetch(&Request::get(format!("http://{nobody}/"))).await;
    assert_eq!(fetched.attempts, 2);
    let (code, message) = reject_of(&fetched);
    assert_eq!(code, RejectCode::SysTransient);
    assert!(message.contains("ConnectionRefused"), "{message}");
}

#[tokio::test]
async fn a_long_host_is_named_by_its_first_fifty_bytes() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let host = format!("{}.example", "h".repeat(60));
    let network = Network::trusting_nobody().unwrap().pin(host.clone(), nobody);
    let url = format!("http://{host}:{}/", nobody.port());
    let fetched = Adapter::new(&network).fetch(&Request::get(url)).await;
    let start = format!("Connecting to {} failed: direct", "h".repeat(50));
    assert!(reject_of(&fetched).1.starts_with(&start), "{fetched:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_asked_for_again_and_counts_as_too_large() {
    let half = Act::ReplyAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec());
    let server = Server::start([half]).await;
    let fetched = adapter().fetch(&Request::get(server.url("/"))).await;
    let expected = (RejectCode::SysFatal, "Http body exceeds size limit of 2000000 bytes.");
    assert_eq!(reject_of(&fetched), expected);
    assert_eq!((fetched.attempts, server.seen().len()), (1, 1));
}

#[tokio::test]
async fn after_thirty_seconds_the_time_is_over_and_nothing_is_sent_again() {
    let server = Server::start([Act::Hold]).await;
    let (adapter, request) = (adapter(), Request::get(server.url("/")));
    // The clock stands still, and jumps to the next deadline, from the moment that the server has the request.
    let (fetched, ()) = tokio::join!(adapter.fetch(&request), async {
        server.arrived().await;
        tokio::time::pause();
    });
    assert_eq!(reject_of(&fetched), (RejectCode::SysFatal, "Timeout expired"));
    assert!(fetched.took >= Duration::from_secs(30) && fetched.took < Duration::from_secs(31), "{fetched:?}");
    assert_eq!(fetched.attempts, 1);
}
