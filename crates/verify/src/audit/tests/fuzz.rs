//! Random histories: legal ones pass, and corrupted ones get the verdict of the all-pairs check.

use std::env;

use fastrand::Rng;

use super::all_pairs::is_linearizable;
use crate::{
    audit::{audit_history, examples::Example},
    history::{History, Ledger, Operation, Reply},
};
use hotrow::domain::{
    Account, Action, Amount, Bounds, Command, LedgerEntry, OperationId, Policy, UserId,
};

/// The number of histories of one test, which `HOTROW_FUZZ` can change.
fn histories() -> u64 {
    env::var("HOTROW_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(60_000)
}

/// A run in one thread: clients take steps in random order, and each operation takes effect at one
/// moment between its call and its return.
struct Run<'a> {
    rng: &'a mut Rng,
    history: History,
    now: u64,
    /// The pending operation of each client, and whether it has taken effect.
    clients: Vec<Option<(usize, bool)>>,
    /// Operations that their clients gave up, and that may still take effect.
    abandoned: Vec<usize>,
}

impl Run<'_> {
    fn draw(rng: &mut Rng) -> History {
        let bounds = Bounds { balance_max: rng.u64(3..12), ..Bounds::default() };
        let policy = Policy::new(bounds).unwrap();
        let (clients, users) = (rng.usize(1..=4), rng.u64(1..=2));
        let account = Account::default();
        let ledger = |id| Ledger { user: UserId::new(id).unwrap(), account, entries: Vec::new() };
        let ledgers = (1..=users).map(ledger).collect();
        let history = History { policy, operations: Vec::new(), ledgers };
        let clients = vec![None; clients];
        let operations = rng.usize(1..=10);
        let mut run = Run { rng, history, now: 1, clients, abandoned: Vec::new() };
        while run.history.operations.len() < operations || run.clients.iter().any(Option::is_some) {
            run.step(operations);
        }
        run.history
    }

    fn step(&mut self, operations: usize) {
        self.now += self.rng.u64(0..=2);
        if !self.abandoned.is_empty() && self.rng.u8(..4) == 0 {
            let late = self.rng.usize(..self.abandoned.len());
            let late = self.abandoned.swap_remove(late);
            self.take_effect(late);
        }
        let client = self.rng.usize(..self.clients.len());
        match self.clients[client] {
            None if self.history.operations.len() < operations => self.call(client),
            None => {}
            Some((index, done)) if self.rng.u8(..12) == 0 => {
                self.history.operations[index].reply = Reply::Indeterminate;
                self.clients[client] = None;
                if !done {
                    self.abandoned.push(index);
                }
            }
            Some((index, false))
                if self.history.operations[index].action.is_some() && self.rng.u8(..12) == 0 =>
            {
                self.history.operations[index].reply = Reply::NotApplied;
                self.clients[client] = Some((index, true));
            }
            Some((index, false)) => {
                self.history.operations[index].reply = self.take_effect(index);
                self.clients[client] = Some((index, true));
            }
            Some((index, true)) => {
                self.history.operations[index].returned = self.now;
                self.clients[client] = None;
            }
        }
    }

    fn call(&mut self, client: usize) {
        let amount = Amount::new(self.rng.u64(1..=4)).unwrap();
        let action = match self.rng.u8(..3) {
            0 => None,
            1 => Some(Action::Use(amount)),
            _ => Some(Action::Charge(amount)),
        };
        let index = self.history.operations.len();
        let id = OperationId(action.map_or(0, |_| index as u64 + 1));
        let user = self.history.ledgers[self.rng.usize(..self.history.ledgers.len())].user;
        let (client_id, called) = (client as u64, self.now);
        let reply = Reply::Indeterminate;
        self.history.operations.push(Operation {
            client: client_id,
            id,
            user,
            action,
            called,
            returned: 0,
            reply,
        });
        self.clients[client] = Some((index, false));
    }

    fn take_effect(&mut self, index: usize) -> Reply {
        let Operation { id, user, action, .. } = self.history.operations[index];
        let policy = self.history.policy;
        let ledger = self.history.ledgers.iter_mut().find(|ledger| ledger.user == user).unwrap();
        let Some(action) = action else { return Reply::Read(ledger.account) };
        match (Command { id, user, action }).decide(ledger.account, &policy) {
            Ok(receipt) => {
                ledger.account = receipt.after;
                ledger.entries.push(LedgerEntry { receipt, time_millis: 0 });
                Reply::Applied(receipt.after)
            }
            Err(rejection) => Reply::Refused(rejection.before),
        }
    }
}

/// The order of real time; within one client also where its clock stood still.
fn precedes(history: &History) -> impl Fn(usize, usize) -> bool {
    |first, second| {
        let (first, second) = (&history.operations[first], &history.operations[second]);
        let same_client = first.client == second.client;
        let differ = match second.reply {
            Reply::Indeterminate => first.called != second.called,
            _ => (first.called, first.returned) != (second.called, second.returned),
        };
        first.reply != Reply::Indeterminate
            && (first.returned < second.called
                || same_client && differ && first.returned <= second.called)
    }
}

fn agree(history: &History, seed: u64) -> bool {
    let (found, expected) = (audit_history(history), is_linearizable(history, precedes(history)));
    assert_eq!(found.is_ok(), expected, "seed {seed}: {found:?} of {history:#?}");
    expected
}

/// A legal history must pass, whatever the order of steps and whichever client gives up.
#[test]
fn legal_histories_are_accepted() {
    for seed in 0..histories() {
        let mut rng = Rng::with_seed(seed);
        let history = Run::draw(&mut rng);
        assert!(
            agree(&history, seed),
            "seed {seed}: {:?} of {history:#?}",
            audit_history(&history)
        );
        assert!(agree(&without_ids(history), seed), "seed {seed}");
    }
}

/// One or two corruptions: the sweep and the all-pairs check must agree, and many histories must be
/// wrong.
#[test]
fn corrupted_histories_get_the_verdict_of_all_pairs() {
    let mut wrong = 0;
    for seed in 0..histories() {
        let mut rng = Rng::with_seed(!seed);
        let mut history = Run::draw(&mut rng);
        for _ in 0..rng.u8(1..=2) {
            change(&mut history, &mut rng);
        }
        wrong += u64::from(!agree(&history, seed));
        agree(&without_ids(history), seed);
    }
    assert!(wrong > histories() / 3, "only {wrong} were wrong");
}

fn without_ids(mut history: History) -> History {
    for entry in history.ledgers.iter_mut().flat_map(|ledger| &mut ledger.entries) {
        entry.receipt.command.id = OperationId::UNRECORDED;
    }
    history
}

fn change(history: &mut History, rng: &mut Rng) {
    let at = rng.usize(..history.operations.len());
    let other = rng.usize(..history.operations.len());
    let operation = history.operations[at];
    let ledger = rng.usize(..history.ledgers.len());
    let entries = history.ledgers[ledger].entries.len();
    match rng.u8(..15) {
        0 => change_reply(history, at, |account| account.version += 1),
        1 => {
            change_reply(history, at, |account| account.version = account.version.saturating_sub(1))
        }
        2 => change_reply(history, at, |account| account.balance += 1),
        3 if operation.reply != Reply::Indeterminate
            && history.operations[other].reply != Reply::Indeterminate =>
        {
            history.operations[at].reply = history.operations[other].reply;
            history.operations[other].reply = operation.reply;
        }
        // A version of the ledger from another time, earlier or later.
        4 | 5 => {
            let ledger =
                history.ledgers.iter().find(|ledger| ledger.user == operation.user).unwrap();
            let version = rng.usize(..=ledger.entries.len());
            let account = match version {
                0 => Account::default(),
                _ => ledger.entries[version - 1].receipt.after,
            };
            change_reply(history, at, |reply| *reply = account);
        }
        6 => history.operations[at].reply = Reply::Indeterminate,
        // A shorter interval.
        7..=9 if operation.reply != Reply::Indeterminate => {
            let moment = rng.u64(operation.called..=operation.returned);
            history.operations[at].called = moment;
            history.operations[at].returned = rng.u64(moment..=operation.returned);
        }
        10 if entries > 0 => {
            history.ledgers[ledger].entries.pop();
            rebalance(history, ledger);
        }
        11 if entries > 1 => {
            history.ledgers[ledger].entries.swap(entries - 1, entries - 2);
            rebalance(history, ledger);
        }
        12 if entries > 0 => {
            let entry = history.ledgers[ledger].entries[rng.usize(..entries)];
            history.ledgers[ledger].entries.push(entry);
            rebalance(history, ledger);
        }
        13 => history.ledgers[ledger].account.balance += 1,
        14 if operation.action.is_some() => {
            history.operations[at].reply = Reply::NotApplied;
            history.operations[at].returned = operation.returned.max(operation.called);
        }
        _ => {}
    }
}

fn change_reply(history: &mut History, at: usize, change: impl Fn(&mut Account)) {
    match &mut history.operations[at].reply {
        Reply::Applied(account) | Reply::Refused(account) | Reply::Read(account) => change(account),
        Reply::NotApplied | Reply::Indeterminate => {}
    }
}

/// Makes entries follow from each other again where the rules allow it.
fn rebalance(history: &mut History, ledger: usize) {
    let (policy, ledger) = (history.policy, &mut history.ledgers[ledger]);
    let mut account = Account::default();
    for entry in &mut ledger.entries {
        let Ok(receipt) = entry.receipt.command.decide(account, &policy) else { return };
        entry.receipt = receipt;
        account = receipt.after;
    }
    ledger.account = account;
}

/// A random run as above, first with coarse stamps at random times, then with one reply changed.
/// The all-pairs check uses the intervals between stamps and the program order of each client.
#[test]
fn logs_with_coarse_stamps_get_the_verdict_of_all_pairs() {
    let mut wrong = 0;
    for seed in 0..histories() / 4 {
        let mut rng = Rng::with_seed(seed << 1);
        let mut example = coarse(&mut rng);
        assert!(example.audit().is_ok(), "seed {seed}: {:?}", example.audit());
        let client = rng.usize(1..example.clients.len());
        let log = &example.clients[client].1;
        if log.asked() > 0 {
            let number = rng.u64(..log.asked());
            let (outcome, mut account) = log.reply(number);
            match rng.u8(..3) {
                0 => account.version += 1,
                1 => account.version = account.version.saturating_sub(1),
                _ => {
                    let user = example.clients[client].0.request(number).user;
                    let entries = &example.ledgers[&user];
                    account = entries[rng.usize(..entries.len())].receipt.after;
                }
            }
            let changed = if outcome.has_account() { account } else { Account::default() };
            example.clients[client].1.replace_reply(number, (outcome, changed));
        }
        for example in [example.clone(), example.without_ids()] {
            let expected = all_pairs_allow(&example);
            let found = example.audit();
            assert_eq!(found.is_ok(), expected, "seed {seed}: {found:?}");
            wrong += u64::from(!expected);
        }
    }
    assert!(wrong > histories() / 16, "only {wrong} were wrong");
}

fn coarse(rng: &mut Rng) -> Example {
    let mut example = Example::opened(rng.u64(1..=3), 3);
    let requests = rng.u64(1..=6);
    // The reply that a client has not yet received.
    let mut replies: Vec<Option<Result<Account, Account>>> = vec![None; 4];
    let mut pending = [false; 4];
    while (1..4).any(|client| example.clients[client].1.asked() < requests) {
        example.clock += rng.u64(0..=1);
        let client = rng.usize(1..4);
        let made = example.clients[client].1.asked();
        if !pending[client] {
            if rng.u8(..3) == 0 {
                let clock = example.clock;
                example.clients[client].1.stamp(clock);
            }
            pending[client] = made < requests;
        } else if let Some(reply) = replies[client].take() {
            let read = example.next(client).action.is_none();
            let log = &mut example.clients[client].1;
            match reply {
                _ if rng.u8(..12) == 0 => log.indeterminate(),
                Ok(account) if read => log.read(account),
                Ok(after) => log.applied(after),
                Err(before) => log.rejected(before),
            }
            pending[client] = false;
        } else if rng.u8(..16) == 0 && example.next(client).action.is_some() {
            example.clients[client].1.not_applied();
            pending[client] = false;
        } else {
            replies[client] = Some(example.take_effect(client).1);
        }
    }
    example
}

fn all_pairs_allow(example: &Example) -> bool {
    let record = example.record();
    let (mut operations, mut numbers) = (Vec::new(), Vec::new());
    for (client, client_log) in (0..).zip(&record.clients) {
        operations.extend(client_log.operations(client));
        numbers.extend(0..client_log.log.asked());
    }
    let ledgers = example.ledgers.iter().map(|(&user, entries)| {
        let account = example.accounts[usize::try_from(user.value() - 1).unwrap()];
        Ledger { user, account, entries: entries.clone() }
    });
    let history = History { policy: example.policy, operations, ledgers: ledgers.collect() };
    let precedes = |first: usize, second: usize| {
        let in_program_order = numbers[first] < numbers[second];
        let (first, second) = (&history.operations[first], &history.operations[second]);
        let in_program_order = first.client == second.client && in_program_order;
        first.reply != Reply::Indeterminate && (first.returned < second.called || in_program_order)
    };
    is_linearizable(&history, precedes)
}
