//! The modules that scripts/mutants changes, and those that they import.

pub mod audit;
pub mod domain;
pub mod history;
pub mod workload;
