//! Which headers of an upstream's answer are kept.

use outcall_tests::{replica::Outcall, upstream::Reply};

use crate::stage::Stage;

async fn kept(reply: Reply, names: &str) -> Vec<String> {
    let stage = Stage::always(reply, &format!(r#""response": {{"keep_headers": [{names}]}}"#)).await;
    let mut lines = stage.send(&Outcall::get("/r")).await.header_lines;
    assert_eq!(lines.pop().as_deref(), Some("content-length: 2"));
    lines
}

#[tokio::test]
async fn the_named_ones_are_kept_sorted_and_repeated_ones_in_their_order() {
    let reply = Reply::json("{}")
        .header("X-Tag", "z")
        .header("Link", "</2>; rel=next")
        .header("X-TAG", "a")
        .header("ETag", "W/\"1\"")
        .header("x-tag", "z");
    let lines = kept(reply, r#""X-Tag", "etag", "link", "x-none""#).await;
    assert_eq!(lines, ["etag: W/\"1\"", "link: </2>; rel=next", "x-tag: z", "x-tag: a", "x-tag: z"]);
}

#[tokio::test]
async fn cookies_and_dates_are_kept_by_name_only() {
    let reply = || Reply::varying().body("{}");
    assert_eq!(kept(reply(), r#""content-type""#).await, ["content-type: application/json"]);
    let lines = kept(reply(), r#""set-cookie", "date""#).await;
    let names: Vec<_> = lines.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["date", "set-cookie"], "whoever names them has a reason");
}

#[tokio::test]
async fn a_route_can_keep_none() {
    assert_eq!(kept(Reply::varying().body("{}"), "").await, [] as [&str; 0]);
}

#[tokio::test]
async fn an_answer_without_a_type_is_given_none() {
    let stage = Stage::always(Reply::new(200).body("{}"), "").await;
    assert_eq!(stage.send(&Outcall::get("/r")).await.header_lines, ["content-length: 2"]);
}

#[tokio::test]
async fn a_value_is_kept_byte_for_byte() {
    let reply = Reply::new(200).body("{}").line(&b"x-a:   a\tb,  c \"\" ~   "[..]).header("x-empty", "");
    assert_eq!(kept(reply, r#""x-a", "x-empty""#).await, ["x-a: a\tb,  c \"\" ~", "x-empty: "]);
}
