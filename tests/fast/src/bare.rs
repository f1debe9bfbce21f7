//! The limit: a hyper server that reads each request whole and gives it the same finished answer, and does nothing else.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, body::Incoming, header::CONTENT_TYPE, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::message;

/// Serves answers with a body of so many bytes, until it is dropped.
pub(crate) async fn serve(listener: TcpListener, body_bytes: usize) {
    let body = Bytes::from(message::body(body_bytes));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(converse(stream, body.clone()));
    }
}

async fn converse(stream: TcpStream, body: Bytes) {
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request: Request<Incoming>| {
        let body = body.clone();
        async move {
            let _ = request.into_body().collect().await;
            let mut response = Response::new(Full::new(body));
            response.headers_mut().insert(CONTENT_TYPE, JSON);
            Ok::<_, Infallible>(response)
        }
    });
    // As the gateway: no date, since two answers must not differ.
    let _ =
        http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), answer).await;
}

const JSON: hyper::header::HeaderValue = hyper::header::HeaderValue::from_static("application/json");
