//! One call out, one answer for every replica.
