//! Where only the spelling differs, the printed transform writes JSON in one, and leaves everything in.

use ic_cdk_management_canister::HttpHeader;

include!("../printed/spelling.rs");

#[test]
fn json_is_written_in_one_way_and_nothing_is_lost() {
    let header = |name: &str| HttpHeader { name: name.to_owned(), value: "x".to_owned() };
    let told = |body: &str| {
        let headers = vec![header("date"), header("content-type")];
        let response = HttpRequestResult { status: 200_u16.into(), headers, body: body.as_bytes().to_vec() };
        transform(TransformArgs { response, context: Vec::new() })
    };
    for text in [
        r#"{"b":{},"a":[1.0,"\u0078\/",12345678901234567890,null,[]]}"#,
        r#" { "a" : [ 1.0 , "x/" , 12345678901234567890 , null , [ ] ] , "b" : { } } "#,
    ] {
        let told = told(text);
        assert_eq!(
            String::from_utf8_lossy(&told.body),
            r#"{"a":[1.0,"x/",12345678901234567890,null,[]],"b":{}}"#
        );
        assert_eq!(told.headers, [header("content-type")]);
    }
    assert_eq!(told("{ a").body, b"{ a");
}
