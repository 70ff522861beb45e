//! The tables beside `measurements.csv` that other commands write: memory and checks.

use serde::{Deserialize, Serialize};

/// Memory of a strategy, as counted by an allocator. `results/SCHEMA.md` documents each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct MemoryRow {
    pub schema: u32,
    pub run: String,
    pub store: String,
    pub strategy: String,
    pub users: u64,
    pub receipts: u64,
    pub live_bytes: u64,
}

/// The check of one property of one strategy. `results/SCHEMA.md` documents each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct CheckRow {
    pub schema: u32,
    pub run: String,
    pub store: String,
    pub strategy: String,
    pub linearizable: bool,
    pub property: String,
    pub trials: u64,
    pub violations: u64,
    pub violation: String,
    #[serde(default)]
    pub store_type: String,
}
