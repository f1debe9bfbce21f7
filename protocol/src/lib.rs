//! The pure part of the Outcall Gateway: no IO, no clock, builds for wasm32.
