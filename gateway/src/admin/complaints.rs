//! What the log has complained about of late, each complaint once: the problems on the page.
//!
//! Whatever is logged as a warning or an error is kept here too, so that nobody has to think of the page where something goes
//! wrong. It holds no secret, since the log holds none. What the filter of the log leaves out is not here either.

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use crate::limits;

/// Complaints, the latest last.
#[derive(Clone, Default)]
pub(crate) struct Complaints(Arc<Mutex<VecDeque<Complaint>>>);

/// What was complained about.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    /// Whether it is an error rather than a warning.
    pub(crate) is_error: bool,
    pub(crate) text: String,
    pub(crate) times: u64,
    /// When it came last.
    pub(crate) at: SystemTime,
}

impl Complaints {
    /// All that are kept, the latest first.
    pub(crate) fn latest(&self) -> Vec<Complaint> {
        self.lock().iter().rev().cloned().collect()
    }

    fn note(&self, is_error: bool, text: String, at: SystemTime) {
        let mut all = self.lock();
        let known = all.iter().position(|there| there.is_error == is_error && there.text == text);
        let times = known.and_then(|known| all.remove(known)).map_or(0, |former| former.times);
        if all.len() == limits::COMPLAINTS {
            all.pop_front();
        }
        all.push_back(Complaint { is_error, text, times: times + 1, at });
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Complaint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for Complaints {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::WARN {
            return;
        }
        let mut words = Words::default();
        event.record(&mut words);
        self.note(level == Level::ERROR, words.whole(), SystemTime::now());
    }
}

/// What an event says, as one line: its message, then its fields.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Words {
    fn whole(self) -> String {
        let whole = format!("{}{}", self.message, self.fields).replace(char::is_control, " ");
        match whole.char_indices().nth(limits::COMPLAINT_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &whole[..end]),
            None => whole,
        }
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " · {name} {value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn each_complaint_of_the_log_is_kept_once() {
        let complaints = Complaints::default();
        let log = tracing_subscriber::registry().with(complaints.clone());
        tracing::subscriber::with_default(log, || {
            for _ in 0..3 {
                tracing::warn!(route = "/r", cause = %"a\nb", "an upstream call failed");
                tracing::info!("all is well");
            }
            tracing::error!("Redis cannot be used");
            tracing::warn!(long = "x".repeat(10_000), "an upstream call failed");
        });
        let latest = complaints.latest();
        let told: Vec<_> = latest.iter().map(|it| (it.is_error, it.text.as_str(), it.times)).collect();
        assert_eq!(told[0].1.chars().count(), limits::COMPLAINT_CHARS_MAX + 1);
        assert_eq!(told[1], (true, "Redis cannot be used", 1));
        assert_eq!(told[2], (false, "an upstream call failed · route /r · cause a b", 3));
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn the_oldest_complaint_is_forgotten_for_a_new_one() {
        let complaints = Complaints::default();
        for number in 0..=limits::COMPLAINTS {
            complaints.note(false, format!("{number}"), SystemTime::now());
            complaints.note(false, "0".to_owned(), SystemTime::now());
        }
        let latest = complaints.latest();
        assert_eq!(latest.len(), limits::COMPLAINTS);
        assert_eq!((latest[0].text.as_str(), latest[0].times), ("0", limits::COMPLAINTS as u64 + 2));
        assert_eq!(latest[1].text, limits::COMPLAINTS.to_string());
        assert!(latest.iter().all(|it| it.text != "1"));
    }
}
