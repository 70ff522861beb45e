//! What is audited: the accounts, the clients' scripts and logs, and the ledgers, page by page.

use super::Log;
use crate::{
    domain::{Account, Policy},
    workload::Script,
};

/// Most ledger entries that the auditor asks for at once: 1.2 MB, for each core that audits.
pub const PAGE_ENTRIES: usize = 16_384;

/// What one client asked and was told.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// What it asked, in order.
    pub script: &'a Script,
    /// What it was told.
    pub log: &'a Log,
}

/// Everything that must agree with the ledgers.
#[derive(Debug, Clone)]
pub struct Books<'a> {
    /// The rules that were in force.
    pub policy: Policy,
    /// What users 1, 2 and so on hold, read after everybody was answered.
    pub accounts: Vec<Account>,
    /// What clients asked and were told; the place in the list is the client of
    /// [`Asked`](crate::workload::Asked).
    pub sheets: Vec<Sheet<'a>>,
}
