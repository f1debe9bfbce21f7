use super::{Server, ask, get, installed, rejection, send, subnet};
use crate::subnet::{InstallError, Subnet};

#[tokio::test]
async fn two_outcalls_at_once_run_their_rounds_at_the_same_time() {
    // Were they to run one after the other, nobody would be answered.
    let server = Server::answering_together(26).await;
    let update = send(&mut subnet(13).await, "ask_twice_at_once", &get(server.url())).await;
    assert!(update.is_agreed() && update.reply.is_ok(), "{update}");
    assert_eq!(update.rounds.iter().map(|round| round.id).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn an_outcall_may_follow_from_the_answer_to_another() {
    let server = Server::answering_together(13).await;
    let update = send(&mut subnet(13).await, "ask_twice_in_a_row", &get(server.url())).await;
    assert!(update.is_agreed() && update.rounds.len() == 2, "{update}");
    assert_eq!(server.hits(), 26);
    let bills = update.rounds.iter().map(|round| round.bill.charged());
    assert_eq!(update.charged(), bills.sum::<u128>());
}

#[tokio::test]
async fn a_canister_can_be_upgraded_between_outcalls() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let mut subnet = subnet(4).await;
    assert!(ask(&mut subnet, &get(server.url())).await.is_agreed());
    let left = subnet.canister().cycles();
    let wasm = wat::parse_str(include_str!("asker.wat")).unwrap();
    subnet.upgrade(&wasm, []).await.unwrap();
    assert_eq!(subnet.canister().cycles(), left);
    let update = ask(&mut subnet, &get(server.url())).await;
    assert!(update.is_agreed() && update.rounds[0].id == 1, "{update}");
    let error = subnet.upgrade(b"no wasm", []).await.unwrap_err();
    assert!(matches!(error, InstallError::Module(_)), "{error}");
    assert!(ask(&mut subnet, &get(server.url())).await.is_agreed(), "the old code is still there");
}

#[tokio::test]
async fn random_bytes_come_from_the_seed_and_are_never_the_same_twice() {
    let mut drawn = Vec::new();
    for seed in [7, 7, 8] {
        let mut subnet = installed(Subnet::embedded(13).seed(seed)).await;
        for _ in 0..2 {
            let bytes: Vec<u8> = subnet.update("random", []).await.value().unwrap();
            assert_eq!(bytes.len(), 32);
            drawn.push(bytes);
        }
        assert_eq!(subnet.canister().cycles(), 100_000_000_000_000, "what was attached came back");
    }
    assert_eq!(drawn[..2], drawn[2..4]);
    assert!(drawn[0] != drawn[1] && drawn[0] != drawn[4] && drawn[1] != drawn[4]);
}

#[tokio::test]
async fn two_subnets_draw_different_bytes_and_the_seed_of_one_draws_its_bytes_again() {
    let (mut one, mut other) = (subnet(4).await, subnet(4).await);
    let mut again = installed(Subnet::embedded(4).seed(one.seed())).await;
    let mut drawn: Vec<Vec<u8>> = Vec::new();
    for subnet in [&mut one, &mut other, &mut again] {
        drawn.push(subnet.update("random", []).await.value().unwrap());
    }
    assert!(drawn[0] != drawn[1] && drawn[0] == drawn[2], "seeds {} and {}", one.seed(), other.seed());
}

#[tokio::test]
async fn what_the_subnet_does_not_play_is_rejected_with_its_name() {
    let mut subnet = subnet(13).await;
    let text = rejection(&subnet.update("delete", []).await);
    assert!(text.contains("does not play the method 'delete_canister'"), "{text}");
    assert_eq!(subnet.canister().cycles(), 100_000_000_000_000);
    let text = rejection(&subnet.update("no_such_method", []).await);
    assert!(text.ends_with("Canister has no update method 'no_such_method'."), "{text}");
}

#[tokio::test]
async fn a_subnet_without_nodes_or_with_thousands_is_refused() {
    for nodes in [0, 5_000] {
        let error = Subnet::embedded(nodes).install(b"", []).await.err().map(|error| error.to_string());
        assert_eq!(error, Some(format!("a subnet has 1 to 200 nodes, not {nodes}")));
    }
}
