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

#[test]
fn a_command_that_is_not_there_is_named_with_what_would_be() {
    let binary = OsString::from("/no/such/gateway");
    let error = Process::start(&binary, "{}").expect_err("no such command");
    let words = no_process(&binary, &error);
    assert!(words.starts_with("found no gateway to start: /no/such/gateway: "), "{words}");
    assert!(words.contains("cargo install --locked") && words.contains(BINARY), "{words}");
}
