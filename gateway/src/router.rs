//! From a connection's request to its outcall: what surrounds every answer, and the guards before it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, request::Parts};
use http_body::Body as HttpBody;
use http_body_util::Full;

use crate::{
    answer::Answer,
    app::App,
    callers::Callers,
    error::Problem,
    log::Line,
    outcall::{self, Asked},
    receipt::Receipts,
};

mod guard;
pub(crate) mod path;
mod routes;
mod target;
mod unread;

pub(crate) use routes::Routes;
use unread::Unread;

/// Answers one request of a connection. From the outside in:
///
/// 1. it counts as in flight, so that a drain waits for it;
/// 2. it has its line in the log, also when its client leaves before the answer;
/// 3. a panic costs one answer, not the connection with everything else that it carries;
/// 4. nothing of its body is left unread;
/// 5. its outcall.
pub(crate) async fn answer<B>(app: Arc<App>, request: Request<B>) -> Response<Full<Bytes>>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    let _busy = app.activity.busy();
    let method = request.method().clone();
    let line = Line::begin(&method);
    let (head, body) = request.into_parts();
    let body = Unread::new(body, &head.headers);
    let request = Request::from_parts(head, body);
    let answering = async {
        match enter(&app.routes, &app.callers, &app.receipts, request, &line) {
            Ok(asked) => outcall::answer(&app, asked, &line).await,
            Err(answer) => answer,
        }
    };
    let answer = AssertUnwindSafe(answering).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| Problem::Internal.answer(&method));
    line.answered(&answer);
    answer.to_response()
}

/// The guards, in order. None looks at the key or the body, and none remembers anything. An error is the answer: a refusal,
/// or the public keys, which no outcall fetches. They are behind the guards too, or a connection that is to end would go on.
pub(crate) fn enter<B>(
    routes: &Routes,
    callers: &Callers,
    receipts: &Receipts,
    request: Request<B>,
    line: &Line,
) -> Result<Asked<B>, Answer> {
    let (head, body) = request.into_parts();
    let Parts { method, uri, .. } = &head;
    let refuse = |problem: Problem| problem.answer(method);
    guard::method_of_gateway(method)?;
    guard::transfer_coding(&head)?;
    guard::host(&head).map_err(refuse)?;
    guard::origin_form(&head).map_err(refuse)?;
    guard::url_length(uri).map_err(refuse)?;
    guard::header_block(&head.headers).map_err(refuse)?;
    guard::path(uri).map_err(refuse)?;
    if let Some(keys) = receipts.published(method, uri) {
        return Err(keys);
    }
    let (served, rest) = routes.find(uri.path()).ok_or_else(|| refuse(Problem::NoRoute))?;
    line.route(&served.route.path);
    guard::method_of_route(method, &served.route)?;
    let asker = match &served.route.allow {
        Some(allowed) => Some(callers.asker(&head.headers, allowed).map_err(refuse)?),
        None => None,
    };
    let target = target::build(&served.route.target, rest, uri.query()).map_err(refuse)?;
    Ok(Asked { served: served.clone(), asker, target, head, body })
}
