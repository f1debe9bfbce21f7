//! From a connection's request to its outcall: what surrounds every answer, and the guards before it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, Uri, request::Parts};
use http_body::Body as HttpBody;
use http_body_util::Full;

use crate::{answer::Answer, app::App, error::Problem, log::Line, outcall};

mod guard;
pub(crate) mod path;
mod routes;
mod target;

pub(crate) use routes::{Routes, Served};

/// Answers one request of a connection. From the outside in:
///
/// 1. it counts as in flight, so that a drain waits for it;
/// 2. it has its line in the log, also when its client leaves before the answer;
/// 3. a panic costs one answer, not the connection with everything else that it carries;
/// 4. its outcall.
pub(crate) async fn answer<B>(app: Arc<App>, request: Request<B>) -> Response<Full<Bytes>>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let _busy = app.activity.busy();
    let method = request.method().clone();
    let line = Line::begin(&method);
    let outcall = AssertUnwindSafe(outcall::answer(&app, request, &line)).catch_unwind();
    let answer = outcall.await.unwrap_or_else(|_| Problem::Internal.answer(&method));
    line.answered(&answer);
    answer.to_response()
}

/// A request that passed the guards: which route serves it, and where it goes.
pub(crate) struct Entered {
    pub(crate) served: Arc<Served>,
    pub(crate) target: Uri,
}

/// The guards, in order. None looks at the key or the body, and none remembers anything.
pub(crate) fn enter(routes: &Routes, parts: &Parts) -> Result<Entered, Answer> {
    let Parts { method, uri, .. } = parts;
    let refuse = |problem: Problem| problem.answer(method);
    guard::method_of_gateway(method)?;
    guard::origin_form(parts).map_err(refuse)?;
    guard::url_length(uri).map_err(refuse)?;
    guard::header_block(&parts.headers).map_err(refuse)?;
    guard::path(uri).map_err(refuse)?;
    let (served, rest) = routes.find(uri.path()).ok_or_else(|| refuse(Problem::NoRoute))?;
    guard::method_of_route(method, &served.route)?;
    let target = target::build(&served.route.target, rest, uri.query()).map_err(refuse)?;
    Ok(Entered { served: served.clone(), target })
}
