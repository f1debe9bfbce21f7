//! The printed transform, called by itself: what is no JSON or has no such places is left as it is.

include!("../printed/everything.rs");

fn told(body: &str) -> String {
    let response =
        HttpRequestResult { status: 200_u16.into(), headers: Vec::new(), body: body.as_bytes().to_vec() };
    let told = transform(TransformArgs { response, context: Vec::new() });
    String::from_utf8_lossy(&told.body).into_owned()
}

#[test]
fn what_is_no_json_stays_as_it_came() {
    for body in ["no json", "", "{\"a\":1", "[1] 2"] {
        assert_eq!(told(body), body);
    }
}

#[test]
fn only_the_places_that_are_named_are_changed() {
    for (body, expected) in [
        ("[3, 2]", "[3,2]"),
        ("7.50", "7.50"),
        (
            r#"{"tuple":{"[1]":1},"items":{"0":{"trace_id":1}},"mean":"0.3"}"#,
            r#"{"items":{"0":{"trace_id":1}},"mean":"0.3","tuple":{"[1]":1}}"#,
        ),
        (r#"{"b":{"request id":1},"a":null,"a":true}"#, r#"{"a":true,"b":{"request id":1}}"#),
        (
            r#"{"tuple":[1,2,3],"served_at":1,"items":[2,{"trace_id":1},1]}"#,
            r#"{"items":[1,2,{}],"tuple":[1,null,3]}"#,
        ),
        (r#"{"mean":-1e-20}"#, r#"{"mean":0}"#),
    ] {
        assert_eq!(told(body), expected);
    }
}
