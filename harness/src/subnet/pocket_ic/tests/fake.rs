//! Speaks the HTTP of a PocketIC server and is none: it runs nothing, checks nothing and decides nothing. It shows the
//! outcalls that it was told to show, keeps what it is given for them, and then answers as it was told to.
//!
//! It lives on the runtime of the test, which has one thread: whoever blocked that would wait for ever.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use candid::Principal;
use pocket_ic::common::rest::{
    CanisterHttpResponse, CreateInstanceResponse, RawCanisterHttpRequest, RawCanisterId, RawCanisterResult,
    RawEffectivePrincipal, RawMessageId, RawMockCanisterHttpResponse, RawMockFlexibleCanisterHttpResponse,
    RawSubnetId, RawTime, Topology,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const CANISTER: [u8; 10] = [0, 0, 0, 0, 0, 0, 0, 9, 1, 1];
/// Ticks after which an outcall shows.
const TICKS: usize = 2;

/// What is told at the start and what was given since.
#[derive(Default)]
pub(super) struct Story {
    /// Outcalls that show together, one group after the other has been given its responses.
    pub(super) groups: VecDeque<Vec<RawCanisterHttpRequest>>,
    /// The answer to the update, when all outcalls have their responses or the time has run out.
    pub(super) reply: Vec<u8>,
    /// The responses that were given, by outcall.
    pub(super) given: Vec<(u64, Vec<CanisterHttpResponse>)>,
    /// Everything that was asked, by its path.
    pub(super) asked: Vec<String>,
    submitted: bool,
    ticks: usize,
    nanos: u64,
}

#[derive(Clone)]
pub(super) struct Fake {
    address: SocketAddr,
    story: Arc<Mutex<Story>>,
}

impl Fake {
    pub(super) async fn telling(groups: Vec<Vec<RawCanisterHttpRequest>>, reply: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let story = Story { groups: groups.into(), reply: reply.to_vec(), ..Story::default() };
        let fake = Self { address: listener.local_addr().unwrap(), story: Arc::new(Mutex::new(story)) };
        let served = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, served.clone()));
            }
        });
        fake
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) fn story<T>(&self, look: impl FnOnce(&Story) -> T) -> T {
        look(&self.story.lock().unwrap())
    }

    fn answer(&self, line: &str, body: &[u8]) -> String {
        let mut story = self.story.lock().unwrap();
        let (_, path) = line.split_once("/instances").unwrap_or(("", line));
        let path = path.split(' ').next().unwrap().trim_start_matches("/0/").to_owned();
        story.asked.push(path.clone());
        match path.as_str() {
            "" => {
                let topology = Topology {
                    subnet_configs: Default::default(),
                    default_effective_canister_id: RawCanisterId { canister_id: CANISTER.to_vec() },
                };
                json(&CreateInstanceResponse::Created { instance_id: 0, topology, http_gateway_info: None })
            }
            "read/topology" => json(&Topology {
                subnet_configs: Default::default(),
                default_effective_canister_id: RawCanisterId { canister_id: CANISTER.to_vec() },
            }),
            "update/submit_ingress_message" => {
                // The canister is created and installed before anything else is submitted.
                story.submitted = true;
                story.ticks = 0;
                let effective_principal = RawEffectivePrincipal::None;
                json(&Ok::<_, ()>(RawMessageId { effective_principal, message_id: vec![1] }))
            }
            "update/await_ingress_message" => {
                story.submitted = false;
                let created = candid::encode_one(Created { canister_id: Principal::from_slice(&CANISTER) });
                json(&RawCanisterResult::Ok(created.unwrap()))
            }
            "update/tick" => {
                story.ticks += 1;
                json(&())
            }
            "read/ingress_status" => {
                let done = story.submitted && story.groups.is_empty() && story.ticks >= TICKS;
                json(&done.then(|| RawCanisterResult::Ok(story.reply.clone())))
            }
            "read/get_canister_http" => match story.groups.front() {
                Some(group) if story.submitted && story.ticks >= TICKS => json(group),
                _ => json(&[(); 0]),
            },
            "update/mock_canister_http" => {
                let mock: RawMockCanisterHttpResponse = read(body);
                let mut responses = vec![mock.response];
                responses.extend(mock.additional_responses);
                story.give(mock.request_id, responses)
            }
            "update/mock_flexible_canister_http" => {
                let mock: RawMockFlexibleCanisterHttpResponse = read(body);
                story.give(mock.request_id, mock.responses)
            }
            "read/get_time" => json(&RawTime { nanos_since_epoch: story.nanos }),
            "update/set_time" => {
                let time: RawTime = read(body);
                // What is 60 s old is answered, and no longer shown.
                if time.nanos_since_epoch - story.nanos > 60_000_000_000 {
                    story.groups.clear();
                }
                story.nanos = time.nanos_since_epoch;
                json(&())
            }
            _ => json(&()),
        }
    }
}

impl Story {
    fn give(&mut self, id: u64, responses: Vec<CanisterHttpResponse>) -> String {
        self.given.push((id, responses));
        let group = self.groups.front_mut().unwrap();
        group.retain(|outcall| outcall.request_id != id);
        if group.is_empty() {
            self.groups.pop_front();
            self.ticks = 0;
        }
        json(&())
    }
}

#[derive(candid::CandidType)]
struct Created {
    canister_id: Principal,
}

pub(super) fn subnet() -> RawSubnetId {
    RawSubnetId { subnet_id: vec![7; 29] }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}

/// One request after the other; a body has a length.
async fn serve(mut stream: TcpStream, fake: Fake) {
    let mut bytes = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        bytes.push(byte);
        if !bytes.ends_with(b"\r\n\r\n") {
            continue;
        }
        let head = String::from_utf8(std::mem::take(&mut bytes)).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let answer = fake.answer(head.lines().next().unwrap(), &body);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all(format!("{head}{answer}").as_bytes()).await.is_err() {
            return;
        }
    }
}
