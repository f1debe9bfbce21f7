//! What a request below a route is there for: to call the upstream, or, on a route that gives out tickets, to ask about
//! one.

use http::{HeaderValue, Method};
use outcall_protocol::ticket::TicketPath;

use super::guard;
use crate::{answer::Answer, config::Route, error::Problem, outcall::Errand};

/// `rest` is what the path has beyond its route. What is not spelled as a ticket is nobody's.
pub(super) fn errand(route: &Route, rest: &str, method: &Method) -> Result<Errand, Answer> {
    let path = route.respond_async.and_then(|rules| Some((rules, TicketPath::parse(rest)?)));
    let Some((rules, path)) = path else {
        return guard::method_of_route(method, route).map(|()| Errand::Call);
    };
    let unknown = || Problem::TicketUnknown.answer(method);
    match path {
        TicketPath::Poll(ticket) => {
            only(&Method::GET, method)?;
            ticket.map(Errand::Poll).ok_or_else(unknown)
        }
        TicketPath::Cancel(_) if !rules.cancel => Err(Problem::NoRoute.answer(method)),
        TicketPath::Cancel(ticket) => {
            only(&Method::POST, method)?;
            ticket.map(Errand::Cancel).ok_or_else(unknown)
        }
    }
}

fn only(served: &'static Method, method: &Method) -> Result<(), Answer> {
    let allow = || HeaderValue::from_static(served.as_str());
    if method == served { Ok(()) } else { Err(Problem::method_not_allowed(method, allow())) }
}
