//! A ledger that cannot make claims durable for a while, or takes its time: nothing is sent, and everybody hears the same.

use super::*;

/// A ledger whose claims become durable, fail or take for ever, as it is told.
struct Distant {
    memory: Memory,
    way: watch::Receiver<Way>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    Closed,
    /// Nobody knows yet.
    Silent,
}

struct Far {
    lead: Option<Lead>,
    way: watch::Receiver<Way>,
}

impl Settle for Far {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async {
            let way = self.way.wait_for(|way| *way != Way::Silent).await.map(|way| *way);
            match (way, &mut self.lead) {
                (Ok(Way::Open), Some(lead)) => lead.begin().await,
                _ => Err(Unavailable::Unreachable),
            }
        })
    }

    fn settle(mut self: Box<Self>, settlement: Settlement, patience: Duration) -> BoxFuture<'static, ()> {
        Box::pin(self.lead.take().unwrap().settle(settlement, patience))
    }

    fn lose(self: Box<Self>) {}

    fn withdraw(mut self: Box<Self>, why: Option<Unavailable>) {
        if let (Some(lead), Some(why)) = (self.lead.take(), why) {
            lead.refuse(why);
        }
    }
}

impl Ledger for Distant {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(async move {
            let Claim::Lead(lead, waiter) = self.memory.claim(ask).await? else {
                return self.memory.claim(ask).await;
            };
            Ok(Claim::Lead(Lead::new(Box::new(Far { lead: Some(lead), way: self.way.clone() })), waiter))
        })
    }

    fn now(&self) -> Timestamp {
        self.memory.now()
    }

    fn occupancy(&self) -> Occupancy {
        self.memory.occupancy()
    }

    fn look<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>> {
        self.memory.look(id)
    }

    fn forget<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>> {
        self.memory.forget(id)
    }

    fn is_reachable(&self) -> bool {
        true
    }
}

fn distant(upstream: &Counting, way: Way) -> (Arc<App>, watch::Sender<Way>) {
    let (tell, way) = watch::channel(way);
    let config = config(&upstream.url);
    let memory = Memory::new(config.store.room_bytes);
    (app_with(config, Distant { memory, way }), tell)
}

fn unreachable(method: &Method) -> Answer {
    Problem::LedgerUnreachable.answer(method)
}

#[tokio::test]
async fn what_cannot_be_claimed_is_refused_for_everybody_and_not_sent() {
    for (method, path) in [(Method::GET, "/r"), (Method::POST, "/r"), (Method::POST, "/i")] {
        let upstream = upstream(true).await;
        let (app, tell) = distant(&upstream, Way::Closed);
        assert_eq!(everybody(&app, method.clone(), path, "5 ICP").await, unreachable(&method));
        assert_eq!(app.ledger.occupancy(), Occupancy::default(), "{method}: something is left behind");
        // It is back: who was refused stays refused, and the ledger takes that over.
        tell.send_replace(Way::Open);
        assert_eq!(everybody(&app, method.clone(), path, "5 ICP").await, unreachable(&method));
        assert_eq!(app.ledger.occupancy().keys, 1, "{method}");
        let reused = ask(&app, method.clone(), path, "6 ICP").await;
        assert_eq!(reused, Problem::KeyReused.answer(&method));
        assert_eq!(*upstream.hits.borrow(), 0, "{method}: refused, and sent");
        // The control: another key is led.
        assert_eq!(text(&ask_under(&app, "other", method, path, "5 ICP").await), "answer 1");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_says_nothing_is_not_waited_for_longer_than_replicas_can_wait() {
    let upstream = upstream(true).await;
    let (app, tell) = distant(&upstream, Way::Silent);
    let started = tokio::time::Instant::now();
    assert_eq!(everybody(&app, Method::POST, "/r", "5 ICP").await, unreachable(&Method::POST));
    // Once for the thirteen, and once for the late one, whose refusal it was to take over.
    assert_eq!(started.elapsed(), 2 * limits::BEGIN_TIMEOUT);
    tell.send_replace(Way::Open);
    assert_eq!(everybody(&app, Method::POST, "/r", "5 ICP").await, unreachable(&Method::POST));
    assert_eq!(*upstream.hits.borrow(), 0);
}

#[tokio::test]
async fn nothing_is_sent_before_the_claim_is_durable_and_a_client_that_leaves_takes_nothing_with_it() {
    let mut upstream = upstream(true).await;
    let (app, tell) = distant(&upstream, Way::Silent);
    {
        let leaves = ask(&app, Method::POST, "/r", "5 ICP");
        tokio::pin!(leaves);
        assert!(futures_util::poll!(&mut leaves).is_pending());
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(*upstream.hits.borrow(), 0, "sent before it was claimed");
    tell.send_replace(Way::Open);
    upstream.hits.wait_for(|hits| *hits == 1).await.unwrap();
    assert_eq!(text(&everybody(&app, Method::POST, "/r", "5 ICP").await), "answer 1");
    assert_eq!(*upstream.hits.borrow(), 1);
}
