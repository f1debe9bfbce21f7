//! A claim that is given up before anything was sent, while others wait for its end.

use super::*;

/// A ledger in which everybody follows a first leader who gives up.
struct GivenUp {
    memory: Memory,
    given_up: AtomicUsize,
}

impl Ledger for GivenUp {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(async move {
            let leader = self.memory.claim(ask).await?;
            if self.given_up.fetch_add(1, Ordering::SeqCst) > 0 {
                return Ok(leader);
            }
            let follower = self.memory.claim(ask).await;
            drop(leader);
            follower
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

async fn follow(upstream: &Counting, method: Method) -> Answer {
    let config = config(&upstream.url);
    let memory = Memory::new(config.store.room_bytes);
    let app = app_with(config, GivenUp { memory, given_up: AtomicUsize::new(0) });
    ask(&app, method, "/r", "a body").await
}

/// It has let go of its body: what it would send is another request.
#[tokio::test]
async fn who_waited_without_his_body_does_not_lead() {
    let upstream = upstream(true).await;
    let refused = follow(&upstream, Method::POST).await;
    assert_eq!(refused, Problem::LedgerUnreachable.answer(&Method::POST));
    assert_eq!(*upstream.hits.borrow(), 0);
}

#[tokio::test]
async fn who_has_kept_his_body_leads_and_sends_it() {
    let upstream = upstream(true).await;
    assert_eq!(text(&follow(&upstream, Method::GET).await), "answer 1");
    assert_eq!(*upstream.hits.borrow(), 1);
}
