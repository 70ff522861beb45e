//! Books made by hand, for the tests: right ones, to be made wrong in one place each.

use std::{collections::BTreeMap, num::NonZeroU64};

use super::{Books, Log, Sheet, Violation, tally::index};
use crate::{
    domain::{Account, Amount, Command, LedgerEntry, OperationId, Policy, UserId},
    workload::{Asked, Mix, Request, Script, Source},
};

/// A run that happened in no service: what a sound one would have left.
#[derive(Clone)]
pub(super) struct Example {
    pub(super) books: Books,
    pub(super) ledgers: BTreeMap<UserId, Vec<LedgerEntry>>,
}

pub(super) fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

impl Example {
    /// Opens each account with 5,000 and lets two clients make `requests` each, by turns.
    pub(super) fn of(users: u64, requests: u64) -> Example {
        let many = NonZeroU64::new(users).unwrap();
        let script = |client| {
            let source = Source { seed: 3, block: 0, client };
            Script::draw(source, many, Mix::new(45, 45, 10).unwrap())
        };
        let opening = Script::opening(many, Amount::new(5_000).unwrap());
        let scripts = [opening, script(1), script(2)];
        let sheets = scripts.map(|script| Sheet { script, log: Log::default() }).into();
        let accounts = (0..users).map(|_| Account::default()).collect();
        let books = Books { policy: Policy::default(), accounts, sheets };
        let mut example = Example { books, ledgers: BTreeMap::new() };
        (0..users).for_each(|_| example.ask(0));
        (0..requests).for_each(|_| [1, 2].into_iter().for_each(|client| example.ask(client)));
        example
    }

    /// Has a client make its next request, and answers it as the rules say.
    pub(super) fn ask(&mut self, client: usize) {
        let sheet = &mut self.books.sheets[client];
        let number = sheet.log.asked();
        let request = sheet.script.request(number);
        let account = &mut self.books.accounts[index(request.user)];
        let Some(action) = request.action else { return sheet.log.unchanged() };
        let id = Asked { client: client as u64, number }.id();
        match (Command { id, user: request.user, action }).decide(*account, &self.books.policy) {
            Ok(receipt) => {
                sheet.log.applied(id, receipt.after);
                *account = receipt.after;
                let entry = LedgerEntry { receipt, time_millis: 0 };
                self.ledgers.entry(request.user).or_default().push(entry);
            }
            Err(_) => sheet.log.unchanged(),
        }
    }

    pub(super) fn ledger(&mut self, id: u64) -> &mut Vec<LedgerEntry> {
        self.ledgers.get_mut(&user(id)).unwrap()
    }

    pub(super) fn account(&mut self, id: u64) -> &mut Account {
        &mut self.books.accounts[index(user(id))]
    }

    /// What a client asks next.
    pub(super) fn next(&self, client: usize) -> Request {
        let Sheet { script, log } = &self.books.sheets[client];
        script.request(log.asked())
    }

    /// Takes the ids from all ledgers, as a store that has no column for them.
    pub(super) fn without_ids(mut self) -> Example {
        for entry in self.ledgers.values_mut().flatten() {
            entry.receipt.command.id = OperationId::UNRECORDED;
        }
        self
    }

    /// Makes each entry follow from the one before again, whatever was taken out or put in, and
    /// the account from the last.
    pub(super) fn rebalance(&mut self, id: u64) {
        let mut account = Account::default();
        let policy = self.books.policy;
        for entry in self.ledger(id) {
            entry.receipt = entry.receipt.command.decide(account, &policy).unwrap();
            account = entry.receipt.after;
        }
        *self.account(id) = account;
    }

    /// Audits in pages of `limit`.
    pub(super) fn audit_in_pages(&self, limit: usize) -> Result<u64, Violation> {
        self.books.audit(|user, after| {
            let entries = self.ledgers.get(&user).map_or(&[][..], Vec::as_slice);
            let from = usize::try_from(after).unwrap().min(entries.len());
            Ok(entries[from..].iter().take(limit).copied().collect())
        })
    }

    pub(super) fn audit(&self) -> Result<u64, Violation> {
        self.audit_in_pages(super::PAGE_ENTRIES)
    }

    /// What the audit finds wrong, as it is printed.
    pub(super) fn complaint(&self) -> String {
        self.audit().unwrap_err().to_string()
    }
}
