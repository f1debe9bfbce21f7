//! Random lives of one order against a gateway that forgets, fails and is not heard: it is never executed twice.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// The gateway's default `ttl` and the `error_ttl` of a POST, in seconds.
const TTL_S: u64 = 86_400;
const ERROR_TTL_S: u64 = 900;

/// How the gateway ends a call that it leads.
#[derive(Clone, Copy, Debug)]
enum Led {
    Executed,
    ExecutedButUnknown,
    ExecutedButLost,
    Refused,
}

#[derive(Clone, Debug)]
enum Event {
    /// The caller places the order; the replicas reach the gateway or not, and agree on what they hear or not.
    Place { reaches: bool, led: Led, agreed: bool },
    /// The caller places it, and the outcall is not made.
    NotSent,
    /// The code after the outcall traps, or the canister is upgraded meanwhile.
    Interrupted { upgrade: bool, led: Led },
    /// Time goes by.
    Wait { seconds: u64 },
    /// A controller moves the orders to another route.
    Reconfigured,
}

/// One call per key and route while it is remembered.
#[derive(Default)]
struct Gateway {
    records: HashMap<(String, u32), (u64, Led)>,
    executions: u32,
}

impl Gateway {
    fn ask(&mut self, url: &str, key: u32, led: Led, now_s: u64) -> Heard {
        self.records.retain(|_, (settled_s, led)| {
            let kept_s = if matches!(led, Led::Refused) { ERROR_TTL_S } else { TTL_S };
            now_s < *settled_s + kept_s
        });
        let executions = &mut self.executions;
        let (_, led) = *self.records.entry((url.to_owned(), key)).or_insert_with(|| {
            *executions += u32::from(!matches!(led, Led::Refused));
            (now_s, led)
        });
        match led {
            Led::Executed => answer(200, "ok"),
            Led::ExecutedButUnknown => problem("unknown"),
            Led::ExecutedButLost => problem("yes"),
            Led::Refused => problem("no"),
        }
    }
}

/// How often the order was executed. A careless canister takes a new key for every outcall.
fn executions(events: &[Event], careless: bool) -> u32 {
    let (mut orders, mut gateway) = (Orders::default(), Gateway::default());
    let (mut now_s, mut route, mut outcalls) = (0, 0, 0);
    for event in events {
        match event {
            Event::Wait { seconds } => now_s += seconds,
            Event::Reconfigured => route += 1,
            Event::Place { .. } | Event::NotSent | Event::Interrupted { .. } => {
                let url = format!("https://g/{route}");
                let now_ns = now_s * SECOND;
                let next = orders.begin(caller(), &order("a"), url, "{}".into(), WINDOW_S, now_ns);
                let Next::Ask(ask) = next else { continue };
                outcalls += 1;
                let key = if careless { outcalls } else { ask.attempt };
                let mut reach = |led| gateway.ask(&ask.request.url, key, led, now_s);
                match *event {
                    Event::Place { reaches, led, agreed } => {
                        let heard = if reaches { reach(led) } else { silence() };
                        let heard = if agreed { heard } else { silence() };
                        drop(orders.settle(&ask, heard, now_ns));
                    }
                    Event::Interrupted { upgrade, led } => {
                        reach(led);
                        if upgrade { orders.all_interrupted() } else { orders.interrupted(&ask) }
                    }
                    _ => drop(orders.settle(&ask, Heard::Nothing(NotSent::QueueFull), now_ns)),
                }
            }
        }
    }
    gateway.executions
}

fn led() -> impl Strategy<Value = Led> {
    prop_oneof![
        1 => Just(Led::Executed),
        1 => Just(Led::ExecutedButUnknown),
        1 => Just(Led::ExecutedButLost),
        3 => Just(Led::Refused),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (any::<bool>(), led(), any::<bool>())
            .prop_map(|(reaches, led, agreed)| Event::Place { reaches, led, agreed }),
        1 => Just(Event::NotSent),
        2 => (any::<bool>(), led()).prop_map(|(upgrade, led)| Event::Interrupted { upgrade, led }),
        2 => prop_oneof![1..10u64, 890..910u64, 3_590..3_610u64, 86_000..90_000u64]
            .prop_map(|seconds| Event::Wait { seconds }),
        1 => Just(Event::Reconfigured),
    ]
}

proptest! {
    #[test]
    fn an_order_is_never_executed_twice(events in prop::collection::vec(event(), 1..40)) {
        prop_assert!(executions(&events, false) <= 1);
    }
}

#[test]
fn the_same_gateway_executes_twice_for_a_canister_that_takes_a_new_key_each_time() {
    let unheard = Event::Place { reaches: true, led: Led::Executed, agreed: false };
    let heard = Event::Place { reaches: true, led: Led::Executed, agreed: true };
    let events = [unheard, heard];
    assert_eq!(executions(&events, true), 2);
    assert_eq!(executions(&events, false), 1);
}
