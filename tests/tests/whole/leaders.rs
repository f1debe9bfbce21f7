//! The leader's task belongs to the gateway: no replica that leaves can cancel the call, strand the others, or make it
//! happen twice.

use outcall_tests::{
    gate::Gate,
    gateway::Gateway,
    replica::{Outcall, Pending, Replica, Stage, Subnet, agreed},
    schedule::Schedule,
    upstream::{Act, Script, Upstream},
};

use crate::config::route;

/// How a replica that has asked goes away.
#[derive(Clone, Copy, Debug)]
enum Departure {
    Fin,
    Rst,
}

impl Departure {
    const BOTH: [Self; 2] = [Self::Fin, Self::Rst];

    fn of(self, pending: Pending) {
        match self {
            Self::Fin => drop(pending),
            Self::Rst => pending.abandon().unwrap(),
        }
    }
}

fn outcalls() -> [Outcall; 3] {
    [
        Outcall::get("/r"),
        Outcall::get("/r").key("k-1"),
        Outcall::post("/r").key("k-1").json(r#"{"amount":5,"to":"somebody"}"#),
    ]
}

/// An upstream that gives its only answer when the test says so, and the gateway before it.
async fn held(gate: &Gate) -> (Upstream, Gateway) {
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(gate)])).await;
    let gateway = Gateway::start(&route("/r", &upstream.url("/u"))).await;
    (upstream, gateway)
}

async fn start_all(gateway: &Gateway, outcall: &Outcall, replicas: usize) -> Vec<Pending> {
    let replica = Replica::new(gateway.addr());
    let mut pending = Vec::new();
    for _ in 0..replicas {
        pending.push(replica.start(outcall).await.unwrap());
    }
    pending
}

#[tokio::test]
async fn a_replica_that_breaks_off_at_any_stage_disturbs_nobody() {
    for outcall in outcalls() {
        for stage in Stage::ALL {
            let upstream = Upstream::start(Script::steps([Act::Varying])).await;
            let gateway = Gateway::start(&route("/r", &upstream.url("/u"))).await;
            // It comes first, so it leads if it gets far enough.
            Replica::new(gateway.addr()).send_and_leave(&outcall, stage).await.unwrap();
            let answers = Subnet::new(gateway.addr(), 12).burst(&outcall).await;
            assert_eq!(agreed(&answers).status, 200, "{stage:?}");
            assert_eq!(upstream.finish().await.len(), 1, "{stage:?}");
        }
    }
}

#[tokio::test]
async fn a_leader_that_leaves_while_the_upstream_holds_strands_nobody() {
    for outcall in outcalls() {
        for departure in Departure::BOTH {
            let gate = Gate::new();
            let (upstream, gateway) = held(&gate).await;
            let leader = Replica::new(gateway.addr()).start(&outcall).await.unwrap();
            gate.reached().await;
            departure.of(leader);
            let followers = start_all(&gateway, &outcall, 12).await;
            gate.release();
            let mut answers = Vec::new();
            for follower in followers {
                answers.push(follower.answer().await.unwrap());
            }
            assert_eq!(agreed(&answers).status, 200, "{departure:?}");
            assert_eq!(upstream.finish().await.len(), 1, "{departure:?}");
        }
    }
}

#[tokio::test]
async fn a_call_whose_replicas_have_all_left_is_still_recorded() {
    for outcall in outcalls() {
        for departure in Departure::BOTH {
            let gate = Gate::new();
            let (upstream, gateway) = held(&gate).await;
            let all = start_all(&gateway, &outcall, 13).await;
            gate.reached().await;
            all.into_iter().for_each(|pending| departure.of(pending));
            gate.release();
            let late = Replica::new(gateway.addr()).send_twice(&outcall).await.unwrap();
            assert_eq!(agreed(&late).status, 200, "{departure:?}");
            assert_eq!(upstream.finish().await.len(), 1, "{departure:?}");
        }
    }
}

/// Leaving must not cancel the call upstream either, as it would where the call runs on the replica's connection.
#[tokio::test]
async fn the_upstream_never_sees_its_client_leave() {
    for departure in Departure::BOTH {
        let gate = Gate::new();
        // Were the first call abandoned, it would never be answered, and a second one not be foreseen.
        let steps = [Act::Varying.held_at(&gate), Act::json("{}")];
        let upstream = Upstream::start(Script::steps(steps)).await;
        let gateway = Gateway::start(&route("/r", &upstream.url("/u"))).await;
        let replica = Replica::new(gateway.addr());
        let [_, _, outcall] = outcalls();
        let leader = replica.start(&outcall).await.unwrap();
        gate.reached().await;
        departure.of(leader);
        // A whole call of another key gives the gateway the time to notice.
        let other = Outcall::post("/r").key("k-2").json("{}");
        assert_eq!(replica.send(&other).await.unwrap().text(), "{}");
        gate.release();
        assert_eq!(replica.send(&outcall).await.unwrap().status, 200, "{departure:?}");
        assert_eq!(upstream.finish().await.len(), 2, "{departure:?}");
    }
}

#[tokio::test]
async fn followers_that_leave_and_come_back_get_the_one_answer() {
    for outcall in outcalls() {
        for departure in Departure::BOTH {
            let gate = Gate::new();
            let (upstream, gateway) = held(&gate).await;
            let leader = Replica::new(gateway.addr()).start(&outcall).await.unwrap();
            gate.reached().await;
            let leaving = start_all(&gateway, &outcall, 6).await;
            let staying = start_all(&gateway, &outcall, 6).await;
            leaving.into_iter().for_each(|pending| departure.of(pending));
            let back = start_all(&gateway, &outcall, 6).await;
            gate.release();
            let mut answers = vec![leader.answer().await.unwrap()];
            for pending in staying.into_iter().chain(back) {
                answers.push(pending.answer().await.unwrap());
            }
            assert_eq!(agreed(&answers).status, 200, "{departure:?}");
            assert_eq!(upstream.finish().await.len(), 1, "{departure:?}");
        }
    }
}

#[tokio::test]
async fn random_comings_and_goings_end_in_one_answer() {
    for seed in std::iter::repeat_with(|| fastrand::u64(..)).take(20) {
        for outcall in outcalls() {
            let gate = Gate::new();
            let (upstream, gateway) = held(&gate).await;
            let schedule = Schedule::random(seed, 13);
            let answers = Subnet::new(gateway.addr(), 13).burst_with(&outcall, &schedule, &gate).await;
            assert_eq!(answers.len(), schedule.answers());
            assert_eq!(agreed(&answers).status, 200);
            assert_eq!(upstream.finish().await.len(), 1);
        }
    }
}

/// The control: without the gateway each visit that gets that far is a request of its own.
#[tokio::test]
async fn without_the_gateway_every_visit_is_executed() {
    let gate = Gate::open();
    let upstream = Upstream::start(Script::always(Act::Varying.held_at(&gate))).await;
    let outcall = &outcalls()[2];
    let answers = Subnet::new(upstream.addr(), 13).burst(outcall).await;
    assert_eq!(upstream.hits(), 13);
    assert!(answers.iter().any(|answer| answer != &answers[0]), "the control cannot fail");
}
