//! The ways in: TLS, HTTP/2, HTTP/1.1 with kept connections, HTTP/1.0, IPv6 and IPv4. The answer is the same on all.

mod clear;
mod network;
mod tls;
