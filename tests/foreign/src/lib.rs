//! A canister as a stranger writes one: it watches weather stations, and knows neither the sample nor the gateway.
//!
//! The embedded subnet must host whatever ic-cdk makes, so this canister does everything the other way round: raw
//! calls to `http_request` at the old price, readings in stable structures, timers, guards, an inspection of
//! messages, replies by hand, and a callback that falls over. The tests know it by its Candid alone.
//!
//! ```text
//! http        http_request as the management canister's Candid describes it
//! poll        flexible and non-replicated outcalls, by the management canister's library
//! transform   what each replica does to its answer: tidy, nothing, or refuse it
//! memory      readings and setup in stable memory, a few counters on the heap
//! ```

#![expect(missing_docs, reason = "export_candid writes a function without any")]

mod http;
mod memory;
mod poll;
mod transform;

use std::{marker::PhantomData, time::Duration};

use candid::{CandidType, Principal, encode_one};
use futures_util::future::{join, join_all};
use ic_cdk::{
    api::{
        accept_message, call_context_instruction_counter, canister_self, certified_data_set,
        in_replicated_execution, instruction_counter, is_controller, msg_caller, msg_method_name, msg_reject,
        msg_reply, time,
    },
    call::Call,
    init, inspect_message, post_upgrade, query, update,
};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

use http::{HttpMethod, HttpResponse, Refusal, Request, TransformArgs};
use memory::{Busy, Reading, Setup};

/// What `tidy` takes out of a station's answer.
const OF_NO_INTEREST: &str = "served_by,at";

#[init]
fn init(setup: Setup) {
    memory::set_up(setup);
    watch();
}

#[post_upgrade]
fn post_upgrade() {
    watch();
}

/// Wiping the slate is for controllers; everybody else is turned away at the door.
#[inspect_message]
fn inspect_message() {
    if msg_method_name() != "forget" || is_controller(&msg_caller()) {
        accept_message();
    }
}

fn operators_only() -> Result<(), String> {
    if is_controller(&msg_caller()) { Ok(()) } else { Err("operators only".to_owned()) }
}

/// Asks all stations at once.
#[update]
async fn observe() -> Vec<Result<Reading, Refusal>> {
    let stations = memory::setup().stations;
    let seen = join_all(stations.iter().map(|station| observed(station))).await;
    ic_cdk::println!("asked {} stations at once", seen.len());
    seen
}

/// Asks one station after the other.
#[update]
async fn observe_in_turn() -> Vec<Result<Reading, Refusal>> {
    let mut seen = Vec::new();
    for station in memory::setup().stations {
        seen.push(observed(&station).await);
    }
    seen
}

/// Asks for anything, through the transform of that name.
#[update]
async fn look(url: String, transform: String) -> Result<HttpResponse, Refusal> {
    Request { transform, ..Request::get(url, OF_NO_INTEREST) }.send().await
}

/// Sends a text, with a nonce that nobody foresaw, and has a station asked meanwhile.
#[update(guard = "operators_only")]
async fn report(url: String, text: String) -> (Result<HttpResponse, Refusal>, String) {
    let nonce: String = nonce().await.iter().map(|byte| format!("{byte:02x}")).collect();
    let request = Request {
        method: HttpMethod::Post,
        headers: vec![("X-Nonce".to_owned(), nonce.clone())],
        body: text.into_bytes(),
        ..Request::get(url.clone(), OF_NO_INTEREST)
    };
    let (sent, _) = join(request.send(), observed(&url)).await;
    (sent, nonce)
}

/// Asks several observers, who need not agree: of so many, at least and at most so many.
#[update]
async fn poll(url: String, total: u32, least: u32, most: u32) -> Result<Vec<String>, Refusal> {
    poll::observers(url, (total, least, most)).await
}

/// Hangs out a flag, which is done once and not thirteen times.
#[update]
async fn hang_out(url: String, flag: String) -> Result<String, Refusal> {
    poll::put(url, flag).await
}

/// Answers at once, and only then looks.
#[update(manual_reply = true)]
async fn notice(url: String) -> PhantomData<String> {
    if url.is_empty() {
        msg_reject("there is nothing to look at");
        return PhantomData;
    }
    match encode_one("looking") {
        Ok(reply) => msg_reply(reply),
        Err(error) => msg_reject(error.to_string()),
    }
    let _ = observed(&url).await;
    PhantomData
}

/// Falls over when the answer is there. What it did before the outcall stays, what it did after is gone.
#[update]
async fn fall_over(url: String) {
    let _busy = Busy::begin();
    memory::count(1);
    let _ = observed(&url).await;
    memory::count(100);
    ic_cdk::trap("the callback fell over");
}

/// Instructions: until the outcall, of the callback alone, and of both together.
#[update]
async fn measure(url: String) -> (u64, u64, u64) {
    let _ = memory::readings();
    let until = instruction_counter();
    let _ = observed(&url).await;
    (until, instruction_counter(), call_context_instruction_counter())
}

#[update(guard = "operators_only")]
fn forget() {
    memory::forget();
}

#[update(guard = "operators_only")]
fn stop_watching() {
    memory::take_timer().map_or_else(|| ic_cdk::trap("nothing is watched"), ic_cdk_timers::clear_timer);
}

#[query]
fn readings() -> Vec<Reading> {
    memory::readings()
}

#[query]
fn tidy(raw: TransformArgs) -> HttpResponse {
    transform::tidy(raw)
}

#[query]
fn untouched(raw: TransformArgs) -> HttpResponse {
    raw.response
}

/// Takes no answer but 200.
#[query(manual_reply = true)]
fn picky(raw: TransformArgs) -> PhantomData<HttpResponse> {
    transform::picky(raw);
    PhantomData
}

/// What the canister knows of itself.
#[derive(CandidType)]
struct Status {
    me: Principal,
    now_nanos: u64,
    replicated: bool,
    busy: bool,
    counted: u64,
    rescued: u64,
}

#[query]
fn status() -> Status {
    let memory::Counters { busy, counted, rescued } = memory::counters();
    let (me, now_nanos, replicated) = (canister_self(), time(), in_replicated_execution());
    Status { me, now_nanos, replicated, busy, counted, rescued }
}

/// Asks a station, writes down what it says, and certifies it.
async fn observed(station: &str) -> Result<Reading, Refusal> {
    let response = Request::get(station.to_owned(), OF_NO_INTEREST).send().await?;
    let text = String::from_utf8_lossy(&response.body).into_owned();
    certified_data_set(Sha256::digest(&text));
    let reading = Reading { station: station.to_owned(), text, at_nanos: time() };
    memory::write_down(&reading);
    Ok(reading)
}

async fn nonce() -> ByteBuf {
    let drawn = Call::unbounded_wait(Principal::management_canister(), "raw_rand").await;
    match drawn.map(|response| response.candid()) {
        Ok(Ok(bytes)) => bytes,
        other => ic_cdk::trap(format!("no random bytes: {other:?}")),
    }
}

/// Has all stations asked again and again.
fn watch() {
    let seconds = memory::setup().every_seconds;
    if seconds > 0 {
        let every = Duration::from_secs(seconds);
        memory::keep_timer(ic_cdk_timers::set_timer_interval(every, || async {
            if observe().await.is_empty() {
                ic_cdk::trap("there is no station to watch");
            }
        }));
    }
}

ic_cdk::export_candid!();
