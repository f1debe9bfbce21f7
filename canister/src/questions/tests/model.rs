//! Random lives: whatever is heard, lost or interrupted, a question ends, and every outcall for it is within its bounds.

use proptest::prelude::*;

use super::*;

/// What becomes of an outcall.
#[derive(Clone, Debug)]
enum Fate {
    Hears(Told),
    /// Nothing: the code behind it trapped, or an upgrade came.
    Lost,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => (0u64..70).prop_map(|wait| Fate::Hears(running(wait))),
        3 => Just(Fate::Hears(not_yet())),
        3 => Just(Fate::Lost),
        1 => Just(Fate::Hears(Told::Ended(State::Unknown(cause("outcome-unknown"))))),
        1 => Just(Fate::Hears(Told::Ended(answered()))),
    ]
}

proptest! {
    #[test]
    fn a_question_ends_and_no_poll_has_the_key_of_another(fates in prop::collection::vec(fate(), 1..40)) {
        let mut life = Life::begun();
        let (mut posts, mut polls) = (0, Vec::new());
        for fate in fates.into_iter().cycle() {
            match &life.errand.send {
                Send::Post => posts += 1,
                Send::Poll { poll, .. } => polls.push(*poll),
            }
            let before_ns = life.now_ns;
            if let Fate::Hears(told) = fate {
                life.hears(told);
            }
            let Some(waited_s) = life.waits() else { break };
            prop_assert!((1..=ASK_LOST_AFTER_S).contains(&waited_s), "{waited_s}");
            prop_assert!(life.now_ns > before_ns);
        }
        prop_assert!(posts <= ASKS_PER_ATTEMPT, "{posts} POSTs");
        prop_assert!(polls.windows(2).all(|two| two[0] < two[1]), "{polls:?}");
        prop_assert!(life.questions.unfinished().is_empty());
        prop_assert!(life.now_ns / NANOS_PER_S < PATIENCE.give_up_after_s + ASK_LOST_AFTER_S);
    }
}
