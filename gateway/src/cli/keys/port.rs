//! The way to an admin port: one request on one connection, over plain HTTP, as the port speaks it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use super::super::AdminPort;
use crate::{
    admin::{
        CHANGES,
        keys::{Forget, Refusal},
    },
    limits,
};

/// An admin port, and what opens it.
pub(super) struct Port {
    /// Host and port.
    authority: String,
    token: Option<HeaderValue>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("the admin port cannot be asked: {0}")]
    Away(String),
    #[error("the admin port says {0}: {1}")]
    Refused(StatusCode, String),
    #[error("the admin port says what this version does not understand: {0}")]
    Gibberish(String),
    #[error("{0}")]
    Unconfirmed(String),
}

/// Said to whoever does not say which gateway he means.
const NOWHERE: &str = "found no admin port, expected --admin ADDR, or OUTCALL_ADMIN: the address that the gateway was started with as --admin, such as 127.0.0.1:9090";

impl Failed {
    pub(super) fn gibberish(error: impl std::fmt::Display) -> Self {
        Self::Gibberish(error.to_string())
    }
}

impl Port {
    /// The port at this address.
    ///
    /// # Errors
    /// With what to say to whoever wrote it.
    pub(super) fn new(port: &AdminPort) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected an address with its port, such as 127.0.0.1:9090, or http://gateway.internal:9090";
        let admin = port.admin.as_deref().ok_or(NOWHERE)?;
        let written = admin.strip_prefix("http://").unwrap_or(admin).trim_end_matches('/');
        let uri: Uri = format!("http://{written}/").parse().map_err(|_| format!("--admin: {EXPECTED}"))?;
        let authority = uri.authority().filter(|it| it.port_u16().is_some() && !it.as_str().contains('@'));
        let authority = authority.filter(|_| uri.path() == "/").ok_or(format!("--admin: {EXPECTED}"))?;
        let token = port.admin_token.as_ref().map(|token| {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| "--admin-token: expected visible ASCII characters".to_owned())?;
            value.set_sensitive(true);
            Ok::<_, String>(value)
        });
        let authority = match authority.host().trim_matches(['[', ']']).parse::<IpAddr>() {
            // What a gateway listens on, where it listens on all addresses.
            Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => {
                format!("127.0.0.1:{}", authority.port_u16().unwrap_or_default())
            }
            Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => {
                format!("[::1]:{}", authority.port_u16().unwrap_or_default())
            }
            _ => authority.to_string(),
        };
        Ok(Self { authority, token: token.transpose()? })
    }

    pub(super) async fn get(&self, path: &str) -> Result<String, Failed> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    pub(super) async fn post(&self, path: &str, forget: &Forget) -> Result<String, Failed> {
        let body = serde_json::to_vec(forget).map_err(Failed::gibberish)?;
        self.ask(Method::POST, path, body.into()).await
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<String, Failed> {
        let away = |error: &dyn std::fmt::Display| Failed::Away(format!("{}: {error}", self.authority));
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.authority);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        request = request.header(CHANGES, "keys").header(CONTENT_TYPE, "application/json");
        let request = request.body(Full::new(body)).map_err(|error| away(&error))?;
        let asking = async {
            let stream = TcpStream::connect(&self.authority).await.map_err(|error| away(&error))?;
            let (mut sender, connection) =
                http1::handshake(TokioIo::new(stream)).await.map_err(|error| away(&error))?;
            tokio::spawn(connection);
            let (head, body) = sender.send_request(request).await.map_err(|error| away(&error))?.into_parts();
            let body = Limited::new(body, limits::ADMIN_ANSWER_BYTES_MAX).collect().await;
            Ok((head.status, body.map_err(|error| away(&error))?.to_bytes()))
        };
        let (status, body) = timeout(limits::ADMIN_TIMEOUT * 2, asking)
            .await
            .unwrap_or_else(|_| Err(away(&"it took too long")))?;
        let text = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() {
            return Ok(text);
        }
        let why = serde_json::from_str(&text).map_or(text, |refusal: Refusal| refusal.error);
        Err(Failed::Refused(status, why.trim_end().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(admin: &str) -> Result<String, String> {
        let port = AdminPort { admin: Some(admin.to_owned()), admin_token: None, json: false };
        Port::new(&port).map(|port| port.authority)
    }

    #[test]
    fn a_port_is_an_address_or_a_url() {
        for (written, expected) in [
            ("127.0.0.1:9090", "127.0.0.1:9090"),
            ("http://gateway.internal:9090/", "gateway.internal:9090"),
            ("[::1]:9090", "[::1]:9090"),
            ("[::]:9090", "[::1]:9090"),
            ("0.0.0.0:9090", "127.0.0.1:9090"),
        ] {
            assert_eq!(port(written).as_deref(), Ok(expected), "{written}");
        }
        for wrong in
            ["", "gateway", "https://gateway:9090", "gateway:9090/path", "user@gateway:9090", "a b:1", ":::"]
        {
            assert!(port(wrong).is_err(), "{wrong}");
        }
    }
}
