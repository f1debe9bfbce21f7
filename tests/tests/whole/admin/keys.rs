//! The keys API, and the command that asks it.

use serde_json::{Value, json};

use super::{Act, BINARY, House, Outcall, Script, Upstream, ask};
use crate::cli::{Folder, Ran};
use outcall_tests::{gate::Gate, gateway::Process, replica::Replica};

impl House {
    /// `outcall-gateway keys`, asked of this gateway.
    async fn keys(&self, arguments: &[&str]) -> Ran {
        let admin = self.admin.to_string();
        Folder::new()
            .run(&[&["keys"], arguments].concat(), &[("OUTCALL_ADMIN", &admin), ("USER", "alice")])
            .await
    }

    async fn list(&self, query: &str) -> Value {
        self.look(&format!("/api/keys{query}")).await.json()
    }

    /// The digest of the only key.
    async fn digest(&self) -> String {
        self.list("").await["keys"][0]["digest"].as_str().unwrap().to_owned()
    }

    async fn forget(&self, digest: &str, body: &Value) -> (u16, Value) {
        let outcall = Outcall::post(&format!("/api/keys/{digest}/forget")).header("x-outcall-admin", "1");
        let answer = ask(self.admin, &outcall.json(&body.to_string())).await;
        (answer.status, answer.json())
    }
}

#[tokio::test]
async fn a_key_is_told_with_the_replicas_that_it_was_served_to() {
    let house = House::new().await;
    for _ in 0..3 {
        house.send(&Outcall::post("/r").key("k")).await;
    }
    let listed = house.list("").await;
    let key = &listed["keys"][0];
    assert_eq!((listed["keys"].as_array().unwrap().len(), &listed["next"]), (1, &Value::Null));
    assert_eq!(
        (&key["state"], &key["route"], &key["method"]),
        (&json!("settled"), &json!("/r"), &json!("POST"))
    );
    assert_eq!(
        (&key["status"], &key["upstream_status"], &key["repeatable"]),
        (&json!(200), &json!(200), &json!(false))
    );
    let replicas = json!({"all": 3, "leader": 1, "followers": 0, "replays": 2, "late": 0});
    assert_eq!(key["replicas"], replicas);
    assert!(
        key["took_seconds"].as_f64().unwrap() > 0.0 && key["expires_in_seconds"].as_f64().unwrap() > 86_000.0
    );
    let digest = key["digest"].as_str().unwrap();
    for name in [digest, &digest[..16], &digest[..8]] {
        let shown = house.look(&format!("/api/keys/{name}")).await.json();
        assert_eq!((&shown["digest"], &shown["replicas"]), (&json!(digest), &replicas), "{name}");
    }
    let ran = house.keys(&["list"]).await;
    assert!(
        ran.code == Some(0) && ran.stdout.contains(&digest[..16]) && ran.stdout.contains("settled 200"),
        "{ran:?}"
    );
    let ran = house.keys(&["show", &digest[..16]]).await;
    let said = "replicas    3: leader 1, followers 0, replays 2, late 0";
    assert!(ran.code == Some(0) && ran.stdout.contains(digest) && ran.stdout.contains(said), "{ran:?}");
    let ran = house.keys(&["list", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()[0]["digest"], digest);
}

#[tokio::test]
async fn keys_are_told_page_by_page_the_latest_first() {
    let house = House::new().await;
    for number in 0..7 {
        house.send(&Outcall::get("/r").key(&format!("k{number}"))).await;
    }
    let whole: Vec<Value> = house.list("").await["keys"].as_array().unwrap().clone();
    let (mut query, mut found) = ("?limit=3".to_owned(), Vec::new());
    loop {
        let page = house.list(&query).await;
        found.extend(page["keys"].as_array().unwrap().iter().map(|key| key["digest"].clone()));
        match page["next"].as_str() {
            Some(next) => query = format!("?limit=3&before={next}"),
            None => break,
        }
    }
    assert_eq!(found, whole.iter().map(|key| key["digest"].clone()).collect::<Vec<_>>());
    assert_eq!(found.len(), 7);
    let ages: Vec<f64> = whole.iter().map(|key| key["age_seconds"].as_f64().unwrap()).collect();
    assert!(ages.is_sorted(), "{ages:?}");
    for wrong in ["?limit=0", "?limit=501", "?limit=x", "?before=x", "?other=1"] {
        assert_eq!(house.look(&format!("/api/keys{wrong}")).await.status, 400, "{wrong}");
    }
    let ran = house.keys(&["list", "--limit", "2"]).await;
    assert_eq!(ran.stdout.lines().count(), 3, "{ran:?}");
}

#[tokio::test]
async fn a_forgotten_key_is_led_again_and_the_log_says_who_wanted_it() {
    let mut house = House::new().await;
    let outcall = Outcall::post("/r").key("k").body("5 ICP");
    let first = house.send(&outcall).await;
    assert_eq!(house.send(&outcall).await, first, "the control");
    let digest = house.digest().await;
    let unconfirmed = house.keys(&["forget", &digest[..16]]).await;
    assert_eq!(unconfirmed.code, Some(2), "{unconfirmed:?}");
    assert!(unconfirmed.stderr.contains("--yes") && unconfirmed.stderr.contains(&digest), "{unconfirmed:?}");
    assert_eq!(house.send(&outcall).await, first, "nothing was forgotten");
    let ran = house.keys(&["forget", &digest[..16], "--yes"]).await;
    assert!(ran.code == Some(0) && ran.stdout.contains("is forgotten"), "{ran:?}");
    let said = house.gateway.said("an operator has had a key forgotten").await;
    for word in ["WARN", &digest, "alice", "must not be repeated", "127.0.0.1"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_ne!(house.send(&outcall).await, first);
    assert_eq!(house.upstream.hits(), 2, "that is the meaning of it");
    assert_eq!(house.list("").await["keys"][0]["replicas"]["all"], 1);
}

/// Whoever quiets the log, by whatever words, does not quiet this.
#[tokio::test]
async fn no_filter_of_the_log_hides_that_a_key_was_forgotten() {
    for filter in ["off", "error", "outcall_gateway=off", "outcall_gateway::audit=off", "error,[{key}]=off"] {
        let mut house = House::with(Script::always(Act::Varying), &["--log", filter]).await;
        house.send(&Outcall::post("/r").key("k")).await;
        let digest = house.digest().await;
        assert_eq!(house.forget(&digest, &json!({"confirm": digest, "by": "alice"})).await.0, 200);
        let said = house.gateway.said("an operator has had a key forgotten").await;
        assert!(said.contains(&digest) && said.contains("alice"), "{filter}: {said}");
        house.gateway.signal("KILL").await;
        let (_, heard) = house.gateway.last_words().await;
        assert!(!heard.contains("answered"), "the control: {filter} quiets the rest: {heard}");
    }
}

#[tokio::test]
async fn what_may_not_be_repeated_is_forgotten_by_its_whole_digest_said_twice() {
    let house = House::new().await;
    let outcall = Outcall::post("/r").key("k");
    let first = house.send(&outcall).await;
    let digest = house.digest().await;
    let other = "0".repeat(64);
    for body in
        [json!({}), json!({"confirm": "yes"}), json!({"confirm": other}), json!({"confirm": digest[..16]})]
    {
        assert_eq!(house.forget(&digest, &body).await.0, 428, "{body}");
    }
    for body in [json!([]), json!({"confirmed": digest}), json!({"confirm": "x".repeat(5_000)})] {
        assert_eq!(house.forget(&digest, &body).await.0, 400, "{body}");
    }
    assert_eq!(house.forget(&digest[..16], &json!({"confirm": digest[..16]})).await.0, 400);
    let bare =
        Outcall::post(&format!("/api/keys/{digest}/forget")).json(&json!({"confirm": digest}).to_string());
    assert_eq!(ask(house.admin, &bare).await.status, 403, "without the header of changes");
    let get = house.look(&format!("/api/keys/{digest}/forget")).await;
    assert_eq!(get.status, 405, "nor by a link");
    assert_eq!(house.send(&outcall).await, first, "nothing was forgotten");
    assert_eq!(house.forget(&digest, &json!({"confirm": digest})).await.0, 200);
    assert_eq!(house.forget(&digest, &json!({"confirm": digest})).await.0, 404);
    assert_ne!(house.send(&outcall).await, first);
    // What is safe to repeat needs no second word.
    house.send(&Outcall::get("/r").key("g")).await;
    let safe = house.list("").await["keys"][0].clone();
    assert_eq!(safe["repeatable"], true);
    assert_eq!(house.forget(safe["digest"].as_str().unwrap(), &json!({})).await.0, 200);
}

#[tokio::test]
async fn what_is_in_flight_is_not_forgotten() {
    let gate = Gate::new();
    let house = House::with(Script::always(Act::Varying.held_at(&gate)), &[]).await;
    let pending = house.replica.start(&Outcall::post("/r").key("k")).await.unwrap();
    gate.reached().await;
    let digest = house.digest().await;
    assert_eq!(house.list("").await["keys"][0]["state"], "in_flight");
    let (status, said) = house.forget(&digest, &json!({"confirm": digest})).await;
    assert_eq!((status, said["error"].as_str().unwrap().contains("in flight")), (409, true), "{said}");
    let ran = house.keys(&["forget", &digest, "--yes"]).await;
    assert!(ran.code == Some(1) && ran.stderr.contains("409"), "{ran:?}");
    gate.release();
    let answer = pending.answer().await.unwrap();
    assert_eq!(house.send(&Outcall::post("/r").key("k")).await, answer);
    assert_eq!(house.upstream.hits(), 1);
}

/// What an earlier process has led is found in the ledger, and can be forgotten there.
#[tokio::test]
async fn a_key_of_an_earlier_process_is_known_by_its_digest() {
    let folder = Folder::new();
    let store = format!("disk:{}", folder.path().join("ledger").display());
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = format!(r#"{{"/r": "{}"}}"#, upstream.url("/u"));
    let start = async || {
        let gateway = Process::start(BINARY, &config, &["--admin", "127.0.0.1:0", "--store", &store]).await;
        let (replica, admin) = (Replica::new(gateway.addr()), gateway.admin());
        (gateway, replica, admin)
    };
    let outcall = Outcall::post("/r").key("k");
    let (gateway, replica, admin) = start().await;
    let first = replica.send(&outcall).await.unwrap();
    let listed = ask(admin, &Outcall::get("/api/keys")).await.json();
    let digest = listed["keys"][0]["digest"].as_str().unwrap().to_owned();
    gateway.signal("KILL").await;
    gateway.ended().await;
    let (_gateway, replica, admin) = start().await;
    let shown = ask(admin, &Outcall::get(&format!("/api/keys/{digest}"))).await.json();
    assert_eq!(
        (&shown["state"], &shown["status"], &shown["route"]),
        (&json!("settled"), &json!(200), &Value::Null)
    );
    assert_eq!(ask(admin, &Outcall::get(&format!("/api/keys/{}", &digest[..16]))).await.status, 404);
    assert_eq!(replica.send(&outcall).await.unwrap(), first);
    let port = admin.to_string();
    let ran = folder.run(&["keys", "forget", &digest], &[("OUTCALL_ADMIN", &port)]).await;
    assert_eq!(ran.code, Some(2), "whether it may be repeated is not known: {ran:?}");
    let ran = folder.run(&["keys", "forget", &digest, "--yes"], &[("OUTCALL_ADMIN", &port)]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_ne!(replica.send(&outcall).await.unwrap(), first);
    assert_eq!(upstream.hits(), 2);
}

#[tokio::test]
async fn a_port_that_says_no_or_nothing_is_a_failure() {
    let token = "ogw_0123456789abcdef";
    let house = House::with(Script::always(Act::Varying), &["--admin-token", token]).await;
    let (folder, port) = (Folder::new(), house.admin.to_string());
    for (arguments, variables, code, said) in [
        (&["keys", "list"][..], &[("OUTCALL_ADMIN", &*port)][..], 1, "401"),
        (&["keys", "list"], &[("OUTCALL_ADMIN", &port), ("OUTCALL_ADMIN_TOKEN", token)], 0, ""),
        (&["keys", "list", "--admin", "127.0.0.1:1"], &[], 1, "cannot be asked"),
        (&["keys", "list", "--admin", "https://x:1"], &[], 2, "--admin"),
        (
            &["keys", "list"],
            &[],
            2,
            "found no admin port, expected --admin ADDR, or OUTCALL_ADMIN: the address",
        ),
        (&["keys", "show", "xyz", "--admin", &port], &[], 2, "8 digits"),
        (
            &["keys", "show", "order-42", "--admin", &port],
            &[],
            2,
            "`keys list` shows them, and the log in its field `key`",
        ),
        (&["keys", "show", "../../metrics", "--admin", &port], &[], 2, "8 digits"),
        (&["keys", "show", "00000000", "--admin", &port, "--admin-token", token], &[], 1, "404"),
    ] {
        let ran = folder.run(arguments, variables).await;
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(said) && !ran.stderr.contains(token), "{arguments:?}: {ran:?}");
    }
    let help = folder.run(&["keys", "forget", "--help"], &[]).await;
    assert!(help.stdout.contains("CAN BE LED AGAIN"), "{help:?}");
}
