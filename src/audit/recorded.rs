//! A recorded history as the sweep takes it: any clients, exact times.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use super::{
    Examined,
    log::Outcome,
    sweep::{Seen, Source, Sweep, Terms},
    violation::Violation,
};
use crate::{
    domain::{Account, Fault, LedgerEntry, OperationId, UserId},
    history::{History, Ledger, Operation, Reply},
};

/// Holds a recorded history against its ledgers, and says how much was examined.
///
/// A user who has no ledger has an empty one, unless no ledger was recorded at all: then only what
/// needs none is held against each other, which is the order of versions in real time. A ledger that
/// is there a second time is what was found when it was asked for once more, and must be the same.
///
/// # Errors
/// [`Violation`] with the first thing in time that is wrong. A history without one is linearizable
/// in the order of its ledgers.
pub fn witness(history: &History) -> Result<Examined, Violation> {
    Recorded::of(history).sweep().map_err(|violation| *violation)
}

/// A history, put in order.
struct Recorded<'a> {
    history: &'a History,
    /// Everybody who has operations or a ledger, in order.
    users: Vec<UserId>,
    /// Of each user the first and the second ledger, if there are any.
    ledgers: Vec<[Option<&'a Ledger>; 2]>,
    /// Operations by call.
    calls: Vec<Call>,
    lanes: usize,
}

/// Which operation, whose and of which pair of client and user.
#[derive(Clone, Copy)]
struct Call {
    index: u32,
    row: u32,
    lane: u32,
}

impl<'a> Recorded<'a> {
    fn of(history: &'a History) -> Recorded<'a> {
        let mut users: Vec<UserId> = history.operations.iter().map(|one| one.user).collect();
        users.extend(history.ledgers.iter().map(|ledger| ledger.user));
        users.sort_unstable();
        users.dedup();
        let mut ledgers = vec![[None; 2]; users.len()];
        for ledger in &history.ledgers {
            let [first, second] = &mut ledgers[row_of(&users, ledger.user)];
            let place = if first.is_none() { first } else { second };
            *place = Some(ledger);
        }
        let (calls, lanes) = calls(history, &users);
        Recorded { history, users, ledgers, calls, lanes }
    }

    fn sweep(&self) -> Result<Examined, Box<Violation>> {
        let page = |user: UserId, after: u64, limit: usize| Ok(self.page(user, after, limit));
        let written = self.history.ledgers.iter().find_map(|ledger| ledger.entries.first());
        let ids = written.is_none_or(|entry| entry.receipt.command.id != OperationId::UNRECORDED);
        let ledgers = !self.history.ledgers.is_empty();
        let terms = Terms { policy: self.history.policy, ids, ledgers, page: super::PAGE_ENTRIES };
        let users = self.users.iter().copied();
        let mut sweep = Sweep::new(self, &page, terms, users, self.lanes);
        self.pass(&mut sweep)?;
        let entries = sweep.end(|row| self.account(row))?;
        self.ledgers.iter().try_for_each(late)?;
        Ok(Examined { operations: sweep.operations(), entries })
    }

    /// Goes through calls and returns in the order of time, calls first.
    fn pass<P>(&self, sweep: &mut Sweep<'_, Self, P>) -> Result<(), Box<Violation>>
    where
        P: Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault>,
    {
        let mut under_way = BinaryHeap::new();
        for (place, call) in self.calls.iter().enumerate() {
            let operation = &self.history.operations[call.index as usize];
            while let Some(&Reverse((returned, earlier))) = under_way.peek()
                && returned < operation.called
            {
                under_way.pop();
                sweep.returned(&self.seen(self.calls[earlier]))?;
            }
            sweep.called(&self.seen(*call))?;
            if operation.reply != Reply::Unknown {
                under_way.push(Reverse((operation.returned, place)));
            }
        }
        while let Some(Reverse((_, place))) = under_way.pop() {
            sweep.returned(&self.seen(self.calls[place]))?;
        }
        Ok(())
    }

    #[inline]
    fn seen(&self, call: Call) -> Seen {
        let operation = &self.history.operations[call.index as usize];
        let (outcome, account) = match operation.reply {
            Reply::Applied(account) => (Outcome::Applied, account),
            Reply::Refused(account) => (Outcome::Refused, account),
            Reply::Read(account) => (Outcome::Read, account),
            Reply::Unknown => (Outcome::Unknown, Account::default()),
        };
        Seen {
            who: u64::from(call.index),
            row: call.row as usize,
            lane: call.lane as usize,
            id: operation.id,
            action: operation.action,
            outcome,
            account,
        }
    }

    fn page(&self, user: UserId, after: u64, limit: usize) -> Vec<LedgerEntry> {
        let Some(ledger) = self.ledgers[row_of(&self.users, user)][0] else { return Vec::new() };
        let from = usize::try_from(after).unwrap_or(usize::MAX).min(ledger.entries.len());
        ledger.entries[from..].iter().take(limit).copied().collect()
    }

    fn account(&self, row: usize) -> Account {
        self.ledgers[row][0].map_or_else(Account::default, |ledger| ledger.account)
    }
}

impl Source for Recorded<'_> {
    fn operation(&self, who: u64) -> Operation {
        self.history.operations[usize::try_from(who).expect("it is an index")]
    }

    fn find(&self, id: OperationId) -> Option<Operation> {
        let commands = self.history.operations.iter().filter(|one| one.action.is_some());
        commands.copied().find(|one| one.id == id)
    }

    fn in_turn(&self, first: u64, second: u64) -> bool {
        self.operation(first).returned <= self.operation(second).called
    }
}

fn row_of(users: &[UserId], user: UserId) -> usize {
    users.binary_search(&user).expect("everybody in the history is among its users")
}

/// Operations by call. Where a client's clock stood still it is not known which came first, so the
/// one with the earlier place did, and before it the one of which nobody knows.
fn calls(history: &History, users: &[UserId]) -> (Vec<Call>, usize) {
    let mut lanes: HashMap<(u64, u32), u32> = HashMap::new();
    let mut calls: Vec<Call> = Vec::with_capacity(history.operations.len());
    for (index, operation) in history.operations.iter().enumerate() {
        let row = small(row_of(users, operation.user));
        let next = small(lanes.len());
        let lane = *lanes.entry((operation.client, row)).or_insert(next);
        calls.push(Call { index: small(index), row, lane });
    }
    let when = |call: &Call| {
        let operation = &history.operations[call.index as usize];
        let (returned, place) = match operation.reply {
            Reply::Applied(account) => (operation.returned, 2 * account.version),
            Reply::Refused(account) | Reply::Read(account) => {
                (operation.returned, 2 * account.version + 1)
            }
            Reply::Unknown => (0, 0),
        };
        (operation.called, returned, place)
    };
    if !calls.is_sorted_by_key(when) {
        calls.sort_by_key(when);
    }
    (calls, lanes.len())
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a history that fits in memory has fewer than 2^32 operations")
}

/// A ledger that was found to be another when it was asked for again.
fn late(asked: &[Option<&Ledger>; 2]) -> Result<(), Box<Violation>> {
    let [Some(first), Some(second)] = asked else { return Ok(()) };
    if first == second {
        return Ok(());
    }
    let what = format!(
        "the account held {} at version {} after {} entries, and when it was asked again {} at \
         version {} after {}",
        first.account.balance,
        first.account.version,
        first.entries.len(),
        second.account.balance,
        second.account.version,
        second.entries.len()
    );
    let same =
        first.entries.iter().zip(&second.entries).take_while(|(one, two)| one == two).count();
    let changed = [first.entries.get(same), second.entries.get(same)];
    let violation = Violation::late(first.user, what);
    Err(Box::new(violation.at(changed.into_iter().flatten().copied())))
}
