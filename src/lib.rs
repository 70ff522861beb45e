//! Compares ways to make read-decide-write safe on a contended row.

pub mod stats;
