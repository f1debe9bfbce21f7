//! The whole messages.

use super::{diverged, replied, said, thirteen, timed_out};
use crate::outcall::Response;

#[test]
fn a_divergence_is_told_with_its_groups_its_bytes_its_cause_and_what_to_do() {
    println!("{}", said(|| replied(vec![diverged()]).expect_agreed().rounds.len()));
    println!("{}", said(|| timed_out().expect_agreed().id));
    let many = thirteen(|number| {
        let items: Vec<String> = (0..5)
            .map(|item| {
                format!(
                    r#"{{"sku":{item},"id":"{:016x}"}}"#,
                    (number * 5 + item + 1) as u64 * 0x9e37_79b9_7f4a
                )
            })
            .collect();
        let body = format!(
            r#"{{"mean":{},"items":[{}]}}"#,
            ["0.3", "0.30000000000000004"][number % 2],
            items.join(",")
        );
        Ok(Response {
            status: 200,
            headers: vec![("set-cookie".to_owned(), format!("session={number}"))],
            body: body.into(),
        })
    });
    println!("{}", said(|| many.expect_agreed().id));
}
