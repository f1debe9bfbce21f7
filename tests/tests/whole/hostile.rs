//! Inputs that are made to do harm, over real sockets. SECURITY.md lists them: whatever they try, the gateway lives on,
//! reads each in one way or refuses it, and nothing reaches an upstream that should not.

use outcall_tests::replica::Outcall;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::stage::Stage;

mod crowds;
mod frames;
mod http2;
mod smuggling;

/// Bytes on a connection of their own.
struct Attack {
    name: String,
    bytes: Vec<u8>,
}

/// What becomes of a connection: the statuses of its answers, the kinds of those that are the gateway's own errors, and
/// what the upstream was asked, each as `METHOD target body`. Then it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    version: &'static str,
    statuses: Vec<u16>,
    kinds: Vec<String>,
    asked: Vec<String>,
}

/// All of these are asked of the upstream, and answered.
fn served(asked: &[&str]) -> Outcome {
    Outcome {
        version: "HTTP/1.1",
        statuses: vec![200; asked.len()],
        kinds: Vec::new(),
        asked: asked.iter().map(|asked| (*asked).to_owned()).collect(),
    }
}

/// The HTTP library's own refusal; the upstream is asked nothing.
fn refused_bare(status: u16) -> Outcome {
    Outcome { statuses: vec![status], ..served(&[]) }
}

/// The gateway's refusal of this kind; the upstream is asked nothing.
fn refused_with(kind: &str) -> Outcome {
    Outcome { statuses: vec![400], kinds: vec![kind.to_owned()], ..served(&[]) }
}

impl Outcome {
    fn in_http_1_0(self) -> Self {
        Self { version: "HTTP/1.0", ..self }
    }

    /// Reads the answers of a connection.
    fn read(text: &str, version: &'static str, asked: Vec<String>) -> Self {
        let after = |mark: &str| -> Vec<String> {
            let starts = text.match_indices(mark).map(|(at, _)| &text[at + mark.len()..]);
            starts.map(|rest| rest.split([' ', '"']).next().unwrap_or_default().to_owned()).collect()
        };
        let statuses = after(&format!("{version} ")).iter().map(|status| status.parse().unwrap()).collect();
        Self { version, statuses, kinds: after("urn:outcall-gateway:"), asked }
    }
}

impl Attack {
    fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes }
    }

    /// Plays it against a gateway of its own, whose every new key has another answer, and sees that an honest replica
    /// on another connection is served before and after.
    async fn ends_as(self, expected: Outcome) {
        let Self { name, bytes } = self;
        let stage = Stage::varying("").await;
        let honest = Outcall::get("/r/honest");
        let before = stage.send(&honest).await;
        let mut stream = TcpStream::connect(stage.gateway.addr()).await.unwrap();
        stream.write_all(&bytes).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut said = Vec::new();
        let closed = timeout(outcall_tests::replica::REQUEST_TIMEOUT, stream.read_to_end(&mut said)).await;
        let said = String::from_utf8_lossy(&said);
        assert!(closed.is_ok(), "{name}: the connection stays open after {said:?}");
        let asked = stage
            .upstream
            .requests()
            .iter()
            .skip(1)
            .map(|seen| format!("{} {} {}", seen.method, seen.target, seen.text()))
            .collect();
        assert_eq!(Outcome::read(&said, expected.version, asked), expected, "{name}: {said}");
        assert_eq!(stage.send(&honest).await, before, "{name}: an honest replica suffers");
    }
}
