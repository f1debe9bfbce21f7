use super::*;

/// A key whose digest puts it into the first group.
fn key(number: u8) -> Key {
    let mut bytes = [0; 32];
    bytes[8] = number << 1;
    Key {
        id: Digest::from_bytes(bytes),
        route: "/r".into(),
        method: Method::POST,
        caller: Box::default(),
        repeatable: false,
        since: Timestamp::from_millis(u64::from(number)),
        led_here: true,
        ended: None,
    }
}

#[test]
fn replicas_are_counted_by_how_they_were_served() {
    let recent = Recent::default();
    recent.led(key(1));
    for (how, times) in [(How::Lead, 1), (How::Follow, 7), (How::Replay, 5), (How::Late, 2)] {
        (0..times).for_each(|_| recent.served(&key(1).id, how));
    }
    recent.served(&key(2).id, How::Replay);
    let seen = recent.get(&key(1).id).unwrap();
    assert_eq!(seen.replicas, Replicas { lead: 1, follow: 7, replay: 5, late: 2 });
    assert_eq!(seen.replicas.all(), 15);
    assert!(recent.get(&key(2).id).is_none(), "whoever was not led here and not waited for has no count");
}

#[test]
fn the_oldest_of_a_group_gives_its_place_to_a_new_key() {
    let recent = Recent::default();
    (1..=9).for_each(|number| recent.led(key(number)));
    recent.served(&key(1).id, How::Replay);
    let numbers: Vec<u64> = recent.latest().iter().map(|seen| seen.key.since.as_millis()).collect();
    assert_eq!(numbers, [9, 8, 7, 6, 5, 4, 3, 2]);
    assert!(
        recent.latest().iter().all(|seen| seen.replicas == Replicas::default()),
        "its count is gone, too"
    );
}

#[test]
fn a_key_that_is_led_again_begins_anew() {
    let recent = Recent::default();
    recent.led(key(1));
    recent.served(&key(1).id, How::Follow);
    recent.led(Key { since: Timestamp::from_millis(50), ..key(1) });
    let latest = recent.latest();
    assert_eq!((latest.len(), latest[0].replicas.all(), latest[0].key.since.as_millis()), (1, 0, 50));
}

#[test]
fn a_key_that_is_waited_for_is_met_once() {
    let recent = Recent::default();
    assert!(recent.followed(&key(1).id, || key(1)));
    assert!(!recent.followed(&key(1).id, || panic!("it is known")));
    recent.forget(&key(1).id);
    assert!(recent.latest().is_empty());
    assert!(recent.followed(&key(1).id, || key(1)));
}
