//! The same question answered by looking at all pairs: slow, and plain to see that it is right.

use std::collections::BTreeMap;

use crate::{
    domain::{Account, Command, LedgerEntry, OperationId, UserId},
    history::{History, Ledger, Operation, Reply},
};

/// Whether a history is linearizable in the order of its ledgers. `precedes` says which of two
/// operations, by their places in the list, was answered before the other was asked.
pub(super) fn is_right(history: &History, precedes: impl Fn(usize, usize) -> bool) -> bool {
    let mut users: Vec<UserId> = history.operations.iter().map(|one| one.user).collect();
    users.extend(history.ledgers.iter().map(|ledger| ledger.user));
    users.sort_unstable();
    users.dedup();
    users.into_iter().all(|user| is_right_for(history, user, &precedes))
}

fn is_right_for(history: &History, user: UserId, precedes: &impl Fn(usize, usize) -> bool) -> bool {
    let empty = Ledger { user, account: Account::default(), entries: Vec::new() };
    let ledger = history.ledgers.iter().find(|ledger| ledger.user == user).unwrap_or(&empty);
    let Some(accounts) = replayed(history, ledger) else { return false };
    let ours = |at: &usize| history.operations[*at].user == user;
    let operations: Vec<usize> = (0..history.operations.len()).filter(ours).collect();
    let mut places: BTreeMap<usize, u64> = BTreeMap::new();
    for &at in &operations {
        match place(history, &history.operations[at], ledger, &accounts) {
            Ok(Some(place)) => drop(places.insert(at, place)),
            Ok(None) => {}
            Err(()) => return false,
        }
    }
    let claimed = |version: u64| places.values().filter(|place| **place == 2 * version).count();
    if (1..accounts.len() as u64).any(|version| claimed(version) > 1) {
        return false;
    }
    let unclaimed: Vec<u64> =
        (1..accounts.len() as u64).filter(|&version| claimed(version) == 0).collect();
    let unknown = operations.into_iter().filter(|&at| {
        let Operation { reply, action, .. } = history.operations[at];
        reply == Reply::Unknown && action.is_some()
    });
    assigned(history, ledger, &unclaimed, &unknown.collect::<Vec<_>>(), &places, precedes)
}

/// The account at each version, if all entries follow from the rules and leave what is held.
fn replayed(history: &History, ledger: &Ledger) -> Option<Vec<Account>> {
    let mut accounts = vec![Account::default()];
    for LedgerEntry { receipt, .. } in &ledger.entries {
        let before = *accounts.last()?;
        let right = receipt.command.decide(before, &history.policy);
        if right != Ok(*receipt) || receipt.command.user != ledger.user {
            return None;
        }
        accounts.push(receipt.after);
    }
    (accounts.last() == Some(&ledger.account)).then_some(accounts)
}

/// Where an operation stands in the order; an error if it was not told what is written.
fn place(
    history: &History,
    operation: &Operation,
    ledger: &Ledger,
    accounts: &[Account],
) -> Result<Option<u64>, ()> {
    let written = |told: Account| accounts.contains(&told);
    match operation.reply {
        Reply::Unknown => Ok(None),
        Reply::Applied(told) if written(told) && told.version > 0 => {
            let entry = &ledger.entries[usize::try_from(told.version - 1).unwrap()];
            let Command { id, action, .. } = entry.receipt.command;
            let same_id = id == OperationId::UNRECORDED || id == operation.id;
            if same_id && Some(action) == operation.action {
                Ok(Some(2 * told.version))
            } else {
                Err(())
            }
        }
        Reply::Refused(told) if written(told) => {
            let Operation { id, user, action, .. } = *operation;
            let command = Command { id, user, action: action.ok_or(())? };
            let refused = command.decide(told, &history.policy).is_err();
            if refused { Ok(Some(2 * told.version + 1)) } else { Err(()) }
        }
        Reply::Read(told) if written(told) => Ok(Some(2 * told.version + 1)),
        _ => Err(()),
    }
}

/// Whether the unclaimed versions can be given to commands of which nobody knows, so that no pair
/// is in the wrong order. Tries every way to do so.
fn assigned(
    history: &History,
    ledger: &Ledger,
    unclaimed: &[u64],
    unknown: &[usize],
    places: &BTreeMap<usize, u64>,
    precedes: &impl Fn(usize, usize) -> bool,
) -> bool {
    let Some((&version, rest)) = unclaimed.split_first() else {
        return pairs_are_in_order(places, precedes);
    };
    let entry = ledger.entries[usize::try_from(version - 1).unwrap()].receipt.command;
    unknown.iter().any(|&at| {
        let operation = &history.operations[at];
        let same_id = entry.id == OperationId::UNRECORDED || entry.id == operation.id;
        if places.contains_key(&at) || !same_id || operation.action != Some(entry.action) {
            return false;
        }
        let mut places = places.clone();
        places.insert(at, 2 * version);
        assigned(history, ledger, rest, unknown, &places, precedes)
    })
}

fn pairs_are_in_order(
    places: &BTreeMap<usize, u64>,
    precedes: &impl Fn(usize, usize) -> bool,
) -> bool {
    places.iter().all(|(&first, &before)| {
        places
            .iter()
            .all(|(&second, &after)| first == second || !precedes(first, second) || before <= after)
    })
}
