//! Feeds a recorded history to the sweep. It may have any clients, and its times are exact.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use super::{
    Audited,
    log::Outcome,
    sweep::{Event, Source, Sweep, SweepConfig},
    violation::Violation,
};
use crate::history::{History, Ledger, Operation, Reply};
use hotrow::domain::{Account, Fault, LedgerEntry, OperationId, UserId};

/// Checks a recorded history against its ledgers, and returns the size of the audit.
///
/// A user without a ledger has an empty one. If the history has no ledger at all, only the order of
/// versions in real time is checked, which needs none. A second ledger of a user is a second look
/// after the run, and must equal the first.
///
/// # Errors
/// [`Violation`] with the earliest contradiction in time. A history without one is linearizable in
/// the order of its ledgers.
pub fn audit_history(history: &History) -> Result<Audited, Violation> {
    OrderedHistory::new(history).sweep().map_err(|violation| *violation)
}

/// A history whose users and calls are sorted.
struct OrderedHistory<'a> {
    history: &'a History,
    /// Every user key has operations or a ledger, in order.
    users: Vec<UserId>,
    /// The first and the second ledger of each user, if there are any.
    ledgers: Vec<[Option<&'a Ledger>; 2]>,
    /// Operations by call.
    calls: Vec<Call>,
    client_user_pairs: usize,
}

/// The index of an operation, of its user, and of its pair of client and user.
#[derive(Clone, Copy)]
struct Call {
    index: u32,
    user_index: u32,
    client_user_pair: u32,
}

impl<'a> OrderedHistory<'a> {
    fn new(history: &'a History) -> OrderedHistory<'a> {
        let mut users: Vec<UserId> =
            history.operations.iter().map(|operation| operation.user).collect();
        users.extend(history.ledgers.iter().map(|ledger| ledger.user));
        users.sort_unstable();
        users.dedup();
        let mut ledgers = vec![[None; 2]; users.len()];
        for ledger in &history.ledgers {
            let [first, second] = &mut ledgers[user_index(&users, ledger.user)];
            let slot = if first.is_none() { first } else { second };
            *slot = Some(ledger);
        }
        let (calls, client_user_pairs) = calls(history, &users);
        OrderedHistory { history, users, ledgers, calls, client_user_pairs }
    }

    fn sweep(&self) -> Result<Audited, Box<Violation>> {
        let page = |user: UserId, after: u64, limit: usize| Ok(self.page(user, after, limit));
        let written = self.history.ledgers.iter().find_map(|ledger| ledger.entries.first());
        let ids = written.is_none_or(|entry| entry.receipt.command.id != OperationId::UNRECORDED);
        let ledgers = !self.history.ledgers.is_empty();
        let config =
            SweepConfig { policy: self.history.policy, ids, ledgers, page: super::PAGE_ENTRIES };
        let users = self.users.iter().copied();
        let mut sweep = Sweep::new(self, &page, config, users, self.client_user_pairs);
        self.visit(&mut sweep)?;
        let entries = sweep.finish(|user_index| self.account(user_index))?;
        self.ledgers.iter().try_for_each(check_unchanged)?;
        Ok(Audited { operations: sweep.operations(), entries })
    }

    /// Visits calls and returns in the order of time, calls first.
    fn visit<P>(&self, sweep: &mut Sweep<'_, Self, P>) -> Result<(), Box<Violation>>
    where
        P: Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault>,
    {
        let mut pending = BinaryHeap::new();
        for (index, call) in self.calls.iter().enumerate() {
            let operation = &self.history.operations[call.index as usize];
            while let Some(&Reverse((returned, earlier))) = pending.peek()
                && returned < operation.called
            {
                pending.pop();
                sweep.returned(&self.event(self.calls[earlier]))?;
            }
            sweep.called(&self.event(*call))?;
            if operation.reply != Reply::Indeterminate {
                pending.push(Reverse((operation.returned, index)));
            }
        }
        while let Some(Reverse((_, index))) = pending.pop() {
            sweep.returned(&self.event(self.calls[index]))?;
        }
        Ok(())
    }

    #[inline]
    fn event(&self, call: Call) -> Event {
        let operation = &self.history.operations[call.index as usize];
        let (outcome, account) = match operation.reply {
            Reply::Applied(account) => (Outcome::Applied, account),
            Reply::Refused(account) => (Outcome::Rejected, account),
            Reply::Read(account) => (Outcome::Read, account),
            Reply::NotApplied => (Outcome::NotApplied, Account::default()),
            Reply::Indeterminate => (Outcome::Indeterminate, Account::default()),
        };
        Event {
            key: u64::from(call.index),
            user_index: call.user_index as usize,
            client_user_pair: call.client_user_pair as usize,
            id: operation.id,
            action: operation.action,
            outcome,
            account,
        }
    }

    fn page(&self, user: UserId, after: u64, limit: usize) -> Vec<LedgerEntry> {
        let Some(ledger) = self.ledgers[user_index(&self.users, user)][0] else {
            return Vec::new();
        };
        let from = usize::try_from(after).unwrap_or(usize::MAX).min(ledger.entries.len());
        ledger.entries[from..].iter().take(limit).copied().collect()
    }

    fn account(&self, user_index: usize) -> Account {
        self.ledgers[user_index][0].map_or_else(Account::default, |ledger| ledger.account)
    }
}

impl Source for OrderedHistory<'_> {
    fn operation(&self, key: u64) -> Operation {
        self.history.operations[usize::try_from(key).expect("the key of an operation is its index")]
    }

    fn find(&self, id: OperationId) -> Option<Operation> {
        let commands =
            self.history.operations.iter().filter(|operation| operation.action.is_some());
        commands.copied().find(|operation| operation.id == id)
    }

    fn in_program_order(&self, first: u64, second: u64) -> bool {
        self.operation(first).returned <= self.operation(second).called
    }
}

fn user_index(users: &[UserId], user: UserId) -> usize {
    users.binary_search(&user).expect("every user of a history is among its users")
}

/// Operations by call. If the clock of a client stood still, the order of its calls is not known:
/// the one with the earlier position is taken first, and one without a position before all others.
fn calls(history: &History, users: &[UserId]) -> (Vec<Call>, usize) {
    let mut client_user_pairs: HashMap<(u64, u32), u32> = HashMap::new();
    let mut calls: Vec<Call> = Vec::with_capacity(history.operations.len());
    for (index, operation) in history.operations.iter().enumerate() {
        let user_index = to_u32(user_index(users, operation.user));
        let next = to_u32(client_user_pairs.len());
        let client_user_pair =
            *client_user_pairs.entry((operation.client, user_index)).or_insert(next);
        calls.push(Call { index: to_u32(index), user_index, client_user_pair });
    }
    let when = |call: &Call| {
        let operation = &history.operations[call.index as usize];
        let (returned, position) = match operation.reply {
            Reply::Applied(account) => (operation.returned, 2 * account.version),
            Reply::Refused(account) | Reply::Read(account) => {
                (operation.returned, 2 * account.version + 1)
            }
            Reply::NotApplied | Reply::Indeterminate => (0, 0),
        };
        (operation.called, returned, position)
    };
    if !calls.is_sorted_by_key(when) {
        calls.sort_by_key(when);
    }
    (calls, client_user_pairs.len())
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).expect("a history that fits in memory has fewer than 2^32 operations")
}

/// Checks that the second look at a ledger found it unchanged.
fn check_unchanged(looks: &[Option<&Ledger>; 2]) -> Result<(), Box<Violation>> {
    let [Some(first), Some(second)] = looks else { return Ok(()) };
    if first == second {
        return Ok(());
    }
    let what = format!(
        "the account held {} at version {} after {} entries, but {} at version {} after {} \
         entries when it was read again",
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
