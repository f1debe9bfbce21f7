//! Who gets in, and how answers get out: inspected messages, guards, replies by hand.

use candid::encode_args;
use outcall_harness::reject::{Reject, RejectCode};

use super::{installed, readings, seen, tidied, update, weather};

const SOMEBODY: &[u8] = &[7, 7, 7, 2];

fn rejected(text: &str) -> Result<Vec<u8>, Reject> {
    Err(Reject::new(RejectCode::CanisterReject, text))
}

#[tokio::test]
async fn a_message_that_is_not_accepted_never_runs() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour")]).await;
    update(&mut subnet, "observe", ()).await;
    let nothing = encode_args(()).unwrap();
    let turned_away = subnet.update_from(SOMEBODY, "forget", nothing).await;
    assert_eq!(turned_away.reply, rejected("Canister rejected the message"));
    assert_eq!((readings(&subnet).await.len(), turned_away.instructions), (1, 0));
    // The control: the controller's is accepted.
    assert!(update(&mut subnet, "forget", ()).await.reply.is_ok());
    assert!(readings(&subnet).await.is_empty());
}

#[tokio::test]
async fn a_guard_refuses_in_its_own_words_before_anything_is_sent() {
    let upstream = weather().await;
    let mut subnet = installed(&[]).await;
    let args = encode_args((upstream.url("/harbour"), "fog")).unwrap();
    let refused = subnet.update_from(SOMEBODY, "report", args.clone()).await;
    assert_eq!(refused.reply, rejected("operators only"));
    assert_eq!((refused.rounds.len(), upstream.hits()), (0, 0));
    // The control: an operator gets past it.
    let reported = subnet.update("report", args).await;
    assert!(reported.is_agreed(), "{reported}");
}

/// Anybody may observe: the inspection and the guards concern what they name alone.
#[tokio::test]
async fn what_is_not_guarded_is_for_everybody() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour")]).await;
    let observed = subnet.update_from(SOMEBODY, "observe", encode_args(()).unwrap()).await;
    assert_eq!(seen(&observed), [(upstream.url("/harbour"), tidied("harbour"))]);
}

#[tokio::test]
async fn a_reply_by_hand_does_not_end_the_update() {
    let upstream = weather().await;
    let mut subnet = installed(&[]).await;
    let noticed = update(&mut subnet, "notice", (upstream.url("/harbour"),)).await;
    assert_eq!(noticed.value::<String>().unwrap(), "looking");
    assert!(noticed.is_agreed(), "{noticed}");
    let texts: Vec<_> = readings(&subnet).await.into_iter().map(|reading| reading.text).collect();
    assert_eq!(texts, [tidied("harbour")]);
}

#[tokio::test]
async fn a_rejection_by_hand_reaches_the_caller() {
    let mut subnet = installed(&[]).await;
    let noticed = update(&mut subnet, "notice", ("",)).await;
    assert_eq!(noticed.reply, rejected("there is nothing to look at"));
}
