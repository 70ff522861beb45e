//! The same check by comparing all pairs: slow, and simple enough to be obviously right.

use std::collections::BTreeMap;

use crate::history::{History, Ledger, Operation, Reply};
use hotrow::domain::{Account, Command, LedgerEntry, OperationId, UserId};

/// Whether a history is linearizable in the order of its ledgers. `precedes` says of two
/// operations, by their indices in the list, whether the first returned before the second was
/// called.
pub(super) fn is_linearizable(history: &History, precedes: impl Fn(usize, usize) -> bool) -> bool {
    let mut users: Vec<UserId> =
        history.operations.iter().map(|operation| operation.user).collect();
    users.extend(history.ledgers.iter().map(|ledger| ledger.user));
    users.sort_unstable();
    users.dedup();
    users.into_iter().all(|user| is_linearizable_for(history, user, &precedes))
}

fn is_linearizable_for(
    history: &History,
    user: UserId,
    precedes: &impl Fn(usize, usize) -> bool,
) -> bool {
    let empty = Ledger { user, account: Account::default(), entries: Vec::new() };
    let ledger = history.ledgers.iter().find(|ledger| ledger.user == user).unwrap_or(&empty);
    let Some(accounts) = replay(history, ledger) else { return false };
    let ours = |at: &usize| history.operations[*at].user == user;
    let operations: Vec<usize> = (0..history.operations.len()).filter(ours).collect();
    let mut positions: BTreeMap<usize, u64> = BTreeMap::new();
    for &at in &operations {
        match position(history, &history.operations[at], ledger, &accounts) {
            Ok(Some(position)) => drop(positions.insert(at, position)),
            Ok(None) => {}
            Err(()) => return false,
        }
    }
    let claimed =
        |version: u64| positions.values().filter(|position| **position == 2 * version).count();
    if (1..accounts.len() as u64).any(|version| claimed(version) > 1) {
        return false;
    }
    let unclaimed: Vec<u64> =
        (1..accounts.len() as u64).filter(|&version| claimed(version) == 0).collect();
    let indeterminate = operations.into_iter().filter(|&at| {
        let Operation { reply, action, .. } = history.operations[at];
        reply == Reply::Indeterminate && action.is_some()
    });
    can_be_assigned(
        history,
        ledger,
        &unclaimed,
        &indeterminate.collect::<Vec<_>>(),
        &positions,
        precedes,
    )
}

/// The account at each version, if all entries follow from the rules and end with the account.
fn replay(history: &History, ledger: &Ledger) -> Option<Vec<Account>> {
    let mut accounts = vec![Account::default()];
    for LedgerEntry { receipt, .. } in &ledger.entries {
        let before = *accounts.last()?;
        let expected = receipt.command.decide(before, &history.policy);
        if expected != Ok(*receipt) || receipt.command.user != ledger.user {
            return None;
        }
        accounts.push(receipt.after);
    }
    (accounts.last() == Some(&ledger.account)).then_some(accounts)
}

/// The position of an operation in the order; an error if its reply differs from the ledger.
fn position(
    history: &History,
    operation: &Operation,
    ledger: &Ledger,
    accounts: &[Account],
) -> Result<Option<u64>, ()> {
    let is_written = |account: Account| accounts.contains(&account);
    match operation.reply {
        Reply::NotApplied | Reply::Indeterminate => Ok(None),
        Reply::Applied(account) if is_written(account) && account.version > 0 => {
            let entry = &ledger.entries[usize::try_from(account.version - 1).unwrap()];
            let Command { id, action, .. } = entry.receipt.command;
            let same_id = id == OperationId::UNRECORDED || id == operation.id;
            if same_id && Some(action) == operation.action {
                Ok(Some(2 * account.version))
            } else {
                Err(())
            }
        }
        Reply::Refused(account) if is_written(account) => {
            let Operation { id, user, action, .. } = *operation;
            let command = Command { id, user, action: action.ok_or(())? };
            let rejected = command.decide(account, &history.policy).is_err();
            if rejected { Ok(Some(2 * account.version + 1)) } else { Err(()) }
        }
        Reply::Read(account) if is_written(account) => Ok(Some(2 * account.version + 1)),
        _ => Err(()),
    }
}

/// Whether the unclaimed versions can be assigned to indeterminate commands so that all pairs are
/// in order. Tries every assignment.
fn can_be_assigned(
    history: &History,
    ledger: &Ledger,
    unclaimed: &[u64],
    indeterminate: &[usize],
    positions: &BTreeMap<usize, u64>,
    precedes: &impl Fn(usize, usize) -> bool,
) -> bool {
    let Some((&version, rest)) = unclaimed.split_first() else {
        return pairs_are_in_order(positions, precedes);
    };
    let entry = ledger.entries[usize::try_from(version - 1).unwrap()].receipt.command;
    indeterminate.iter().any(|&at| {
        let operation = &history.operations[at];
        let same_id = entry.id == OperationId::UNRECORDED || entry.id == operation.id;
        if positions.contains_key(&at) || !same_id || operation.action != Some(entry.action) {
            return false;
        }
        let mut positions = positions.clone();
        positions.insert(at, 2 * version);
        can_be_assigned(history, ledger, rest, indeterminate, &positions, precedes)
    })
}

fn pairs_are_in_order(
    positions: &BTreeMap<usize, u64>,
    precedes: &impl Fn(usize, usize) -> bool,
) -> bool {
    positions.iter().all(|(&first, &before)| {
        positions
            .iter()
            .all(|(&second, &after)| first == second || !precedes(first, second) || before <= after)
    })
}
