//! From a connection's request to its outcall: what surrounds every answer, and the guards before it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, Uri, request::Parts};
use http_body::Body as HttpBody;
use http_body_util::Full;

use crate::{
    answer::Answer,
    app::App,
    callers::Callers,
    error::Problem,
    log::Line,
    outcall::{self, Asked, Errand},
    receipt::Receipts,
};

mod cors;
mod guard;
pub(crate) mod path;
mod routes;
mod target;
mod tickets;
mod unread;

use cors::Page;
pub(crate) use routes::Routes;
use unread::Unread;

/// Answers one request of a connection. From the outside in:
///
/// 1. it counts as in flight, so that a drain waits for it;
/// 2. it has its line in the log, also when its client leaves before the answer;
/// 3. a panic costs one answer, not the connection with everything else that it carries;
/// 4. nothing of its body is left unread;
/// 5. a page may read it, where the route says so;
/// 6. its outcall.
pub(crate) async fn answer<B>(app: Arc<App>, request: Request<B>) -> Response<Full<Bytes>>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    let _busy = app.activity.busy();
    let method = request.method().clone();
    let line = Line::begin(&method);
    line.unrouted(&app.stats.unrouted);
    let (head, body) = request.into_parts();
    let body = Unread::new(body, &head.headers);
    let in_force = app.in_force();
    let page = Page::of(&in_force.routes, &head);
    let request = Request::from_parts(head, body);
    let answering = async {
        match enter(&in_force.routes, &in_force.callers, &in_force.receipts, request, &line) {
            Ok(asked) => outcall::answer(&app, asked, &line).await,
            Err(answer) => answer,
        }
    };
    let answer = AssertUnwindSafe(answering).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| Problem::Internal.answer(&method));
    line.answered(&answer);
    let mut response = answer.to_response();
    if let Some(page) = page {
        page.let_read(response.headers_mut());
    }
    response
}

/// The guards, in order. None looks at the key or the body, and none remembers anything. An error is the answer: a refusal,
/// that to a page's preflight, which goes no further, or the public keys, which no outcall fetches. They are behind the
/// guards too, or a connection that is to end would go on.
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
    line.route(&served.counts);
    if let Some(preflight) = cors::preflight(&served.route, &head) {
        return Err(preflight);
    }
    let errand = tickets::errand(&served.route, rest, method)?;
    let asker = match &served.route.allow {
        Some(allowed) => Some(callers.asker(&head.headers, allowed).map_err(refuse)?),
        None => None,
    };
    let target = match errand {
        Errand::Call => target::build(&served.route.target, rest, uri.query()).map_err(refuse)?,
        Errand::Poll(_) | Errand::Cancel(_) => Uri::default(),
    };
    Ok(Asked { served: served.clone(), asker, errand, target, head, body })
}
