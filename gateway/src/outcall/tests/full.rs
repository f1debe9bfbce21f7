//! A ledger that is full for a moment: whoever was refused in it and whoever came through get the same answer.

use std::{collections::VecDeque, sync::Mutex};

use outcall_protocol::receipt::SecretKey;

use super::*;

/// A ledger that is full for some of the claims, and says so, or what else a claim is worth, when it is told to.
struct Momentarily {
    memory: Memory,
    steps: Mutex<VecDeque<Step>>,
    told: watch::Receiver<bool>,
}

/// What happens to one claim; those after the last step are as ever.
#[derive(Clone, Copy, Debug)]
enum Step {
    Full,
    /// As [`Step::Full`], but the news takes a while.
    FullLate,
    /// As ever, but the news takes a while.
    Late,
    AsEver,
}

use Step::{AsEver, Full, FullLate, Late};

impl Ledger for Momentarily {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(async move {
            let step = self.steps.lock().unwrap().pop_front().unwrap_or(AsEver);
            let claim = match step {
                Full | FullLate => Err(Unavailable::Full),
                Late | AsEver => self.memory.claim(ask).await,
            };
            if matches!(step, FullLate | Late) {
                let _ = self.told.clone().wait_for(|told| *told).await;
            }
            claim
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

fn full(url: &str, steps: &[Step]) -> (Arc<App>, watch::Sender<bool>) {
    let (tell, told) = watch::channel(false);
    let config = config(url);
    let memory = Memory::new(config.store.room_bytes);
    let steps = Mutex::new(steps.iter().copied().collect());
    (app_with(config, Momentarily { memory, steps, told }), tell)
}

/// One finds the ledger full; before he knows, another has claimed the key and gone upstream.
#[tokio::test]
async fn who_found_no_room_shares_the_answer_of_a_claim_that_was_made_in_between() {
    for (method, path) in [(Method::GET, "/r"), (Method::POST, "/r"), (Method::POST, "/i")] {
        let mut upstream = upstream(true).await;
        let (app, tell) = full(&upstream.url, &[FullLate, AsEver]);
        let told = async {
            upstream.hits.wait_for(|hits| *hits == 1).await.unwrap();
            tell.send_replace(true);
        };
        let (answer, ()) = tokio::join!(everybody(&app, method.clone(), path, "5 ICP"), told);
        assert_eq!(text(&answer), "answer 1", "{method}");
        assert_eq!(*upstream.hits.borrow(), 1, "{method}");
    }
}

/// One finds the ledger full while another is about to learn that he leads: the refusal came first, and holds for both.
#[tokio::test]
async fn who_leads_behind_a_refusal_is_refused_like_everybody() {
    for (method, path) in [(Method::GET, "/r"), (Method::POST, "/r"), (Method::POST, "/i")] {
        let upstream = upstream(true).await;
        let (app, tell) = full(&upstream.url, &[Late, Full]);
        let told = async { tell.send_replace(true) };
        let (answer, _) = tokio::join!(everybody(&app, method.clone(), path, "5 ICP"), told);
        assert_eq!(answer, Problem::LedgerFull.answer(&method));
        assert_eq!(*upstream.hits.borrow(), 0, "{method}: refused, and sent");
    }
}

/// Nobody listens there: what is led is answered as unreachable.
const NOWHERE: &str = "http://127.0.0.1:1/u";

#[tokio::test(start_paused = true)]
async fn a_refused_key_stays_refused_for_its_error_ttl_with_room_and_without() {
    for (method, path, life) in [
        (Method::GET, "/r", limits::ERROR_TTL_SAFE_DEFAULT),
        (Method::POST, "/i", limits::ERROR_TTL_SAFE_DEFAULT),
        (Method::POST, "/r", limits::ERROR_TTL_UNSAFE_DEFAULT),
    ] {
        // Every request claims twice: the second time it looks for a claim that was made in between.
        let (app, _tell) = full(NOWHERE, &[Full; 3]);
        let refusal = Problem::LedgerFull.answer(&method);
        for _ in 0..2 {
            assert_eq!(ask(&app, method.clone(), path, "5 ICP").await, refusal);
            assert_eq!(app.ledger.occupancy().keys, 0, "{method}");
        }
        // There is room again.
        tokio::time::advance(life / 2).await;
        assert_eq!(everybody(&app, method.clone(), path, "5 ICP").await, refusal);
        assert_eq!(app.ledger.occupancy().keys, 1, "{method}: the ledger has taken the refusal over");
        let reused = ask(&app, method.clone(), path, "6 ICP").await;
        assert_eq!(reused, Problem::KeyReused.answer(&method));

        tokio::time::advance(life / 2 - Duration::from_millis(1)).await;
        assert_eq!(ask(&app, method.clone(), path, "5 ICP").await, refusal);
        tokio::time::advance(Duration::from_millis(1)).await;
        let free = ask(&app, method.clone(), path, "5 ICP").await;
        assert_eq!(
            free,
            Problem::UpstreamUnreachable.answer(&method),
            "{method}: refused for longer than that"
        );
    }
}

/// Nothing was recorded when the first was refused, so nothing was signed: had the others a receipt, they would not agree.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_some_have_read_without_a_receipt_has_none_for_anybody() {
    let key = SecretKey::from_seed(&[1; 32]).to_pem().replace('\n', "\\n");
    let signing = format!(r#"{{"/r": "{NOWHERE}", "receipts": {{"keyid": "k", "key": "{key}"}}}}"#);
    let config = Config::parse(&signing, &|_| None).unwrap();
    let (_tell, told) = watch::channel(false);
    let memory = Memory::new(config.store.room_bytes);
    let app = app_with(config, Momentarily { memory, steps: Mutex::new([Full; 3].into()), told });
    let refusal = Problem::LedgerFull.answer(&Method::POST);
    assert_eq!(ask(&app, Method::POST, "/r", "5 ICP").await, refusal);
    assert_eq!(everybody(&app, Method::POST, "/r", "5 ICP").await, refusal, "there is room again");
    assert_eq!(app.ledger.occupancy().keys, 1);
    // The control: what is recorded first has a receipt.
    let signed = ask_under(&app, "other", Method::POST, "/r", "5 ICP").await;
    assert!(signed.headers().any(|(name, _)| name == "signature"), "{signed:?}");
}

/// Whose key it is nobody can say yet: a conflict would promise that this request is not executed, by anybody.
#[tokio::test(start_paused = true)]
async fn another_request_under_a_refused_key_is_refused_likewise_and_not_led_when_there_is_room() {
    let (app, _tell) = full(NOWHERE, &[Full; 4]);
    let refusal = Problem::LedgerFull.answer(&Method::POST);
    assert_eq!(ask(&app, Method::POST, "/r", "5 ICP").await, refusal);
    assert_eq!(ask(&app, Method::POST, "/r", "6 ICP").await, refusal);
    assert_eq!(ask(&app, Method::POST, "/r", "6 ICP").await, refusal, "there is room again");
    assert_eq!(app.ledger.occupancy().keys, 0);
    // The control: another key is led.
    let answer = ask_under(&app, "other", Method::POST, "/r", "6 ICP").await;
    assert_eq!(answer, Problem::UpstreamUnreachable.answer(&Method::POST));
}

/// Another gateway may have led a request meanwhile, while a second one was refused here under the same key.
#[tokio::test]
async fn what_the_ledger_knows_of_a_key_goes_before_what_was_refused_under_it() {
    let upstream = upstream(true).await;
    let (app, _tell) = full(&upstream.url, &[AsEver, Full, Full]);
    let answer = ask(&app, Method::POST, "/r", "5 ICP").await;
    assert_eq!(ask(&app, Method::POST, "/r", "6 ICP").await, Problem::LedgerFull.answer(&Method::POST));
    assert_eq!(ask(&app, Method::POST, "/r", "5 ICP").await, answer, "it was executed, and that is recorded");
    assert_eq!(ask(&app, Method::POST, "/r", "6 ICP").await, Problem::KeyReused.answer(&Method::POST));
    assert_eq!(*upstream.hits.borrow(), 1);
}
