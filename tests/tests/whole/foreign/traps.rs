//! A callback that traps, and what is counted on the way.

use super::{installed, readings, seen, status, update, weather};

#[tokio::test]
async fn a_callback_that_traps_takes_back_its_own_and_the_cleanup_runs_the_destructors() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour")]).await;
    let fell_over = update(&mut subnet, "fall_over", (upstream.url("/harbour"),)).await;
    let rejected = fell_over.reply.clone().unwrap_err();
    let text = "Error from Canister rrkah-fqaaa-aaaaa-aaaaq-cai: Canister called `ic0.trap` with message: 'the callback fell over'";
    assert_eq!((rejected.code.number(), rejected.message.as_str()), (5, text));
    // The outcall was made and has agreed; what the callback made of it is gone.
    assert!(fell_over.is_agreed(), "{fell_over}");
    assert!(readings(&subnet).await.is_empty());
    assert!(subnet.canister().certified_data().is_empty());
    // What was done before the outcall stays, and the destructor knows why it runs.
    let status = status(&subnet).await;
    assert_eq!((status.counted, status.busy, status.rescued), (1, false, 1));
    assert_eq!(subnet.canister().calls_in_flight(), 0);
    // And the canister goes on.
    assert_eq!(seen(&update(&mut subnet, "observe", ()).await).len(), 1);
}

#[tokio::test]
async fn instructions_are_counted_for_each_execution_and_for_the_whole_update() {
    let upstream = weather().await;
    let mut subnet = installed(&[]).await;
    let measured = update(&mut subnet, "measure", (upstream.url("/harbour"),)).await;
    let reply = measured.reply.as_ref().unwrap_or_else(|_| panic!("{measured}"));
    let (until, own, whole): (u64, u64, u64) = candid::decode_args(reply).unwrap();
    assert!(until > 0 && own > 0, "{until} {own} {whole}");
    assert!(whole >= until + own, "{until} {own} {whole}");
    assert!(measured.instructions >= whole, "{} {whole}", measured.instructions);
}

#[tokio::test]
async fn what_it_prints_is_in_its_log() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour"), upstream.url("/summit")]).await;
    update(&mut subnet, "observe", ()).await;
    let log: Vec<String> = subnet.canister().log().map(str::to_owned).collect();
    assert_eq!(log, ["asked 2 stations at once"]);
}
