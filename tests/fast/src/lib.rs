//! How fast the gateway is, beside a bare server and nginx, and what guards its speed. `docs/benchmarks.md` says how to read it.
//!
//! ```text
//! suite          the benchmark: which parts, at what length
//!   part           one question each
//!     contender      who is measured: gateway, bare server, nginx; processes of their own
//!       role           this program again, as the bare server or the upstream
//!         bare           the limit: a hyper server that does nothing but answer
//!         upstream       one fixed answer after a fixed time
//!     load           the replicas
//!       message        what is sent, and when an answer is whole
//!     usage          what processes use, as the kernel counts it
//!   finding        figures, their median, and what is promised of it
//!   result         JSON for programs, a chart for people
//!
//! instructions   the regression guard: instructions per answer, counted by callgrind
//! ```

mod bare;
mod contender;
mod finding;
pub mod instructions;
mod load;
mod message;
mod part;
mod result;
mod role;
pub mod suite;
mod upstream;
mod usage;
