//! Correct runs for the tests, each of which then corrupts one thing.

use std::{collections::BTreeMap, num::NonZeroU64};

use super::{Audited, ClientLog, Log, RunRecord, Violation};
use hotrow::{
    domain::{Account, Amount, Command, LedgerEntry, OperationId, Policy, UserId},
    scenario::{KeyDistribution, Mix},
    workload::{OperationKey, Request, RequestSequence, RngStream},
};

/// A run without a service: its ledgers and replies are those of a correct service.
#[derive(Clone)]
pub(super) struct Example {
    pub(super) policy: Policy,
    pub(super) accounts: Vec<Account>,
    pub(super) clients: Vec<(RequestSequence, Log)>,
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
    /// Opens each account with 5,000 and lets two clients make `requests` each, alternately.
    pub(super) fn new(users: u64, requests: u64) -> Example {
        let mut example = Example::opened(users, 2);
        (0..requests).for_each(|_| [1, 2].into_iter().for_each(|client| example.request(client)));
        example
    }

    /// Opens accounts with 5,000 each, for clients that have made no request yet.
    pub(super) fn opened(users: u64, clients: u32) -> Example {
        let many = NonZeroU64::new(users).unwrap();
        let sequence = |client| {
            let source = RngStream { seed: 3, block: 0, client };
            RequestSequence::draw(
                source,
                many,
                KeyDistribution::Uniform,
                Mix::new(45, 45, 10).unwrap(),
            )
        };
        let opening = RequestSequence::opening(many, Amount::new(5_000).unwrap());
        let sequences = [opening].into_iter().chain((1..=clients).map(sequence));
        let clients = sequences.map(|sequence| (sequence, Log::default())).collect();
        let accounts = (0..users).map(|_| Account::default()).collect();
        let (policy, ledgers) = (Policy::default(), BTreeMap::new());
        let mut example = Example { policy, accounts, clients, ledgers, clock: 1 };
        (0..users).for_each(|_| example.request(0));
        example
    }

    /// Makes the next request of a client, with the reply that the rules require.
    pub(super) fn request(&mut self, client: usize) {
        self.tick(client);
        self.answer(client);
        self.tick(client);
    }

    /// Stamps a client's log with a new time.
    pub(super) fn tick(&mut self, client: usize) {
        self.clock += 1;
        self.clients[client].1.stamp(self.clock);
    }

    /// Does the same as [`Example::request`] without time stamps.
    pub(super) fn answer(&mut self, client: usize) {
        let (request, reply) = self.take_effect(client);
        let log = &mut self.clients[client].1;
        match (request.action, reply) {
            (None, Ok(account)) => log.read(account),
            (_, Ok(after)) => log.applied(after),
            (_, Err(before)) => log.rejected(before),
        }
    }

    /// Executes the next request of a client, and returns the reply without logging it.
    pub(super) fn take_effect(&mut self, client: usize) -> (Request, Result<Account, Account>) {
        let (sequence, log) = &self.clients[client];
        let number = log.asked();
        let request = sequence.request(number);
        let account = &mut self.accounts[index(request.user)];
        let Some(action) = request.action else { return (request, Ok(*account)) };
        let id = OperationKey { client: client as u64, number }.id();
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

    /// Adds one point to the first reply about a user that a client receives from `number` on.
    pub(super) fn corrupt_reply(&mut self, client: usize, id: u64, number: u64) {
        let (sequence, log) = &mut self.clients[client];
        let is_for_user = |number: &u64| sequence.request(*number).user == user(id);
        let number = (number..log.asked()).find(is_for_user).expect("every user has a request");
        let (outcome, account) = log.reply(number);
        log.replace_reply(number, (outcome, Account { balance: account.balance + 1, ..account }));
    }

    pub(super) fn ledger(&mut self, id: u64) -> &mut Vec<LedgerEntry> {
        self.ledgers.get_mut(&user(id)).unwrap()
    }

    pub(super) fn account(&mut self, id: u64) -> &mut Account {
        &mut self.accounts[index(user(id))]
    }

    /// The next request of a client.
    pub(super) fn next(&self, client: usize) -> Request {
        let (sequence, log) = &self.clients[client];
        sequence.request(log.asked())
    }

    /// Removes the ids from all ledgers, as a store does that has no column for them.
    pub(super) fn without_ids(mut self) -> Example {
        for entry in self.ledgers.values_mut().flatten() {
            entry.receipt.command.id = OperationId::UNRECORDED;
        }
        self
    }

    /// Makes each entry follow from the one before again, and the account from the last, after a
    /// change of the ledger.
    pub(super) fn rebalance(&mut self, id: u64) {
        let mut account = Account::default();
        let policy = self.policy;
        for entry in self.ledger(id) {
            entry.receipt = entry.receipt.command.decide(account, &policy).unwrap();
            account = entry.receipt.after;
        }
        *self.account(id) = account;
    }

    pub(super) fn record(&self) -> RunRecord<'_> {
        let clients = self.clients.iter().map(|(sequence, log)| ClientLog { sequence, log });
        RunRecord {
            policy: self.policy,
            accounts: self.accounts.clone(),
            clients: clients.collect(),
        }
    }

    /// Audits with pages of at most `most` entries.
    pub(super) fn audit_in_pages(&self, most: usize) -> Result<Audited, Violation> {
        self.record().audit(|user, after, limit| {
            let entries = self.ledgers.get(&user).map_or(&[][..], Vec::as_slice);
            let from = usize::try_from(after).unwrap().min(entries.len());
            Ok(entries[from..].iter().take(limit.min(most)).copied().collect())
        })
    }

    pub(super) fn audit(&self) -> Result<Audited, Violation> {
        self.audit_in_pages(super::PAGE_ENTRIES)
    }

    /// The message of the violation that the audit finds.
    pub(super) fn violation_message(&self) -> String {
        self.audit().unwrap_err().to_string()
    }
}
