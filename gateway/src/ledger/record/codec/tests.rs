use http::Method;
use proptest::prelude::*;

use super::*;

fn settlement() -> impl Strategy<Value = Settlement> {
    let header = ("[a-z][a-z0-9-]{0,12}", "[ -~]{0,12}");
    let own = (prop::sample::select(&Problem::ALL[..]), any::<bool>())
        .prop_map(|(problem, head)| problem.answer(if head { &Method::HEAD } else { &Method::POST }));
    let given =
        (200u16..600, prop::collection::vec(header, 0..4), prop::collection::vec(any::<u8>(), 0..200));
    let given = given.prop_map(|(status, headers, body)| {
        let header = |(name, value): (String, String)| {
            (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap())
        };
        let headers = headers.into_iter().map(header).collect();
        Answer::new(&Method::POST, StatusCode::from_u16(status).unwrap(), headers, body.into())
    });
    let life = (0u64..1 << 40, 0u32..1_000_000_000).prop_map(|(secs, nanos)| Duration::new(secs, nanos));
    (prop_oneof![own, given], life, prop::option::of(100u16..600))
        .prop_map(|(answer, life, upstream_status)| Settlement { answer, life, upstream_status })
}

fn request() -> impl Strategy<Value = Request> {
    let names = prop::collection::vec("[a-z][a-z0-9-]{0,12}", 0..4);
    (any::<[u8; 32]>(), names, any::<[u8; 32]>()).prop_map(|(id, names, fingerprint)| Request {
        id: Digest::from_bytes(id),
        names: names.into_iter().map(|name| HeaderName::try_from(name).unwrap()).collect(),
        fingerprint: Fingerprint::from_digest(Digest::from_bytes(fingerprint)),
    })
}

fn time() -> impl Strategy<Value = Timestamp> {
    (1u64..1 << 50).prop_map(Timestamp::from_millis)
}

fn record() -> impl Strategy<Value = Record> {
    (settlement(), request(), time(), time()).prop_map(|(settlement, request, settled, expires)| Record {
        settlement,
        request,
        settled,
        expires,
    })
}

fn claimed() -> impl Strategy<Value = Claimed> {
    let repeat = prop::sample::select(&[Repeat::Never, Repeat::Always, Repeat::SameConfiguration][..]);
    (request(), repeat, any::<[u8; 32]>(), settlement(), prop::option::of(time())).prop_map(
        |(request, repeat, configuration, lost, lost_until)| {
            let configuration = Digest::from_bytes(configuration);
            Claimed { request, repeat, configuration, lost, lost_until }
        },
    )
}

proptest! {
    #[test]
    fn every_part_comes_back_exactly(record in record(), claimed in claimed()) {
        let read = Record::decode(record.request.id, &record.encode()).unwrap();
        prop_assert_eq!(read.settlement.answer.problem(), record.settlement.answer.problem());
        prop_assert_eq!(&read, &record);
        prop_assert_eq!(&Claimed::decode(claimed.request.id, &claimed.encode()).unwrap(), &claimed);
    }

    /// Whatever becomes of the bytes: they are what was written, or they are named as damaged.
    #[test]
    fn a_changed_byte_is_an_error_that_names_the_record(record in record(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = record.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let damaged = Record::decode(record.request.id, &bytes).unwrap_err();
        let named = damaged.to_string();
        prop_assert!(named.contains(&record.request.id.to_string()), "{}", named);
        let expected = if at == 0 { Defect::Version(1 ^ flip) } else { Defect::Checksum };
        prop_assert_eq!(damaged.defect, expected);
    }

    #[test]
    fn what_is_cut_off_or_continued_is_damaged(record in record(), at in any::<prop::sample::Index>()) {
        let mut bytes = record.encode();
        let whole = bytes.len();
        bytes.push(0);
        prop_assert!(Record::decode(record.request.id, &bytes).is_err());
        bytes.truncate(at.index(whole));
        prop_assert!(Record::decode(record.request.id, &bytes).is_err());
    }

    #[test]
    fn a_record_is_not_read_under_another_name_nor_as_a_claim(record in record(), other in any::<[u8; 32]>()) {
        let bytes = record.encode();
        prop_assume!(other != *record.request.id.as_bytes());
        prop_assert_eq!(Record::decode(Digest::from_bytes(other), &bytes).unwrap_err().defect, Defect::Checksum);
        let as_claim = Claimed::decode(record.request.id, &bytes).unwrap_err();
        prop_assert_eq!((as_claim.kind, as_claim.defect), ("claim", Defect::Unknown("kind")));
    }
}

/// A store of an earlier day is read: these bytes must never change their meaning.
#[test]
fn the_bytes_of_a_record_are_these() {
    let request = Request {
        id: Digest::from_bytes([1; 32]),
        names: Arc::new([http::header::ACCEPT]),
        fingerprint: Fingerprint::from_digest(Digest::from_bytes([2; 32])),
    };
    let answer = Answer::new(&Method::POST, StatusCode::OK, Vec::new(), Bytes::from_static(b"{}"));
    let settlement = Settlement { answer, life: Duration::from_millis(1_500), upstream_status: Some(200) };
    let record = request.settled(settlement, Timestamp::from_millis(1_000));
    let hex: String = record.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex, @"0152f23e0f7c02020202020202020202020202020202020202020202020202020202020202020000000000000001000000000000000661636365707400000000000003e800000000000009c40000000000000001000000001dcd650000c800c800000000000000000000000000000001000000000000000e636f6e74656e742d6c656e67746800000000000000013200000000000000027b7d");
}
