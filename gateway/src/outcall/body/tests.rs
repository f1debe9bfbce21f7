use std::{convert::Infallible, time::Duration};

use futures_util::{StreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;

use super::*;

/// A body that sends these frames and then neither goes on nor ends.
fn stalled(frames: &[&'static [u8]]) -> impl HttpBody<Data = Bytes> + Unpin + use<> {
    StreamBody::new(frames_of(frames).chain(stream::pending()))
}

/// A body of these frames that does not say how long it is.
fn whole(frames: &[&'static [u8]]) -> impl HttpBody<Data = Bytes> + Unpin + use<> {
    StreamBody::new(frames_of(frames))
}

fn frames_of(
    frames: &[&'static [u8]],
) -> impl futures_util::Stream<Item = Result<Frame<Bytes>, Infallible>> + Unpin + use<> {
    let frames: Vec<_> = frames.iter().map(|frame| Ok(Frame::data(Bytes::from_static(frame)))).collect();
    stream::iter(frames)
}

fn refusal(read: Result<Body, Problem>) -> Option<Problem> {
    read.err()
}

/// Takes all the room but for so many bytes.
fn all_but(bodies: &Bodies, bytes: usize) -> OwnedSemaphorePermit {
    let taken = u32::try_from(limits::BODIES_BYTES_MAX - bytes).unwrap();
    bodies.0.clone().try_acquire_many_owned(taken).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_finds_no_room_waits_until_there_is_some() {
    let bodies = Bodies::new();
    let others = all_but(&bodies, 4);
    let started = Instant::now();
    let wait = limits::REQUEST_BODY_TIMEOUT - Duration::from_secs(1);
    let leave = async {
        tokio::time::sleep(wait).await;
        drop(others);
    };
    let (read, ()) = tokio::join!(bodies.read(whole(&[b"5 I", b"CP"])), leave);
    assert_eq!(read.ok().unwrap().bytes(), "5 ICP");
    assert_eq!(started.elapsed(), wait);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_finds_no_room_in_time_is_refused_and_keeps_none() {
    let bodies = Bodies::new();
    let others = all_but(&bodies, 4);
    let started = Instant::now();
    assert_eq!(refusal(bodies.read(whole(&[b"5 I", b"CP"])).await), Some(Problem::BodiesFull));
    assert_eq!(started.elapsed(), limits::REQUEST_BODY_TIMEOUT);
    assert_eq!(bodies.free(), 4);
    drop(others);
    assert_eq!(bodies.free(), limits::BODIES_BYTES_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_body_without_bytes_needs_no_room() {
    let bodies = Bodies::new();
    let _others = all_but(&bodies, 0);
    for frames in [vec![], vec![b"".as_slice()]] {
        assert!(bodies.read(whole(&frames)).await.ok().unwrap().bytes().is_empty(), "{frames:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_incomplete_and_keeps_no_room() {
    for frames in [vec![], vec![b"5 I".as_slice()]] {
        let bodies = Bodies::new();
        let started = Instant::now();
        assert_eq!(refusal(bodies.read(stalled(&frames)).await), Some(Problem::BodyIncomplete), "{frames:?}");
        assert_eq!(started.elapsed(), limits::REQUEST_BODY_TIMEOUT);
        assert_eq!(bodies.free(), limits::BODIES_BYTES_MAX, "{frames:?}");
    }
}

/// Its deadline is one for the whole body: who sends a little now and then gets no more time.
#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_incomplete() {
    let started = Instant::now();
    let trickling = stream::unfold((), async |()| {
        tokio::time::sleep(limits::REQUEST_BODY_TIMEOUT / 4).await;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"."))), ()))
    });
    let read = Bodies::new().read(StreamBody::new(Box::pin(trickling))).await;
    assert_eq!(refusal(read), Some(Problem::BodyIncomplete));
    assert_eq!(started.elapsed(), limits::REQUEST_BODY_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_incomplete() {
    let broken = frames_of(&[b"5 I"]).map(|frame| frame.map_err(|never| match never {}));
    let broken = broken.chain(stream::iter([Err("the connection ended")]));
    let bodies = Bodies::new();
    assert_eq!(refusal(bodies.read(StreamBody::new(broken)).await), Some(Problem::BodyIncomplete));
    assert_eq!(bodies.free(), limits::BODIES_BYTES_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_too_large_by_one_byte_whether_it_says_so_or_not() {
    static BYTES: [u8; limits::REQUEST_BODY_BYTES_MAX + 1] = [b'a'; limits::REQUEST_BODY_BYTES_MAX + 1];
    let (largest, one_more) = BYTES.split_at(limits::REQUEST_BODY_BYTES_MAX);
    let bodies = Bodies::new();
    assert_eq!(bodies.read(whole(&[largest])).await.ok().unwrap().bytes(), largest);
    assert_eq!(refusal(bodies.read(whole(&[largest, one_more])).await), Some(Problem::BodyTooLarge));
    let announced = http_body_util::Full::new(Bytes::from_static(&BYTES));
    assert_eq!(refusal(bodies.read(announced).await), Some(Problem::BodyTooLarge));
    assert_eq!(bodies.free(), limits::BODIES_BYTES_MAX);
}

#[tokio::test]
async fn the_room_of_a_body_is_free_again_when_its_last_clone_is_gone() {
    let bodies = Bodies::new();
    let body = bodies.read(whole(&[b"5 I", b"CP"])).await.ok().unwrap();
    let clone = body.clone();
    assert_eq!(bodies.free(), limits::BODIES_BYTES_MAX - 5);
    drop(body);
    assert_eq!(bodies.free(), limits::BODIES_BYTES_MAX - 5);
    drop(clone);
    assert_eq!(bodies.free(), limits::BODIES_BYTES_MAX);
}

#[test]
fn neither_shortage_nor_half_a_body_says_that_nothing_was_executed() {
    use crate::error::Executed;
    for (problem, status, executed) in [
        (Problem::BodiesFull, 503, Executed::Unknown),
        (Problem::BodyIncomplete, 400, Executed::Unknown),
        (Problem::BodyTooLarge, 413, Executed::No),
    ] {
        let facts = problem.facts();
        assert_eq!((facts.status.as_u16(), facts.executed), (status, executed), "{problem:?}");
    }
}
