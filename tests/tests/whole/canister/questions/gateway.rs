//! The same before the gateway itself: its tickets, its records, its receipts. The subnet's minutes pass at once, the gateway's
//! clock stands still meanwhile, and the upstream answers when it is told to.

use std::time::{SystemTime, UNIX_EPOCH};

use outcall_tests::{
    gate::Gate,
    replica::{self, Outcall, Replica},
};

use super::{
    super::{identity::introduced, receipts::BEGINNING_S},
    *,
};
use crate::{receipts::signing, stage::refused};

/// The sample before a gateway whose route `/llm` gives tickets; the upstream holds its answer at the gate.
struct Scene {
    upstream: Upstream,
    gateway: Gateway,
    gate: Gate,
    subnet: Subnet,
}

impl Scene {
    async fn of(nodes: usize, signed: bool) -> Self {
        let (upstream, gate, route) = Self::behind_a_route("").await;
        let signing = if signed { format!("{}, ", signing("now")) } else { String::new() };
        let gateway = Gateway::start(&format!("{{{signing}{route}}}")).await;
        let mut subnet = installed(nodes, &gateway_url(&gateway)).await;
        if signed {
            configure(&mut subnet, receipts("now")).await;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        subnet.advance(now - Duration::from_secs(BEGINNING_S)).await.unwrap();
        Self { upstream, gateway, gate, subnet }
    }

    /// The gateway signs, and its route is for this canister alone.
    async fn of_its_own() -> Self {
        let (upstream, gate, route) = Self::behind_a_route(r#", "allow": ["shop"]"#).await;
        let mut subnet = installed(13, "http://127.0.0.1:1").await;
        let callers = introduced(&mut subnet, "shop").await;
        let gateway = Gateway::start(&format!("{{{}, {callers}{route}}}", signing("now"))).await;
        let settings = Settings { gateway: Some(gateway_url(&gateway)), ..receipts("now") };
        configure(&mut subnet, settings).await;
        Self { upstream, gateway, gate, subnet }
    }

    async fn behind_a_route(members: &str) -> (Upstream, Gate, String) {
        let gate = Gate::new();
        let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate)])).await;
        let url = upstream.url("/v1/chat");
        let route = format!(r#""/llm": {{"upstream": "{url}", "respond_async": true{members}}}"#);
        (upstream, gate, route)
    }

    async fn ask(&mut self) -> (u64, Update) {
        let (told, update) =
            call::<Result<u64, AskError>>(&mut self.subnet, "ask_llm", "Why is the sky blue?").await;
        (told.unwrap_or_else(|error| panic!("{error:?}: {update}")), update)
    }

    async fn passes(&mut self, seconds: u64) -> Vec<Round> {
        let mut rounds = Vec::new();
        for _ in 0..seconds {
            rounds.extend(self.subnet.advance(Duration::from_secs(1)).await.unwrap());
        }
        rounds
    }

    /// Lets the upstream answer, and asks beside the canister until the gateway has that on record.
    async fn upstream_answers(&self, location: &str) -> String {
        self.upstream_answers_whoever_says(location, "").await
    }

    /// The same of a route that asks who is there.
    async fn upstream_answers_whoever_says(&self, location: &str, authorization: &str) -> String {
        self.gate.release();
        for number in 0.. {
            let answer = self.poll(location, authorization, &format!("beside-{number}")).await;
            if answer.status != 202 {
                return answer.text();
            }
        }
        unreachable!("numbers do not end")
    }

    /// A poll beside the canister.
    async fn poll(&self, location: &str, authorization: &str, key: &str) -> replica::Answer {
        let path = location.strip_prefix(&gateway_url(&self.gateway)).unwrap();
        let poll = Outcall::get(path).key(key);
        let poll = match authorization {
            "" => poll,
            _ => poll.header("authorization", authorization),
        };
        Replica::new(self.gateway.addr()).send(&poll).await.unwrap()
    }
}

#[tokio::test]
async fn a_backend_that_takes_90_seconds_is_asked_once_and_its_answer_is_verified() {
    for nodes in SIZES {
        for signed in [true, false] {
            let mut scene = Scene::of(nodes, signed).await;
            let (number, update) = scene.ask().await;
            assert!(update.is_agreed(), "{update}");
            assert_eq!((update.rounds.len(), update.rounds[0].requests() as usize), (1, nodes), "{update}");
            scene.gate.reached().await;
            let idle = scene.passes(90).await;
            assert_eq!(idle.len(), 4, "{idle:?}");
            for round in &idle {
                assert!(round.verdict.is_agreed(), "{round}");
                assert_eq!(round.requests() as usize, if signed { 1 } else { nodes }, "{round}");
            }
            let told = answer(&scene.subnet, number).await;
            let State::Running { location } = &told.state else { panic!("{told:?}") };
            assert_eq!(told.hindered, None, "every poll was believed");
            let body = scene.upstream_answers(location).await;
            scene.passes(40).await;
            assert_eq!(
                answer(&scene.subnet, number).await,
                Answer { state: answered(&body), polls: 5, hindered: None }
            );
            let seen = scene.upstream.finish().await;
            assert_eq!((seen.len(), &*seen[0].method), (1, "POST"), "one call for {nodes} nodes");
        }
    }
}

/// The question bears a token for itself alone, and every poll that of the hour, which is good for no question.
#[tokio::test]
async fn on_a_route_of_its_own_it_asks_and_polls_in_its_name_and_nobody_else_does() {
    let mut scene = Scene::of_its_own().await;
    let (number, update) = scene.ask().await;
    assert!(update.is_agreed(), "{update}");
    scene.gate.reached().await;
    let idle = scene.passes(35).await;
    let said = |round: &Round| {
        round.request.headers.iter().find(|header| header.0 == "authorization").unwrap().1.clone()
    };
    let told = answer(&scene.subnet, number).await;
    let State::Running { location } = &told.state else { panic!("{told:?}") };
    assert_eq!((idle.len(), &told.hindered), (3, &None), "every poll was let in: {idle:?}");
    let of_the_hour = said(&idle[0]);
    assert!(idle.iter().all(|poll| said(poll) == of_the_hour && poll.requests() == 1), "{idle:?}");
    assert_ne!(said(&update.rounds[0]), of_the_hour);

    refused(&scene.poll(location, "", "a-stranger").await, 401, "token-missing", "unknown");
    let of_the_question = said(&update.rounds[0]);
    refused(&scene.poll(location, &of_the_question, "a-node").await, 403, "token-for-another", "unknown");
    let body = scene.upstream_answers_whoever_says(location, &of_the_hour).await;
    scene.passes(40).await;
    assert_eq!(
        answer(&scene.subnet, number).await,
        Answer { state: answered(&body), polls: 4, hindered: None }
    );
    let seen = scene.upstream.finish().await;
    assert!(seen.len() == 1 && seen[0].header("authorization").is_none(), "{seen:?}");
}

#[tokio::test]
async fn an_upgrade_between_ticket_and_answer_loses_neither() {
    let mut scene = Scene::of(13, true).await;
    let (number, _) = scene.ask().await;
    scene.gate.reached().await;
    scene.subnet.upgrade(&wasm(), encode_one(None::<Settings>).unwrap()).await.unwrap();
    let State::Running { location } = answer(&scene.subnet, number).await.state else { panic!("no ticket") };
    let body = scene.upstream_answers(&location).await;
    scene.passes(5).await;
    assert_eq!(answer(&scene.subnet, number).await.state, answered(&body));
    scene.upstream.finish().await;
}

/// A node that comes when all is over gets the ticket that the others got, and the upstream hears nothing of it.
#[tokio::test]
async fn who_posts_late_is_given_the_same_ticket() {
    let mut scene = Scene::of(13, true).await;
    scene.subnet.set_schedule(Schedule::together().resend(1).late(7));
    let (_, update) = scene.ask().await;
    assert_eq!(update.rounds[0].votes(), format!("{}a", "A".repeat(13)), "{update}");
    scene.gate.reached().await;
    scene.gate.release();
    scene.upstream.finish().await;
}

/// The gateway has no key, and the canister knows one: no word of it is taken for its own.
#[tokio::test]
async fn a_gateway_that_does_not_sign_is_not_believed_and_yet_asks_once() {
    let mut scene = Scene::of(13, false).await;
    configure(&mut scene.subnet, receipts("now")).await;
    let (number, _) = scene.ask().await;
    assert_eq!(hindered(&answer(&scene.subnet, number).await), "receipt-unsigned");
    scene.passes(200).await;
    let told = answer(&scene.subnet, number).await;
    assert!(matches!(&told.state, State::Unknown(cause) if cause.kind == "receipt-unsigned"), "{told:?}");
    scene.gate.reached().await;
    scene.gate.release();
    assert_eq!(scene.upstream.finish().await.len(), 1, "six POSTs of all nodes, under one key");
}
