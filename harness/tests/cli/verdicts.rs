//! What is said of rounds that were played, and the exit status.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::io::{AsyncBufReadExt, BufReader};

use super::{ASKER, Canister, Command, Server, Stdio, command, get, report::Page};

#[tokio::test]
async fn an_agreement_is_told_with_its_reply_and_the_status_is_0() {
    let server = Server::answering(|_| "x-price: 4\r\n\r\n4.23".to_owned()).await;
    let ran =
        Canister::new(ASKER).round(&["--call", "ask", "--args", &get(&server.url()), "--seed", "7"]).await;
    assert_eq!((ran.code, ran.error().as_str()), (Some(0), ""), "{ran:?}");
    assert_eq!(server.hits(), 13);
    let lines = ran.lines();
    assert_eq!(lines[0], "round 1 of 1: seed 7, skew up to 20ms");
    assert_eq!(lines[1], format!("outcall 0: GET {}", server.url()));
    assert!(lines[2].starts_with("  agreed: 13 replicas, "), "{ran:?}");
    assert_eq!(lines[3], "  13 of 13 nodes, 13 requests: AAAAAAAAAAAAA");
    assert!(
        lines[4].starts_with("  cycles: ") && lines[4].contains("price version 1; 30,000,000,000 attached")
    );
    assert!(ran.stdout.contains("\nask replied (\n  record {\n"), "{ran:?}");
    assert!(ran.stdout.contains(r#"= blob "4.23";"#), "{ran:?}");
    let end = lines.last().unwrap();
    assert!(end.starts_with("1 round, 1 outcall: 1 agreed; 13 requests sent; "), "{end}");
    assert!(end.ends_with(" cycles. Again: --seed 7"), "{end}");
}

#[tokio::test]
async fn a_divergence_names_the_difference_and_the_status_is_1() {
    let server = Server::answering(|number| format!("date: {}\r\n\r\n4.23", number % 2)).await;
    let ran = Canister::new(ASKER).round(&["--call", "ask", "--args", &get(&server.url())]).await;
    assert_eq!((ran.code, ran.error().as_str()), (Some(1), ""), "{ran:?}");
    assert_eq!(ran.lines()[2], r#"  diverged: header date: "0" in 7 replicas, "1" in 6"#);
    assert!(
        ran.stdout.contains("\nask was rejected: CanisterReject: No consensus could be reached."),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("\n1 round, 1 outcall: 1 diverged; 1 call rejected; 13 requests sent; "),
        "{ran:?}"
    );
}

#[tokio::test]
async fn a_flexible_outcall_gathers_or_fails_with_a_reply_and_the_status_says_which() {
    let server = Server::answering(|number| format!("\r\n{number:02}")).await;
    let method = ["--call", "ask_flexibly", "--args", &get(&server.url())];
    let ran = Canister::new(ASKER).round(&method).await;
    assert_eq!((ran.code, ran.error().as_str()), (Some(0), ""), "{ran:?}");
    let first = format!("outcall 0, flexible, 9 to 13 of 13 responses wanted: GET {}", server.url());
    assert_eq!(ran.lines()[1], first);
    assert!(ran.lines()[2].starts_with("  gathered: 13 responses, "), "{ran:?}");
    assert!(ran.stdout.contains("\n1 round, 1 outcall: 1 gathered; 13 requests sent; "), "{ran:?}");

    let silent = [&method[..], &["--silent", "0,1,2,3,4"]].concat();
    let ran = Canister::new(ASKER).round(&silent).await;
    assert_eq!((ran.code, ran.error().as_str()), (Some(1), ""), "{ran:?}");
    assert_eq!(ran.lines()[2], "  failed: Flexible HTTP request timed out");
    assert!(ran.stdout.contains("\nask_flexibly replied "), "{ran:?}");
    assert!(ran.stdout.contains("\n1 round, 1 outcall: 1 failed; 1 Err; 8 requests sent; "), "{ran:?}");
}

#[tokio::test]
async fn every_round_has_a_schedule_of_its_own_and_one_bad_round_decides_the_status() {
    // The third round's answers differ.
    let server = Server::answering(|number| {
        let varies = if (10..15).contains(&number) { number } else { 0 };
        format!("\r\n{varies}")
    })
    .await;
    let arguments =
        ["--call", "ask", "--args", &get(&server.url()), "-n", "4", "--rounds", "4", "--seed", "5"];
    let schedule = ["--skew", "1ms", "--resend", "1", "--late", "2", "--silent", "3,9", "-n", "10"];
    let ran = Canister::new(ASKER).round(&arguments).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for (number, seed) in [(1, 5), (2, 6), (3, 7), (4, 8)] {
        assert!(
            ran.stdout.contains(&format!("round {number} of 4: seed {seed}, skew up to 20ms\n")),
            "{ran:?}"
        );
    }
    assert!(
        ran.stdout
            .contains("\n4 rounds, 4 outcalls: 2 agreed, 2 diverged; 2 calls rejected; 16 requests sent; "),
        "{ran:?}"
    );

    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let arguments = ["--call", "ask", "--args", &get(&server.url()), "--seed", "5"];
    let ran = Canister::new(ASKER).round(&[&arguments[..], &schedule].concat()).await;
    assert_eq!((ran.code, server.hits()), (Some(0), 9), "{ran:?}");
    assert!(
        ran.stdout
            .starts_with("round 1 of 1: seed 5, skew up to 1ms, again: {1}, late: {2}, silent: {3, 9}\n"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("\n  8 of 10 nodes, 9 requests: AAA·AAAAA·a\n"), "{ran:?}");
}

#[tokio::test]
async fn rounds_times_seeds_begin_anew_with_each_seed() {
    // A canister that answers with how often it was asked.
    let counting = r#"(module
        (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
        (import "ic0" "msg_reply" (func $reply))
        (memory 1) (data (i32.const 0) "DIDL\00\01\7b")
        (func (export "canister_update count")
            (i32.store8 (i32.const 7) (i32.add (i32.load8_u (i32.const 7)) (i32.const 1)))
            (call $append (i32.const 0) (i32.const 8)) (call $reply)))"#;
    let canister = Canister::new(counting);
    let play = ["--call", "count", "--seed", "100", "--rounds", "2"];
    let counts = |stdout: &str| {
        let replies = stdout.lines().filter_map(|line| line.strip_prefix("count replied "));
        replies.map(|reply| reply.chars().find(char::is_ascii_digit).unwrap()).collect::<String>()
    };
    let ran = canister.round(&[&play[..], &["--seeds", "2"]].concat()).await;
    assert_eq!(counts(&ran.stdout), "1212", "{ran:?}");
    for (number, seed) in [(1, 100), (2, 101), (3, 102), (4, 103)] {
        let name = format!("round {number} of 4: seed {seed}, skew up to 20ms\n");
        assert!(ran.stdout.contains(&name), "{name} is missing: {ran:?}");
    }
    assert!(
        ran.stdout.ends_with("\n4 rounds, no outcall; no request sent; 0 cycles. Again: --seed 100\n"),
        "{ran:?}"
    );
    // In a log, a line for each round, without a bar.
    assert!(ran.stderr.contains("\n… 0 of 4: the first is played\n"), "{ran:?}");
    assert!(!ran.stderr.contains('█') && !ran.stderr.contains('\r'), "{ran:?}");
    let ran = canister.round(&play).await;
    assert_eq!(counts(&ran.stdout), "12", "the control: {ran:?}");
}

/// A server that answers so many requests, and keeps the others waiting.
async fn answering_first(requests: usize) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, seen) = (format!("http://{}/", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while let Ok(byte) = stream.read_u8().await {
                    bytes.push(byte);
                    if bytes.ends_with(b"\r\n\r\n") && seen.fetch_add(1, Ordering::SeqCst) < requests {
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                    }
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn an_interruption_tells_what_was_played_until_then() {
    let (canister, page) = (Canister::new(ASKER), Page::new());
    let args = get(&answering_first(13).await);
    let play = ["round", "--wasm", canister.path(), "--call", "ask", "--args", &args, "--seed", "7"];
    let mut command = command(&[&play[..], &["--rounds", "5", "--report", page.path()]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    // It hangs in the second round, and says so before.
    while !told.last().is_some_and(|line: &String| line.starts_with("round 2 of 5")) {
        told.push(lines.next_line().await.unwrap().expect("it ended by itself"));
    }
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    while let Some(line) = lines.next_line().await.unwrap() {
        told.push(line);
    }
    let status = child.wait().await.unwrap();
    let end = told.last().unwrap();
    assert!(end.starts_with("1 round, 1 outcall: 1 agreed; 13 requests sent; "), "{told:?}");
    assert!(
        end.ends_with(
            " cycles. Interrupted in round 2 of 5; what it had sent is not counted. Again: --seed 7"
        ),
        "{told:?}"
    );
    assert_eq!(status.code(), Some(130), "{told:?}");
    let html = std::fs::read_to_string(page.path()).unwrap();
    assert_eq!(html.matches("<section id=").count(), 1, "{html}");
}

#[tokio::test]
async fn too_few_replicas_time_out_and_nobody_waits_for_it() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let arguments = ["--call", "ask", "--args", &get(&server.url()), "--silent", "0,1,2,3,4"];
    let ran = Canister::new(ASKER).round(&arguments).await;
    assert_eq!((ran.code, ran.lines()[2]), (Some(1), "  timed out"), "{ran:?}");
    assert!(
        ran.stdout.contains("\n1 round, 1 outcall: 1 timed out; 1 call rejected; 8 requests sent; "),
        "{ran:?}"
    );
}

#[tokio::test]
async fn an_outcall_without_its_cycles_is_rejected_and_the_status_is_1() {
    let ran =
        Canister::new(ASKER).round(&["--call", "ask_poorly", "--args", &get("http://127.0.0.1:1/")]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.lines()[2].starts_with(
            "  rejected before anything was sent: CanisterReject: http_request request sent with 7 cycles"
        ),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("\n1 round, 1 outcall: 1 rejected; 1 call rejected; no request sent; 0 cycles."),
        "{ran:?}"
    );
}

#[tokio::test]
async fn cycles_that_are_not_there_are_not_sent() {
    let arguments = ["--call", "ask", "--args", &get("http://127.0.0.1:1/"), "--cycles", "1_000"];
    let ran = Canister::new(ASKER).round(&arguments).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("1000 are left, 30000000000 were to be sent"), "{ran:?}");
}

#[tokio::test]
async fn a_canister_that_makes_no_outcall_is_told_so_and_the_status_is_1() {
    let ran = Canister::new(ASKER)
        .round(&["--call", "unchanged", "--args", r#"("hello", 42)"#, "--seed", "1"])
        .await;
    assert_eq!((ran.code, ran.error().as_str()), (Some(1), ""), "{ran:?}");
    let said = "round 1 of 1: seed 1, skew up to 20ms\nunchanged made no outcall\nunchanged replied (\"hello\", 42 : int)\n\n\
                1 round, no outcall; no request sent; 0 cycles. Again: --seed 1\n";
    assert_eq!(ran.stdout, said);
}

#[tokio::test]
async fn a_canister_that_traps_after_an_agreement_is_no_success() {
    let answer = "(call $append (i32.const 2097152) (call $arg_size)) (call $reply))";
    assert!(ASKER.contains(answer));
    let trapping = Canister::new(&ASKER.replace(answer, "unreachable)"));
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let ran = trapping.round(&["--call", "ask", "--args", &get(&server.url())]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("\nask was rejected: CanisterError: Error from Canister "), "{ran:?}");
    assert!(
        ran.stdout.contains("\n1 round, 1 outcall: 1 agreed; 1 call rejected; 13 requests sent; "),
        "{ran:?}"
    );
}
