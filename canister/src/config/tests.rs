use super::*;

fn installed() -> Config {
    let gateway = Some("https://gateway.example.com".to_owned());
    Config::default().with(Settings { gateway, ..Settings::default() }).unwrap()
}

fn of_llm(llm: Llm) -> Settings {
    Settings { llm: Some(llm), ..Settings::default() }
}

fn refused(settings: Settings) -> String {
    installed().with(settings).unwrap_err()
}

#[test]
fn only_the_gateway_has_no_default() {
    let why = Config::default().with(Settings::default()).unwrap_err();
    assert_eq!(why, "gateway must be a URL: https://host, on local networks also http://");
    let config = installed();
    assert_eq!(config.price_url("ICP/USD"), "https://gateway.example.com/price?pair=ICP/USD");
    assert_eq!(config.order_url(), "https://gateway.example.com/order");
    assert_eq!(config.callers, Callers::Controllers);
}

#[test]
fn what_is_left_out_stays() {
    let change = Settings { price_path: Some("/demo".into()), ..Settings::default() };
    let changed = installed().with(change).unwrap();
    assert_eq!(changed, Config { price_path: "/demo".into(), ..installed() });
    assert_eq!(changed.with(Settings::default()).unwrap(), changed);
}

#[test]
fn a_gateway_is_https_or_on_local_networks_http() {
    for (gateway, url) in [
        ("https://gateway.example.com/", "https://gateway.example.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080/prefix/", "http://[::1]:8080/prefix"),
    ] {
        let settings = Settings { gateway: Some(gateway.into()), ..Settings::default() };
        assert_eq!(installed().with(settings).unwrap().gateway, url);
    }
    let odd =
        ["", "https://", "http:///", "https:///path", "ftp://host", "host", "https://ho st", "https://h?q"];
    for gateway in odd {
        let settings = Settings { gateway: Some(gateway.into()), ..Settings::default() };
        assert!(refused(settings).starts_with("gateway must"), "{gateway}");
    }
}

#[test]
fn a_path_is_a_plain_path() {
    for path in ["", "price", "/a b", "/a?b", "/a#b", "/a\\b", "/ä"] {
        let settings = Settings { order_path: Some(path.into()), ..Settings::default() };
        assert!(refused(settings).starts_with("order_path must"), "{path}");
    }
    assert!(refused(of_llm(Llm { path: "llm".into(), ..Llm::default() })).starts_with("llm.path must"));
    let long = Settings { price_path: Some(format!("/{}", "p".repeat(1_024))), ..Settings::default() };
    assert_eq!(refused(long), "price_path must not be longer than 1024 bytes");
}

#[test]
fn numbers_hold_at_their_bounds_and_one_past_them_is_refused() {
    type Set = fn(u64) -> Settings;
    let members: [(Set, u64, u64); 6] = [
        (|n| Settings { price_response_bytes_max: Some(n), ..Settings::default() }, 512, 2_000_000),
        (|n| Settings { order_response_bytes_max: Some(n), ..Settings::default() }, 512, 2_000_000),
        (|n| Settings { roundtrip_ms_expected: Some(n), ..Settings::default() }, 1_000, 60_000),
        (|n| Settings { ask_again_within_s: Some(n), ..Settings::default() }, 60, 604_800),
        (|n| of_llm(Llm { response_bytes_max: n, ..Llm::default() }), 512, 262_144),
        (|n| of_llm(Llm { give_up_after_s: n, ..Llm::default() }), 60, 86_400),
    ];
    for (set, least, most) in members {
        assert!(installed().with(set(least)).is_ok());
        assert!(installed().with(set(most)).is_ok());
        let why = refused(set(least - 1));
        assert!(why.ends_with(&format!("must be between {least} and {most}")), "{why}");
        assert_eq!(refused(set(most + 1)), why);
    }
}

#[test]
fn controllers_always_may_and_others_by_the_list() {
    let listed = Principal::from_slice(&[1]);
    let other = Principal::from_slice(&[2]);
    let config = |callers| Config { callers, ..installed() };
    for callers in [Callers::Controllers, Callers::Listed(vec![listed]), Callers::Everyone] {
        assert!(config(callers).admits(&other, true));
    }
    assert!(!config(Callers::Controllers).admits(&listed, false));
    assert!(config(Callers::Listed(vec![listed])).admits(&listed, false));
    assert!(!config(Callers::Listed(vec![listed])).admits(&other, false));
    assert!(config(Callers::Everyone).admits(&Principal::anonymous(), false));
    let many = Callers::Listed(vec![listed; 1_001]);
    let settings = Settings { callers: Some(many), ..Settings::default() };
    assert_eq!(refused(settings), "callers must not be more than 1000");
}

#[test]
fn keys_are_keys_and_their_number_and_age_have_bounds() {
    let key = |keyid: &str, x: &str| ReceiptKey { keyid: keyid.into(), public_key: x.into() };
    let good = key("k", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let receipts = Receipts { keys: vec![good.clone()], age_s_max: 60, quorum_nodes: 4 };
    let set = |receipts| Settings { receipts: Some(receipts), ..Settings::default() };
    let config = installed().with(set(receipts.clone())).unwrap();
    assert_eq!(
        config.with(Settings::default()).unwrap().receipts,
        Some(receipts.clone()),
        "left out, it stays"
    );
    let with_keys = |keys| set(Receipts { keys, ..receipts.clone() });
    assert_eq!(refused(with_keys(vec![])), "receipts.keys must be 1 to 8");
    assert_eq!(refused(with_keys(vec![good.clone(); 9])), "receipts.keys must be 1 to 8");
    for wrong in [key("a b", &good.public_key), key("k", "x")] {
        assert!(refused(with_keys(vec![good.clone(), wrong])).starts_with("receipts.keys: "));
    }
    for age_s_max in [4, 86_401] {
        let why = refused(set(Receipts { age_s_max, ..receipts.clone() }));
        assert_eq!(why, "receipts.age_s_max must be between 5 and 86400");
    }
    for quorum_nodes in [0, 41] {
        let why = refused(set(Receipts { quorum_nodes, ..receipts.clone() }));
        assert_eq!(why, "receipts.quorum_nodes must be between 1 and 40");
    }
}
