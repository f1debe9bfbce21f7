//! How a drain ends, on a paused clock, and what it says meanwhile.

use std::io;

use super::*;

const DRAIN: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn an_idle_gateway_leaves_at_once() {
    let started = Instant::now();
    Activity::default().drain(DRAIN).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn after_a_burst_it_stays_for_the_late_replicas() {
    let activity = Activity::default();
    activity.settled();
    let started = Instant::now();
    activity.drain(DRAIN).await;
    assert_eq!(started.elapsed(), limits::DRAIN_QUIET);
}

/// What it says from its beginning to its end.
async fn told(activity: &Activity) -> Vec<String> {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(lines.clone());
    let guard = tracing::subscriber::set_default(log.finish());
    activity.drain(DRAIN).await;
    drop(guard);
    lines.read()
}

#[tokio::test(start_paused = true)]
async fn it_says_for_whom_it_stays_and_only_where_it_stays() {
    let activity = Activity::default();
    let idle = told(&activity).await;
    assert!(!idle.iter().any(|line| line.contains(LATE_REPLICAS)), "{idle:?}");

    let activity = Activity::default();
    activity.settled();
    let stays = told(&activity).await;
    let said: Vec<_> = stays.iter().filter(|line| line.contains(LATE_REPLICAS)).collect();
    assert!(matches!(said[..], [line] if line.contains("seconds=5")), "{stays:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_and_its_call_are_one_of_each() {
    let activity = Activity::default();
    let (request, follower) = (activity.busy(), activity.busy());
    let (call, order) = (activity.calling(true), activity.calling(false));
    assert_eq!(activity.in_flight(), InFlight { requests: 2, calls: 2, unrepeatable: 1 });
    drop((request, call));
    assert_eq!(activity.in_flight(), InFlight { requests: 1, calls: 1, unrepeatable: 1 });
    drop(follower);
    assert_eq!(activity.in_flight(), InFlight { requests: 0, calls: 1, unrepeatable: 1 });
    assert!(!activity.is_idle(), "a call whose clients have left is waited for");
    drop(order);
    assert_eq!(activity.in_flight(), InFlight { requests: 0, calls: 0, unrepeatable: 0 });
    assert!(activity.is_idle());
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_drain_is_cut_off() {
    let activity = Activity::default();
    let busy = activity.busy();
    let cut = activity.cut();
    let started = Instant::now();
    let ending = async {
        cut.cancelled().await;
        drop(busy);
    };
    tokio::join!(activity.drain(DRAIN), ending);
    assert_eq!(started.elapsed(), DRAIN);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_leaves_leads_nothing_more() {
    let activity = Activity::default();
    assert!(activity.may_lead(Duration::ZERO));
    activity.drain(DRAIN).await;
    assert!(!activity.may_lead(Duration::ZERO), "a request on an open connection would be led and abandoned");
}

#[tokio::test(start_paused = true)]
async fn a_stopping_gateway_leads_only_what_it_can_see_through() {
    let activity = Arc::new(Activity::default());
    assert!(activity.may_lead(Duration::from_secs(3600)));
    let _busy = activity.busy();
    let draining = activity.clone();
    let drain = tokio::spawn(async move { draining.drain(DRAIN).await });
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(activity.may_lead(Duration::from_secs(20)));
    assert!(!activity.may_lead(Duration::from_millis(20_001)));
    drain.abort();
}

/// A log that is read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn read(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
