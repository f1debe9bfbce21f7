//! What reaches the upstream: what the route names, what is injected, and nothing else.

mod body;
mod headers;
mod hosts;
mod redirects;
mod target;
