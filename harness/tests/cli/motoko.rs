//! A canister that Motoko compiled: 64-bit addresses, a heap that outlives upgrades, a runtime of its own. Its source and
//! how it was made are beside its Wasm, in `motoko/`.

use candid::{CandidType, Deserialize, Nat, encode_one};
use outcall_harness::subnet::Subnet;

use super::{Server, run};

const WASM: &[u8] = include_bytes!("motoko/price.wasm.gz");

#[derive(CandidType, Deserialize, Debug, PartialEq)]
struct Told {
    body: Option<String>,
    asked: Nat,
}

/// An upstream whose answers differ in their dates alone.
async fn dated() -> Server {
    Server::answering(|number| format!("date: {number}\r\n\r\n{{\"price\":\"4.23\"}}")).await
}

#[tokio::test]
async fn a_canister_of_motokos_is_played_with_its_transform_its_state_and_its_own_interface() {
    let server = dated().await;
    let round = ["round", "--wasm", "tests/cli/motoko/price.wasm.gz", "--rounds", "2", "--seed", "7"];
    let args = format!("(\"{}\")", server.url());
    let ran = run(&[&round[..], &["--call", "ask", "--args", &args]].concat()).await;
    assert_eq!((ran.code, ran.error().as_str(), server.hits()), (Some(0), "", 26), "{ran:?}");
    assert_eq!(ran.stdout.matches("\n  agreed: 13 replicas, ").count(), 2, "{ran:?}");
    for asked in [1, 2] {
        let body = r#""{\"price\":\"4.23\"}""#;
        let replied = format!("\nask replied (record {{ asked = {asked} : nat; body = opt {body} }})\n");
        assert!(ran.stdout.contains(&replied), "the names of its fields are in its Wasm: {ran:?}");
    }
    // The control: the same canister without its transform.
    let ran = run(&[&round[..], &["--call", "ask_plainly", "--args", &args]].concat()).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("\n2 rounds, 2 outcalls: 2 diverged; 2 calls rejected; "), "{ran:?}");
    assert!(ran.stdout.contains("\n  diverged: header date: "), "{ran:?}");
}

#[tokio::test]
async fn its_heap_outlives_an_upgrade_and_not_another_installation() {
    let server = dated().await;
    let nothing = || candid::encode_args(()).unwrap();
    let told = |asked: u32| Told { body: Some(r#"{"price":"4.23"}"#.to_owned()), asked: Nat::from(asked) };
    let mut subnet = Subnet::embedded(4).install(WASM, nothing()).await.unwrap();
    for asked in [1, 2] {
        let update = subnet.update("ask", encode_one(server.url()).unwrap()).await;
        assert_eq!(update.value::<Told>().unwrap(), told(asked), "{update}");
        subnet.upgrade(WASM, nothing()).await.unwrap();
    }
    let mut other = Subnet::embedded(4).install(WASM, nothing()).await.unwrap();
    let update = other.update("ask", encode_one(server.url()).unwrap()).await;
    assert_eq!(update.value::<Told>().unwrap(), told(1), "{update}");
}
