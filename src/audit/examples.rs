//! Books made by hand, for the tests: right ones, to be made wrong in one place each.

use std::{collections::BTreeMap, num::NonZeroU64};

use super::{Books, Examined, Log, Sheet, Violation};
use crate::{
    domain::{Account, Amount, Command, LedgerEntry, OperationId, Policy, UserId},
    workload::{Asked, Keys, Mix, Request, Script, Source},
};

/// A run that happened in no service: what a sound one would have left.
#[derive(Clone)]
pub(super) struct Example {
    pub(super) policy: Policy,
    pub(super) accounts: Vec<Account>,
    pub(super) sheets: Vec<(Script, Log)>,
    pub(super) ledgers: BTreeMap<UserId, Vec<LedgerEntry>>,
    pub(super) clock: u64,
}

pub(super) fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

fn index(user: UserId) -> usize {
    usize::try_from(user.value() - 1).unwrap()
}

impl Example {
    /// Opens each account with 5,000 and lets two clients make `requests` each, by turns.
    pub(super) fn of(users: u64, requests: u64) -> Example {
        let mut example = Example::opened(users, 2);
        (0..requests).for_each(|_| [1, 2].into_iter().for_each(|client| example.ask(client)));
        example
    }

    /// Accounts with 5,000 each, and clients who have asked for nothing yet.
    pub(super) fn opened(users: u64, clients: u32) -> Example {
        let many = NonZeroU64::new(users).unwrap();
        let script = |client| {
            let source = Source { seed: 3, block: 0, client };
            Script::draw(source, many, Keys::Uniform, Mix::new(45, 45, 10).unwrap())
        };
        let opening = Script::opening(many, Amount::new(5_000).unwrap());
        let scripts = [opening].into_iter().chain((1..=clients).map(script));
        let sheets = scripts.map(|script| (script, Log::default())).collect();
        let accounts = (0..users).map(|_| Account::default()).collect();
        let (policy, ledgers) = (Policy::default(), BTreeMap::new());
        let mut example = Example { policy, accounts, sheets, ledgers, clock: 1 };
        (0..users).for_each(|_| example.ask(0));
        example
    }

    /// Has a client make its next request, and answers it as the rules say.
    pub(super) fn ask(&mut self, client: usize) {
        self.tick(client);
        self.answer(client);
        self.tick(client);
    }

    /// Stamps a client's log with a new time.
    pub(super) fn tick(&mut self, client: usize) {
        self.clock += 1;
        self.sheets[client].1.stamp(self.clock);
    }

    /// As [`Example::ask`], and the time is not noted.
    pub(super) fn answer(&mut self, client: usize) {
        let (request, told) = self.take_effect(client);
        let log = &mut self.sheets[client].1;
        match (request.action, told) {
            (None, Ok(account)) => log.read(account),
            (_, Ok(after)) => log.applied(after),
            (_, Err(before)) => log.refused(before),
        }
    }

    /// Does what a client asks next, and gives what is to be told of it.
    pub(super) fn take_effect(&mut self, client: usize) -> (Request, Result<Account, Account>) {
        let (script, log) = &self.sheets[client];
        let number = log.asked();
        let request = script.request(number);
        let account = &mut self.accounts[index(request.user)];
        let Some(action) = request.action else { return (request, Ok(*account)) };
        let id = Asked { client: client as u64, number }.id();
        match (Command { id, user: request.user, action }).decide(*account, &self.policy) {
            Ok(receipt) => {
                *account = receipt.after;
                let entry = LedgerEntry { receipt, time_millis: 0 };
                self.ledgers.entry(request.user).or_default().push(entry);
                (request, Ok(receipt.after))
            }
            Err(rejection) => (request, Err(rejection.before)),
        }
    }

    /// Tells a client a point too much at its first request for a user from `number` on.
    pub(super) fn mislead(&mut self, client: usize, id: u64, number: u64) {
        let (script, log) = &mut self.sheets[client];
        let told_of_user = |number: &u64| script.request(*number).user == user(id);
        let number = (number..log.asked()).find(told_of_user).expect("everybody is asked about");
        let (outcome, told) = log.reply(number);
        log.misread(number, (outcome, Account { balance: told.balance + 1, ..told }));
    }

    pub(super) fn ledger(&mut self, id: u64) -> &mut Vec<LedgerEntry> {
        self.ledgers.get_mut(&user(id)).unwrap()
    }

    pub(super) fn account(&mut self, id: u64) -> &mut Account {
        &mut self.accounts[index(user(id))]
    }

    /// What a client asks next.
    pub(super) fn next(&self, client: usize) -> Request {
        let (script, log) = &self.sheets[client];
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
        let policy = self.policy;
        for entry in self.ledger(id) {
            entry.receipt = entry.receipt.command.decide(account, &policy).unwrap();
            account = entry.receipt.after;
        }
        *self.account(id) = account;
    }

    pub(super) fn books(&self) -> Books<'_> {
        let sheets = self.sheets.iter().map(|(script, log)| Sheet { script, log });
        Books { policy: self.policy, accounts: self.accounts.clone(), sheets: sheets.collect() }
    }

    /// Audits in pages of at most `most`.
    pub(super) fn audit_in_pages(&self, most: usize) -> Result<Examined, Violation> {
        self.books().audit(|user, after, limit| {
            let entries = self.ledgers.get(&user).map_or(&[][..], Vec::as_slice);
            let from = usize::try_from(after).unwrap().min(entries.len());
            Ok(entries[from..].iter().take(limit.min(most)).copied().collect())
        })
    }

    pub(super) fn audit(&self) -> Result<Examined, Violation> {
        self.audit_in_pages(super::PAGE_ENTRIES)
    }

    /// What the audit finds wrong, as it is printed.
    pub(super) fn complaint(&self) -> String {
        self.audit().unwrap_err().to_string()
    }
}
