//! Routes that answer at once with a ticket, and call their upstream for as long as an hour.

use std::{sync::Arc, time::Duration};

use http::Method;

use super::{
    Route,
    duration::{self, Bounds},
    error::Problems,
    file, judge,
    locate::Place,
    route::is_safe,
};
use crate::limits;

/// How a route answers whose upstream takes minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RespondAsync {
    /// How long to wait between two polls, as the gateway suggests it: whole seconds.
    pub poll: Duration,
    /// How many calls of the route may run at once, in this gateway.
    pub running: usize,
    /// Whether a running call may be cancelled.
    pub cancel: bool,
}

pub(super) const POLL: Bounds = Bounds { min: limits::POLL_MIN, max: limits::POLL_MAX, example: "5s" };
pub(super) const TIMEOUT: Bounds =
    Bounds { min: limits::TIMEOUT_MIN, max: limits::ASYNC_TIMEOUT_MAX, example: "10m" };
/// What such a route serves unless it says more.
pub(super) const METHODS: [Method; 1] = [Method::POST];

pub(super) fn judge(
    file: &file::RespondAsync,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<RespondAsync> {
    let plain = file::RespondAsyncRules::default();
    let rules = match file {
        file::RespondAsync::Is(false) => return None,
        file::RespondAsync::Is(true) => &plain,
        file::RespondAsync::Rules(rules) => rules,
    };
    let poll_place = place.member("poll");
    let poll = rules.poll.as_ref().and_then(|text| duration::judge(text, POLL, &poll_place, problems));
    if poll.is_some_and(|poll| poll.subsec_nanos() != 0) {
        problems.value(&poll_place, "whole seconds, as Retry-After has them");
    }
    let running = rules.running.and_then(|running| {
        let most = 1..=limits::RUNNING_MAX as u64;
        let judged = judge::whole(running, most, &place.member("running"), problems)?;
        usize::try_from(judged).ok()
    });
    Some(RespondAsync {
        poll: poll.unwrap_or(limits::POLL_DEFAULT),
        running: running.unwrap_or(limits::RUNNING_DEFAULT),
        cancel: rules.cancel,
    })
}

/// Only what does something takes minutes and is asked for later; its polls are the gateway's own.
pub(super) fn methods(written: &[String], place: &Place<'_>, problems: &mut Problems<'_>) {
    let asks = |name: &String| Method::from_bytes(name.as_bytes()).is_ok_and(|method| is_safe(&method));
    for (index, name) in written.iter().enumerate().filter(|(_, name)| asks(name)) {
        let expected = "POST, PUT, DELETE or PATCH beside respond_async: polls are answered by the gateway";
        problems.at(&place.element(index), format!("{name:?}"), expected);
    }
}

/// What lies below the tickets of a route would never be found.
pub(super) fn shadowed(routes: &[(Arc<Route>, Place<'_>)], problems: &mut Problems<'_>) {
    for (route, _) in routes.iter().filter(|(route, _)| route.respond_async.is_some()) {
        let tickets = format!("{}/ticket", route.path.trim_end_matches('/'));
        for (other, place) in routes {
            if other.path.strip_prefix(&*tickets).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                let expected = format!("another: below {tickets:?} are the tickets of {:?}", route.path);
                problems.name(place, "this path", expected);
            }
        }
    }
}
