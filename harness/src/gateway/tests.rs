use super::*;

async fn heard(said: &'static str) -> Result<String, String> {
    let (tell, told) = oneshot::channel();
    read(said.as_bytes(), tell);
    told.await.expect("a word")
}

#[tokio::test]
async fn it_listens_where_it_says_and_says_other_things_before_and_after() {
    let said = "outcall-gateway 0.1.0\n\nstore     memory\nlistening http://127.0.0.1:4711\n\na complaint\n";
    assert_eq!(heard(said).await, Ok("http://127.0.0.1:4711".to_owned()));
}

#[tokio::test]
async fn what_ends_before_it_listens_is_told_whole() {
    let said = "proxy_conf.json:1:2: found 7, expected a URL\nnot listening http://127.0.0.1:4711\n";
    assert_eq!(heard(said).await, Err(said.to_owned()));
    assert_eq!(heard("").await, Err(String::new()));
}

/// Neither bytes that are no text nor a line without end keep anybody waiting, or take all memory.
#[tokio::test]
async fn what_is_no_text_and_what_has_no_end_is_read_all_the_same() {
    let (tell, told) = oneshot::channel();
    read(&b"caf\xe9\nlistening http://127.0.0.1:4711\n\xff\n"[..], tell);
    assert_eq!(told.await.expect("a word"), Ok("http://127.0.0.1:4711".to_owned()));
    let (tell, told) = oneshot::channel();
    read(BufReader::new(io::repeat(b'x')), tell);
    let words = told.await.expect("a word").expect_err("it never listens");
    assert_eq!(words.len() as u64, WORDS_BYTES_MAX);
}

#[tokio::test(start_paused = true)]
async fn one_that_says_nothing_is_not_waited_for_without_end() {
    let (_tell, told) = oneshot::channel();
    let error = listening(told).await.expect_err("it never listens");
    assert_eq!(
        error,
        "the gateway does not start: within 30s it says no line that begins with \"listening \""
    );
}

#[test]
fn a_command_that_is_not_there_is_named_with_what_would_be() {
    let binary = OsString::from("/no/such/gateway");
    let error = Process::start(&binary, "{}").expect_err("no such command");
    let words = no_process(&binary, &error);
    assert!(words.starts_with("found no gateway to start: /no/such/gateway: "), "{words}");
    assert!(words.contains("cargo install --locked") && words.contains(BINARY), "{words}");
}
