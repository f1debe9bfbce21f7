//! What an answer looks like: the same bytes for everybody, and nothing in them that is not the upstream's or ours.

mod coding;
mod framing;
mod headers;
mod problems;
mod shape;
