//! Which requests are in a ledger, as far as the ledgers can tell.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{
    Books, Sheet, Violation, log,
    tally::{Tally, index},
};
use crate::domain::{Fault, LedgerEntry, OperationId, UserId};

/// What the ledgers have shown so far, shared by the threads of an audit.
pub(super) struct Seen {
    /// For each sheet a bit for each of its requests that is in a ledger. Empty if the ledgers
    /// record no ids.
    sheets: Vec<Box<[AtomicU64]>>,
    /// For each user what was acknowledged, if the ledgers record no ids.
    told: Vec<Tally>,
}

impl Seen {
    /// Finds out from the first entry of all whether the ledgers record ids.
    pub(super) fn new<P>(books: &Books, page: &P) -> Result<Seen, Violation>
    where
        P: Fn(UserId, u64) -> Result<Vec<LedgerEntry>, Fault>,
    {
        let bits = |sheet: &Sheet| sheet.log.words().map(|_| AtomicU64::new(0)).collect();
        for index in 0..books.accounts.len() {
            let user = UserId::new(index as u64 + 1).expect("fewer than 2^63 accounts");
            let entries = page(user, 0).map_err(|fault| Violation::unread(user, fault))?;
            let Some(first) = entries.first() else { continue };
            if first.receipt.command.id == OperationId::UNRECORDED {
                let told = Tally::of_users(books.accounts.len(), &books.sheets);
                return Ok(Seen { sheets: Vec::new(), told });
            }
            break;
        }
        Ok(Seen { sheets: books.sheets.iter().map(bits).collect(), told: Vec::new() })
    }

    #[inline]
    pub(super) fn records_ids(&self) -> bool {
        self.told.is_empty()
    }

    /// What was acknowledged for `user`, if that is all that can be known.
    pub(super) fn told(&self, user: UserId) -> Option<&Tally> {
        self.told.get(index(user))
    }

    /// The marks of 64 requests of a sheet, the first in the lowest bit.
    pub(super) fn word(&self, sheet: usize, word: usize) -> u64 {
        self.sheets[sheet][word].load(Ordering::Relaxed)
    }

    /// Marks request `number` of a sheet as being in a ledger, and says whether it was already.
    #[inline]
    pub(super) fn mark(&self, sheet: usize, number: u64) -> bool {
        let (word, bit) = log::place(number);
        // Relaxed: a request is of one user, so one thread asks for its bit. The threads are joined
        // before anybody looks at all of them.
        self.sheets[sheet][word].fetch_or(bit, Ordering::Relaxed) & bit != 0
    }
}
