//! Histories drawn by chance: legal ones are accepted, and of changed ones what all pairs say.

use std::env;

use fastrand::Rng;

use super::all_pairs::is_right;
use crate::{
    audit::{examples::Example, log::Outcome, witness},
    domain::{Account, Action, Amount, Bounds, Command, LedgerEntry, OperationId, Policy, UserId},
    history::{History, Ledger, Operation, Reply},
};

/// Histories of one test. `HOTROW_FUZZ` asks for other numbers of them.
fn rounds() -> u64 {
    env::var("HOTROW_FUZZ").ok().and_then(|asked| asked.parse().ok()).unwrap_or(60_000)
}

/// A run in one thread: clients take steps by turns that are drawn, and each operation takes effect
/// at one moment between its call and its return.
struct Run<'a> {
    rng: &'a mut Rng,
    history: History,
    now: u64,
    /// What each client is about: which operation, and whether it has taken effect.
    clients: Vec<Option<(usize, bool)>>,
    /// Operations that nobody waits for any more, and that may still take effect.
    left: Vec<usize>,
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
        let mut run = Run { rng, history, now: 1, clients, left: Vec::new() };
        while run.history.operations.len() < operations || run.clients.iter().any(Option::is_some) {
            run.step(operations);
        }
        run.history
    }

    fn step(&mut self, operations: usize) {
        self.now += self.rng.u64(0..=2);
        if !self.left.is_empty() && self.rng.u8(..4) == 0 {
            let late = self.rng.usize(..self.left.len());
            let late = self.left.swap_remove(late);
            self.take_effect(late);
        }
        let client = self.rng.usize(..self.clients.len());
        match self.clients[client] {
            None if self.history.operations.len() < operations => self.call(client),
            None => {}
            Some((index, done)) if self.rng.u8(..12) == 0 => {
                self.history.operations[index].reply = Reply::Unknown;
                self.clients[client] = None;
                if !done {
                    self.left.push(index);
                }
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
        let reply = Reply::Unknown;
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

/// Who was answered before another asked; of one client also where the clock stood still.
fn precedes(history: &History) -> impl Fn(usize, usize) -> bool {
    |first, second| {
        let (first, second) = (&history.operations[first], &history.operations[second]);
        let same_client = first.client == second.client;
        let told_apart = match second.reply {
            Reply::Unknown => first.called != second.called,
            _ => (first.called, first.returned) != (second.called, second.returned),
        };
        first.reply != Reply::Unknown
            && (first.returned < second.called
                || same_client && told_apart && first.returned <= second.called)
    }
}

fn agree(history: &History, seed: u64) -> bool {
    let (found, right) = (witness(history), is_right(history, precedes(history)));
    assert_eq!(found.is_ok(), right, "seed {seed}: {found:?} of {history:#?}");
    right
}

/// What is right must be accepted, whatever the turns and whoever is cut off.
#[test]
fn legal_histories_are_accepted() {
    for seed in 0..rounds() {
        let mut rng = Rng::with_seed(seed);
        let history = Run::draw(&mut rng);
        assert!(agree(&history, seed), "seed {seed}: {:?} of {history:#?}", witness(&history));
        assert!(agree(&without_ids(history), seed), "seed {seed}");
    }
}

/// One thing or two are changed; the witness and all pairs must say the same, and often that it is
/// wrong.
#[test]
fn changed_histories_are_judged_as_all_pairs_are() {
    let mut wrong = 0;
    for seed in 0..rounds() {
        let mut rng = Rng::with_seed(!seed);
        let mut history = Run::draw(&mut rng);
        for _ in 0..rng.u8(1..=2) {
            change(&mut history, &mut rng);
        }
        wrong += u64::from(!agree(&history, seed));
        agree(&without_ids(history), seed);
    }
    assert!(wrong > rounds() / 3, "only {wrong} were wrong");
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
    let one = history.operations[at];
    let ledger = rng.usize(..history.ledgers.len());
    let entries = history.ledgers[ledger].entries.len();
    match rng.u8(..14) {
        0 => tell(history, at, |account| account.version += 1),
        1 => tell(history, at, |account| account.version = account.version.saturating_sub(1)),
        2 => tell(history, at, |account| account.balance += 1),
        3 if one.reply != Reply::Unknown && history.operations[other].reply != Reply::Unknown => {
            history.operations[at].reply = history.operations[other].reply;
            history.operations[other].reply = one.reply;
        }
        // A stale read, or one of the future: a version that was there, at another time.
        4 | 5 => {
            let ledger = history.ledgers.iter().find(|ledger| ledger.user == one.user).unwrap();
            let version = rng.usize(..=ledger.entries.len());
            let account = match version {
                0 => Account::default(),
                _ => ledger.entries[version - 1].receipt.after,
            };
            tell(history, at, |told| *told = account);
        }
        6 => history.operations[at].reply = Reply::Unknown,
        // Times that are narrower than they were.
        7..=9 if one.reply != Reply::Unknown => {
            let moment = rng.u64(one.called..=one.returned);
            history.operations[at].called = moment;
            history.operations[at].returned = rng.u64(moment..=one.returned);
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
        _ => {}
    }
}

fn tell(history: &mut History, at: usize, change: impl Fn(&mut Account)) {
    match &mut history.operations[at].reply {
        Reply::Applied(account) | Reply::Refused(account) | Reply::Read(account) => change(account),
        Reply::Unknown => {}
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

/// A measured run drawn as above, with stamps as coarse as chance has them, and then with one reply
/// changed. What all pairs say of it is said of the intervals between stamps and of each client's
/// own order.
#[test]
fn logs_with_coarse_stamps_are_judged_as_all_pairs_are() {
    let mut wrong = 0;
    for seed in 0..rounds() / 4 {
        let mut rng = Rng::with_seed(seed << 1);
        let mut example = coarse(&mut rng);
        assert!(example.audit().is_ok(), "seed {seed}: {:?}", example.audit());
        let client = rng.usize(1..example.sheets.len());
        let log = &example.sheets[client].1;
        if log.asked() > 0 {
            let number = rng.u64(..log.asked());
            let (outcome, mut told) = log.reply(number);
            match rng.u8(..3) {
                0 => told.version += 1,
                1 => told.version = told.version.saturating_sub(1),
                _ => {
                    let user = example.sheets[client].0.request(number).user;
                    let entries = &example.ledgers[&user];
                    told = entries[rng.usize(..entries.len())].receipt.after;
                }
            }
            let changed = if outcome == Outcome::Unknown { Account::default() } else { told };
            example.sheets[client].1.misread(number, (outcome, changed));
        }
        for example in [example.clone(), example.without_ids()] {
            let right = all_pairs_of(&example);
            let found = example.audit();
            assert_eq!(found.is_ok(), right, "seed {seed}: {found:?}");
            wrong += u64::from(!right);
        }
    }
    assert!(wrong > rounds() / 16, "only {wrong} were wrong");
}

fn coarse(rng: &mut Rng) -> Example {
    let mut example = Example::opened(rng.u64(1..=3), 3);
    let requests = rng.u64(1..=6);
    // What a client was told and has not taken yet.
    let mut told: Vec<Option<Result<Account, Account>>> = vec![None; 4];
    let mut under_way = [false; 4];
    while (1..4).any(|client| example.sheets[client].1.asked() < requests) {
        example.clock += rng.u64(0..=1);
        let client = rng.usize(1..4);
        let asked = example.sheets[client].1.asked();
        if !under_way[client] {
            if rng.u8(..3) == 0 {
                let clock = example.clock;
                example.sheets[client].1.stamp(clock);
            }
            under_way[client] = asked < requests;
        } else if let Some(reply) = told[client].take() {
            let read = example.next(client).action.is_none();
            let log = &mut example.sheets[client].1;
            match reply {
                _ if rng.u8(..12) == 0 => log.unknown(),
                Ok(account) if read => log.read(account),
                Ok(after) => log.applied(after),
                Err(before) => log.refused(before),
            }
            under_way[client] = false;
        } else {
            told[client] = Some(example.take_effect(client).1);
        }
    }
    example
}

fn all_pairs_of(example: &Example) -> bool {
    let books = example.books();
    let (mut operations, mut numbers) = (Vec::new(), Vec::new());
    for (client, sheet) in (0..).zip(&books.sheets) {
        operations.extend(sheet.operations(client));
        numbers.extend(0..sheet.log.asked());
    }
    let ledgers = example.ledgers.iter().map(|(&user, entries)| {
        let account = example.accounts[usize::try_from(user.value() - 1).unwrap()];
        Ledger { user, account, entries: entries.clone() }
    });
    let history = History { policy: example.policy, operations, ledgers: ledgers.collect() };
    let precedes = |first: usize, second: usize| {
        let (one, two) = (&history.operations[first], &history.operations[second]);
        let in_turn = one.client == two.client && numbers[first] < numbers[second];
        one.reply != Reply::Unknown && (one.returned < two.called || in_turn)
    };
    is_right(&history, precedes)
}
