//! What is audited: the accounts, the clients' scripts and logs, and the ledgers, page by page.

use super::Log;
use crate::{
    domain::{Account, OperationId, Policy},
    workload::{Asked, Script},
};

/// Most ledger entries that the auditor asks for at once: 1.2 MB, for each core that audits.
pub const PAGE_ENTRIES: usize = 16_384;

/// What one client asked and was told.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What it asked, in order.
    pub script: Script,
    /// What it was told.
    pub log: Log,
}

/// Everything that must agree with the ledgers.
#[derive(Debug, Clone)]
pub struct Books {
    /// The rules that were in force.
    pub policy: Policy,
    /// What users 1, 2 and so on hold, read after everybody was answered.
    pub accounts: Vec<Account>,
    /// What clients asked and were told; the place in the list is the client of [`Asked`].
    pub sheets: Vec<Sheet>,
}

impl Books {
    /// The request that has this id, with the place of its sheet, if it was made.
    #[inline]
    pub(super) fn request(&self, id: OperationId) -> Option<(Asked, usize, &Sheet)> {
        let asked = Asked::of(id)?;
        let place = usize::try_from(asked.client).ok()?;
        let sheet = self.sheets.get(place)?;
        (asked.number < sheet.log.asked()).then_some((asked, place, sheet))
    }
}
