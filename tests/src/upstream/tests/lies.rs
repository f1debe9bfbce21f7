//! An upstream that lies must really lie: what a plain socket sees of it.

use super::*;

/// One request, one act, and what came of it.
async fn one(act: Act, request: &str) -> (String, Ending) {
    let upstream = Upstream::start(Script::steps([act])).await;
    let outcome = exchange(&upstream, request).await;
    upstream.finish().await;
    outcome
}

#[tokio::test]
async fn a_reset_can_come_before_anything_else() {
    let upstream = Upstream::start(Script::steps([Act::ResetOnAccept])).await;
    let (bytes, end) = exchange(&upstream, POST).await;
    assert_eq!((bytes.as_str(), end), ("", Ending::Rst));
    assert_eq!((upstream.hits(), upstream.connections()), (0, 1));
    upstream.finish().await;
}

#[tokio::test]
async fn a_reset_can_come_before_the_request_is_read() {
    let upstream = Upstream::start(Script::steps([Act::ResetBeforeReading])).await;
    let (bytes, end) = exchange(&upstream, POST).await;
    assert_eq!(bytes, "");
    assert_eq!(end, Ending::Rst);
    assert_eq!(upstream.hits(), 0);
    upstream.finish().await;
}

#[tokio::test]
async fn a_connection_without_a_request_uses_up_no_step() {
    let upstream = Upstream::start(Script::steps([Act::ResetBeforeReading])).await;
    let spare = TcpStream::connect(upstream.addr()).await.unwrap();
    assert_eq!(exchange(&upstream, POST).await.1, Ending::Rst);
    assert_eq!(spare.try_read(&mut [0; 1]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    upstream.finish().await;
}

#[tokio::test]
async fn a_kept_connection_can_be_reset_before_the_next_request_is_read() {
    let upstream = Upstream::start(Script::steps([Act::json("{}"), Act::ResetBeforeReading])).await;
    let mut stream = TcpStream::connect(upstream.addr()).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    let whole = "HTTP/1.1 200 Scripted\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(read(&mut stream, whole.len()).await, whole);
    stream.write_all(POST.as_bytes()).await.unwrap();
    let error = stream.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn a_reset_can_come_after_the_request_was_read() {
    let upstream = Upstream::start(Script::steps([Act::ResetAfterReading])).await;
    let (bytes, end) = exchange(&upstream, POST).await;
    assert_eq!(bytes, "");
    assert_eq!(end, Ending::Rst);
    assert_eq!(upstream.finish().await[0].text(), "5 ICP");
}

#[tokio::test]
async fn a_connection_can_close_without_a_word() {
    let (bytes, end) = one(Act::CloseAfterReading, POST).await;
    assert_eq!(bytes, "");
    assert_eq!(end, Ending::Fin);
}

#[tokio::test]
async fn a_head_can_break_off() {
    let (bytes, end) = one(Act::HalfHead(Ending::Fin), GET).await;
    assert_eq!(bytes, "HTTP/1.1 200 Scripted\r\ncontent-type: applica");
    assert_eq!(end, Ending::Fin);
    assert_eq!(one(Act::HalfHead(Ending::Rst), GET).await.1, Ending::Rst);
}

#[tokio::test]
async fn a_body_can_break_off() {
    let half = "HTTP/1.1 200 Scripted\r\ncontent-length: 40\r\n\r\n{\"half\": \"of the bod";
    let (bytes, end) = one(Act::HalfBody(Ending::Fin), GET).await;
    assert_eq!(bytes, half);
    assert_eq!(end, Ending::Fin);
    let (bytes, end) = one(Act::HalfBody(Ending::Rst), GET).await;
    assert_eq!(bytes, half);
    assert_eq!(end, Ending::Rst);
}

#[tokio::test]
async fn a_length_can_promise_more_than_comes() {
    let (bytes, end) = one(Act::promises_more(), GET).await;
    assert!(bytes.ends_with("content-length: 23\r\n\r\n{\"paid\":true}"), "{bytes}");
    assert_eq!(end, Ending::Fin);
}

#[tokio::test]
async fn a_surplus_stays_on_the_connection_for_the_next_answer() {
    let upstream = Upstream::start(Script::steps([Act::sends_more(), Act::json("{}")])).await;
    let (bytes, end) = exchange(&upstream, &format!("{GET}{}", last(GET))).await;
    assert!(
        bytes.contains("content-length: 13\r\n\r\n{\"paid\":true}HTTP/1.1 200 SmuggledHTTP/1.1 200 Scripted")
    );
    assert_eq!(end, Ending::Fin);
    upstream.finish().await;
}

#[tokio::test]
async fn bytes_need_not_be_http() {
    assert!(!one(Act::Garbage, GET).await.0.starts_with("HTTP"));
    assert_eq!(one(Act::Raw(b"HTTP/0.9 maybe".to_vec()), GET).await.0, "HTTP/0.9 maybe");
}

#[tokio::test]
async fn interim_answers_come_before_the_answer() {
    let (bytes, _) = one(Act::Informational(vec![100, 103], Box::new(Act::json("{}"))), &last(GET)).await;
    let statuses: Vec<_> = bytes.lines().filter(|line| line.starts_with("HTTP/1.1")).collect();
    assert_eq!(statuses, ["HTTP/1.1 100 Interim", "HTTP/1.1 103 Interim", "HTTP/1.1 200 Scripted"]);
}

#[tokio::test]
async fn a_connection_can_close_when_the_client_takes_it_for_idle() {
    let (bytes, end) = one(Act::CloseIdle(Reply::json("{}")), GET).await;
    assert!(bytes.ends_with("content-length: 2\r\n\r\n{}") && !bytes.contains("close"), "{bytes}");
    assert_eq!(end, Ending::Fin);
}

#[tokio::test]
async fn a_body_can_come_in_chunks_with_trailers() {
    let reply = Reply::new(200).body("x".repeat(1_001)).framing(Framing::Chunked).trailer("x-sum", "1");
    let (bytes, _) = one(reply.into(), &last(GET)).await;
    let body = format!("3e8\r\n{}\r\n1\r\nx\r\n0\r\nx-sum: 1\r\n\r\n", "x".repeat(1_000));
    assert_eq!(bytes, format!("HTTP/1.1 200 Scripted\r\ntransfer-encoding: chunked\r\n\r\n{body}"));
}

#[tokio::test]
async fn a_body_can_end_with_the_connection() {
    let (bytes, end) = one(Reply::new(200).body("all").framing(Framing::UntilClose).into(), GET).await;
    assert_eq!(bytes, "HTTP/1.1 200 Scripted\r\nconnection: close\r\n\r\nall");
    assert_eq!(end, Ending::Fin);
}

#[tokio::test]
async fn an_answer_to_head_has_a_length_and_no_body() {
    let (bytes, _) = one(Act::json("{\"a\":1}"), &last(&GET.replacen("GET", "HEAD", 1))).await;
    assert!(bytes.ends_with("content-length: 7\r\n\r\n"), "{bytes}");
}
