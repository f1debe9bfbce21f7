//! What lives on from one configuration to the next, and what begins anew.

use super::*;
use crate::config::Config;

fn route(members: &str) -> Arc<Route> {
    let text = format!(r#"{{"/r": {{"upstream": "https://a.example"{members}}}}}"#);
    Config::parse(&text, &|_| None).unwrap().routes.remove(0)
}

/// A gate under these members, and what it becomes under those.
fn reloaded(gate: &Gate, before: &Route, after: &str) -> Gate {
    Gate::new(&route(after), Some((before, gate)))
}

#[test]
fn a_used_up_rate_stays_used_up() {
    let (rate, now) = (r#", "rate": {"per_second": 1, "burst": 2}"#, Instant::now());
    let before = route(rate);
    let gate = Gate::new(&before, None);
    assert!(gate.ask(now).is_ok());
    assert!(gate.ask(now).is_ok());
    let same = reloaded(&gate, &before, &format!(r#"{rate}, "ttl": "1h""#));
    assert_eq!(same.ask(now).err(), Some(Problem::RateLimited), "the bucket was filled by a reload");
    let higher = reloaded(&gate, &before, r#", "rate": {"per_second": 1, "burst": 10}"#);
    assert_eq!(higher.ask(now).err(), Some(Problem::RateLimited), "a changed rate was filled by a reload");
    let off = reloaded(&gate, &before, "");
    assert!(off.ask(now).is_ok(), "the control: without a rate");
}

#[test]
fn requests_of_both_configurations_draw_on_one_bucket() {
    let (rate, now) = (r#", "rate": {"per_second": 1, "burst": 2}"#, Instant::now());
    let before = route(rate);
    let gate = Gate::new(&before, None);
    let after = reloaded(&gate, &before, rate);
    assert!(gate.ask(now).is_ok());
    assert!(after.ask(now).is_ok());
    assert_eq!(gate.ask(now).err(), Some(Problem::RateLimited));
}

#[test]
fn calls_in_flight_count_under_every_later_limit() {
    let now = Instant::now();
    for (first, then) in [(r#", "concurrency": 2"#, r#", "concurrency": 2"#), ("", r#", "concurrency": 2"#)] {
        let before = route(first);
        let gate = Gate::new(&before, None);
        let passes = [gate.ask(now).unwrap(), gate.ask(now).unwrap()];
        let after = reloaded(&gate, &before, then);
        assert_eq!(after.ask(now).err(), Some(Problem::UpstreamBusy), "{first:?}: twice as many calls");
        drop(passes);
        assert!(after.ask(now).is_ok());
    }
}

#[test]
fn an_open_breaker_stays_open_for_the_same_upstream_alone() {
    let (breaker, now) = (r#", "breaker": {"failures": 1, "cooldown": "30s"}"#, Instant::now());
    let before = route(breaker);
    let gate = Gate::new(&before, None);
    gate.ask(now).unwrap().report(false);
    let same = reloaded(&gate, &before, &format!(r#"{breaker}, "ttl": "1h""#));
    assert_eq!(same.ask(now).err(), Some(Problem::BreakerOpen));
    let text = format!(r#"{{"/r": {{"upstream": "https://b.example"{breaker}}}}}"#);
    let elsewhere = Config::parse(&text, &|_| None).unwrap().routes.remove(0);
    assert!(
        Gate::new(&elsewhere, Some((&before, &gate))).ask(now).is_ok(),
        "another upstream has not failed"
    );
}
