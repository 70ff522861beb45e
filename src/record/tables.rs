//! The tables beside `rounds.csv`, which other commands write: memory, and what was proved.

use serde::{Deserialize, Serialize};

/// What strategies cost in memory, as an allocator counted it. `results/SCHEMA.md` says what each
/// column means.
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

/// Whether a strategy keeps a property. `results/SCHEMA.md` says what each column means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct CheckRow {
    pub schema: u32,
    pub run: String,
    pub store: String,
    pub strategy: String,
    pub sound: bool,
    pub property: String,
    pub trials: u64,
    pub broken: u64,
    pub violation: String,
}
