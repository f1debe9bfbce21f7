//! Where only headers differ, the printed transform keeps the content's type, or nothing, and the body as it came.

use ic_cdk_management_canister::HttpHeader;

include!("../printed/headers.rs");

#[test]
fn headers_go_and_the_rest_stays() {
    let header = |name: &str| HttpHeader { name: name.to_owned(), value: "x".to_owned() };
    let response = HttpRequestResult {
        status: 404_u16.into(),
        headers: vec![header("date"), header("set-cookie")],
        body: b"4.230 ".to_vec(),
    };
    let told = transform(TransformArgs { response: response.clone(), context: Vec::new() });
    assert_eq!(told, HttpRequestResult { headers: Vec::new(), ..response });
}
