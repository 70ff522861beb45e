//! Compares ways to make read-decide-write safe on a contended row.

pub mod audit;
pub mod cli;
pub mod clock;
pub mod database;
pub mod domain;
pub mod engine;
pub mod record;
pub mod registry;
pub mod report;
#[cfg(test)]
mod scratch;
pub mod service;
pub mod stats;
pub mod store;
pub mod strategy;
pub mod workload;
