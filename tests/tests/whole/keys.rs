//! The key is who an outcall is: how it is spelled, what it may be reused for, what the upstream sees of it.

mod reused;
mod scope;
mod spelling;
mod upstream;
