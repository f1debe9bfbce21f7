//! One connection: requests in, answers out, one after another.

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::{Answer, Seen, Shared, answer::End};

/// The longest head that is read.
const HEAD_BYTES_MAX: u64 = 128 * 1_024;
/// The longest body that is read: what an outcall may send, and more.
const BODY_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// Until the client leaves, or the script closes the connection.
pub(super) async fn serve(stream: TcpStream, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while let Some(seen) = request(&mut stream, shared).await {
        let method = seen.method.clone();
        let answer = shared.answer(seen);
        if let Some(gate) = &answer.gate {
            gate.pass().await;
        }
        if !written(&mut stream, &answer, &method).await {
            return;
        }
    }
}

/// Whether the connection stays.
async fn written(stream: &mut BufReader<TcpStream>, answer: &Answer, method: &str) -> bool {
    match answer.end {
        End::Whole => stream.write_all(&answer.bytes(method)).await.is_ok(),
        End::CutOff(_) => {
            let _ = stream.write_all(&answer.bytes(method)).await;
            let _ = stream.shutdown().await;
            false
        }
        End::Close => false,
        End::Reset => {
            let _ = stream.get_ref().set_zero_linger();
            false
        }
        End::Never => std::future::pending().await,
    }
}

/// The next request; none when the client has gone, or has said something that is no request.
async fn request(stream: &mut BufReader<TcpStream>, shared: &Shared) -> Option<Seen> {
    let head = head(stream).await?;
    let seen = std::str::from_utf8(&head).ok().and_then(Seen::read);
    let length = seen.as_ref().and_then(Seen::body_bytes).filter(|bytes| *bytes <= BODY_BYTES_MAX);
    let (Some(mut seen), Some(length)) = (seen, length) else {
        let told = String::from_utf8_lossy(&head[..head.len().min(200)]).escape_debug().to_string();
        shared.complain(format!("this is no HTTP/1.1 with a content-length: {told:?}"));
        return None;
    };
    seen.body = vec![0; length];
    stream.read_exact(&mut seen.body).await.ok()?;
    Some(seen)
}

/// All up to the empty line, and that.
async fn head(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut limited = stream.take(HEAD_BYTES_MAX);
    while !head.ends_with(b"\r\n\r\n") {
        if limited.read_until(b'\n', &mut head).await.ok()? == 0 {
            return (head.len() as u64 == HEAD_BYTES_MAX).then_some(head);
        }
    }
    Some(head)
}
