//! The story of a question: a POST whose answer takes minutes, and the polls for that answer.
//!
//! `ask` posts it by all nodes and is back as soon as the gateway has given a ticket. Then timers ask for the answer, one node
//! at a time where answers are signed. Before every outcall the timer of the next one is set, so that nothing that happens to this
//! one ends the asking; after an upgrade, which takes timers away, `wake_all` sets them anew.

use std::time::Duration;

use candid::Principal;
use ic_cdk::api::{is_controller, time};
use serde::Serialize;

use crate::{
    config::Config,
    error::{AskError, NotSent},
    identity,
    key::{Intent, Secret, key},
    limits::PROMPT_BYTES_MAX,
    orders::Request,
    outcall::{self, Heard, Trust},
    poll::{self, Polled},
    questions::{Answer, Errand, Patience, Send},
    secret, state,
    ticket::{Subject, Told, read_answer},
};

/// Asks a question; its number, under which its answer will be found.
///
/// # Errors
/// See [`AskError`]: nothing was sent.
pub async fn ask(asker: Principal, prompt: String) -> Result<u64, AskError> {
    let allowed = state::read(|state| state.config.admits(&asker, is_controller(&asker)));
    if !allowed {
        return Err(AskError::NotSent(NotSent::NotAllowed));
    }
    check(&prompt).map_err(AskError::NotSent)?;
    let secret = secret::get().await.map_err(AskError::NotSent)?;
    let config = state::read(|state| state.config.clone());
    let request = Request { url: config.llm_url(), body: body(&prompt) };
    let errand =
        state::write(|state| state.questions().begin(asker, request, time())).ok_or(AskError::Full)?;
    wake(errand.number);
    match carry_out(&config, &secret, &errand).await {
        Ok(told) => settle(&errand, told),
        Err(reason) => {
            state::write(|state| state.questions().forget(errand.number));
            return Err(AskError::NotSent(reason));
        }
    }
    Ok(errand.number)
}

/// How a question stands, for who asked it and for controllers.
pub fn answer(number: u64, who: &Principal) -> Option<Answer> {
    state::read(|state| state.questions.as_ref()?.answer(number, who, is_controller(who)))
}

/// Sets the timers of all questions that are not over.
pub fn wake_all() {
    for number in state::write(|state| state.questions().unfinished()) {
        wake(number);
    }
}

/// Sets a timer for what is due next. One that fires when something else has become due finds nothing to do.
fn wake(number: u64) {
    let due_ns = state::read(|state| state.questions.as_ref()?.due_ns(number));
    if let Some(due_ns) = due_ns {
        let wait = Duration::from_nanos(due_ns.saturating_sub(time()));
        ic_cdk_timers::set_timer(wait, pursue(number));
    }
}

async fn pursue(number: u64) {
    let config = state::read(|state| state.config.clone());
    let patience =
        Patience { post_within_s: config.ask_again_within_s, give_up_after_s: config.llm().give_up_after_s };
    let errand = state::write(|state| state.questions().next(number, patience, time()));
    // The secret is there: nothing was ever asked without it.
    let secret = state::read(|state| state.secret.clone());
    let (Some(errand), Some(secret)) = (errand, secret) else { return };
    wake(number);
    let told = carry_out(&config, &secret, &errand).await;
    settle(&errand, told.unwrap_or_else(|reason| Told::NotYet(reason.into())));
}

fn settle(errand: &Errand, told: Told) {
    state::write(|state| state.questions().settle(errand, told, time()));
    wake(errand.number);
}

/// Makes an outcall and reads its answer.
///
/// # Errors
/// When it was not made.
async fn carry_out(config: &Config, secret: &Secret, errand: &Errand) -> Result<Told, NotSent> {
    let question = posted(config, secret, errand);
    let polled = match &errand.send {
        Send::Post => {
            let request = identity::of_order(config.identity.as_ref(), question).await?;
            // All nodes ask: a single one could withhold the question, or put another in its place.
            let heard = outcall::send(config, request, Trust::Both, config.ask_again_within_s).await;
            let subject = if config.receipts.is_some() { Subject::Question } else { Subject::Posted };
            Polled { heard, subject }
        }
        Send::Poll { location, poll } => {
            let key = key(secret, Intent::Poll { question: errand.number, number: *poll }, 1);
            let request = outcall::get(config, location, key, config.llm().response_bytes_max);
            let request = identity::of_price(config.identity.as_ref(), request).await?;
            poll::poll(config, request, question.args(), errand.asked_ns).await
        }
    };
    match polled.heard {
        Heard::Answer { status, body } => Ok(read_answer(status, &body, polled.subject)),
        Heard::Silence(cause) => Ok(Told::NotYet(cause)),
        Heard::Nothing(reason) => Err(reason),
    }
}

/// The POST as it went out, and as its receipt is about it.
fn posted(config: &Config, secret: &Secret, errand: &Errand) -> ic_cdk_management_canister::HttpRequest {
    let key = key(secret, Intent::Question { number: errand.number }, 1);
    let Request { url, body } = &errand.request;
    outcall::post(config, url, body, key, config.llm().response_bytes_max)
}

/// What the backend reads.
pub(crate) fn body(prompt: &str) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        prompt: &'a str,
    }
    // A string always serialises; an empty body would be refused by any backend.
    serde_json::to_string(&Body { prompt }).unwrap_or_default()
}

fn check(prompt: &str) -> Result<(), NotSent> {
    if (1..=PROMPT_BYTES_MAX).contains(&prompt.len()) {
        return Ok(());
    }
    Err(NotSent::Invalid(format!("prompt must be 1 to {PROMPT_BYTES_MAX} bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_has_its_bounds_and_is_escaped_as_json_is() {
        assert!(check("").is_err() && check(&"p".repeat(PROMPT_BYTES_MAX + 1)).is_err());
        assert!(check("p").is_ok() && check(&"p".repeat(PROMPT_BYTES_MAX)).is_ok());
        assert_eq!(body("Say \"hi\"\n"), r#"{"prompt":"Say \"hi\"\n"}"#);
    }
}
