use super::*;

fn field(name_bytes: usize, value_bytes: usize) -> (String, String) {
    ("n".repeat(name_bytes), "v".repeat(value_bytes))
}

fn refused(request: &Request) -> String {
    let reject = check_request(request, Replication::Full).unwrap_err();
    assert_eq!(reject.code, RejectCode::CanisterReject);
    reject.message
}

fn with_headers(headers: Vec<(String, String)>) -> Request {
    Request { headers, ..Request::get("https://a.example/") }
}

#[test]
fn each_limit_of_a_request_holds_at_the_bound_and_refuses_one_past_it() {
    let url = |bytes: usize| Request::get("u".repeat(bytes));
    let post = |bytes: usize| Request::post("https://a.example/", vec![0; bytes]);
    let full = vec![field(4_096, 8_192); 4];
    let cases = [
        (url(8_192), url(8_193), "url size 8193 exceeds 8192"),
        (
            with_headers(vec![field(1, 1); 64]),
            with_headers(vec![field(1, 1); 65]),
            "number of all http headers 65 exceeds 64",
        ),
        (
            with_headers(vec![field(8_192, 1)]),
            with_headers(vec![field(8_193, 1)]),
            "number of bytes to represent some http header name 8193 exceeds 8192",
        ),
        (
            with_headers(vec![field(1, 8_192)]),
            with_headers(vec![field(1, 8_193)]),
            "number of bytes to represent some http header value 8193 exceeds 8192",
        ),
        (
            with_headers(full.clone()),
            with_headers([full, vec![field(1, 0)]].concat()),
            "total number of bytes to represent all http header names and values 49153 exceeds 49152",
        ),
        (
            post(2_000_000),
            post(2_000_001),
            "total number of bytes to represent all http header names and values and http body 2000001 exceeds 2000000",
        ),
        (
            post(0).max_response_bytes(2_000_000),
            post(0).max_response_bytes(2_000_001),
            "max_response_bytes expected to be in the range [0..2000000], got 2000001",
        ),
    ];
    for (kept, exceeded, text) in cases {
        assert_eq!(check_request(&kept, Replication::Full), Ok(()), "{text}");
        assert_eq!(refused(&exceeded), text);
    }
    assert_eq!(check_request(&post(0).max_response_bytes(0), Replication::Full), Ok(()));
}

#[test]
fn methods_that_must_not_race_are_refused_where_several_answers_decide() {
    let committee =
        |min_responses| Replication::Flexible { total_requests: 4, min_responses, max_responses: 4 };
    let text = "The requested HTTP method is only allowed for non-replicated requests.";
    for method in ["PUT", "DELETE", "PATCH"] {
        let request = Request { method: method.to_owned(), ..Request::get("https://a.example/") };
        assert_eq!(refused(&request), text);
        let or =
            text.replace("requests.", "requests, or with min_responses = max_responses = total_requests.");
        assert_eq!(check_request(&request, committee(3)).unwrap_err().message, or);
        assert_eq!(check_request(&request, committee(4)), Ok(()));
        assert_eq!(check_request(&request, Replication::Single), Ok(()));
    }
    for method in ["GET", "HEAD", "POST"] {
        let request = Request { method: method.to_owned(), ..Request::get("https://a.example/") };
        assert_eq!(check_request(&request, Replication::Full), Ok(()));
    }
}

#[test]
fn counts_of_a_flexible_outcall_are_checked_from_the_outside_in() {
    let check = |total_requests, min_responses, max_responses| {
        let counts = Replication::Flexible { total_requests, min_responses, max_responses };
        check_replication(counts, 13).map_err(|reject| reject.message)
    };
    assert_eq!(check(13, 0, 13), Ok(()));
    assert_eq!(check(0, 0, 0).unwrap_err(), "total_requests (0) must be at least 1");
    assert_eq!(
        check(14, 1, 1).unwrap_err(),
        "total_requests (14) must not exceed the number of available nodes (13)"
    );
    assert_eq!(check(5, 4, 3).unwrap_err(), "min_responses (4) must not exceed max_responses (3)");
    assert_eq!(check(5, 1, 6).unwrap_err(), "max_responses (6) must not exceed total_requests (5)");
    assert_eq!(check_replication(Replication::Full, 13), Ok(()));
}

#[test]
fn a_transform_of_another_canister_is_refused() {
    assert_eq!(check_transform_principal(&"aaaaa-aa", &"aaaaa-aa"), Ok(()));
    let reject = check_transform_principal(&"rrkah-fqaaa-aaaaa-aaaaq-cai", &"aaaaa-aa").unwrap_err();
    assert_eq!(
        reject.message,
        "transform principal id expected to be rrkah-fqaaa-aaaaa-aaaaq-cai, got aaaaa-aa"
    );
}

#[test]
fn a_response_has_the_same_limits_and_is_a_fatal_matter() {
    let response = |headers, body_bytes| Response { status: 200, headers, body: vec![0; body_bytes] };
    assert_eq!(check_response(&response(vec![field(10, 90); 64], 1_993_600)), Ok(()));
    let reject = check_response(&response(vec![field(1, 1); 65], 0)).unwrap_err();
    assert_eq!(reject, Reject::new(RejectCode::SysFatal, "number of all http headers 65 exceeds 64"));
}

#[test]
fn what_a_transform_says_is_held_to_the_cap_again() {
    let reply = |bytes, cap| check_transformed(Ok(&vec![0; bytes]), cap);
    assert_eq!(reply(10, Some(10)), Ok(()));
    let text = "Transformed http response exceeds limit: 10";
    assert_eq!(reply(11, Some(10)), Err(Reject::new(RejectCode::SysFatal, text)));
    let trap = Reject::new(RejectCode::CanisterError, "a long word");
    assert_eq!(check_transformed(Err(&trap), Some(10)).unwrap_err().message, text);
    assert_eq!(reply(2_000_000, None), Ok(()));
    assert!(reply(2_000_001, None).is_err());
}

#[test]
fn a_request_is_as_large_as_its_parts() {
    let request = Request::post("https://a.example/", "12345").header("Name", "value");
    assert_eq!(request_bytes(&request, None), 18 + 5 + 9);
    let transform = Transform { method: "transform".to_owned(), context: vec![0; 3] };
    assert_eq!(request_bytes(&request, Some(&transform)), 18 + 5 + 9 + 12);
}
