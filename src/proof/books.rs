//! Whether a history, an account and the receipts that were acknowledged say the same.

use crate::{
    domain::{Account, Action, LedgerEntry, OperationId, Outcome, Receipt, UserId},
    proof::{found::Found, subject::Subject},
};

/// Looks at a user whose account still moves, until account and history agree.
const LOOKS_MAX: usize = 10_000;

/// The receipts among `outcomes`.
pub(crate) fn receipts(outcomes: &[Outcome]) -> Vec<Receipt> {
    outcomes.iter().filter_map(|outcome| outcome.ok()).collect()
}

/// Checks that the history of `user` is what was acknowledged, and the account what came of it.
pub(crate) async fn agree(subject: &Subject, user: UserId, acknowledged: &[Receipt]) -> Found {
    let mut receipts: Vec<Receipt> =
        acknowledged.iter().filter(|receipt| receipt.command.user == user).copied().collect();
    receipts.sort_by_key(|receipt| receipt.after.version);
    let history = subject.history(user).await?;
    chained(&history)?;
    ensure_eq!(history.len(), receipts.len(), "entries in the history of user {user}");
    for (entry, receipt) in history.iter().zip(&receipts) {
        same(entry, receipt)?;
    }
    let last = receipts.last().map_or(Account::default(), |receipt| receipt.after);
    ensure_eq!(subject.balance(user).await?, last, "account of user {user} after its last receipt");
    Ok(())
}

/// Checks that `entry` is the line of `receipt`.
pub(crate) fn same(entry: &LedgerEntry, receipt: &Receipt) -> Found {
    let mut line = entry.receipt;
    if line.command.id == OperationId::UNRECORDED {
        line.command.id = receipt.command.id;
    }
    ensure_eq!(line, *receipt, "line {} of the history", receipt.after.version);
    Ok(())
}

/// Checks that each entry follows from the one before, from the first account on.
pub(crate) fn chained(history: &[LedgerEntry]) -> Found {
    let mut account = Account::default();
    for LedgerEntry { receipt, .. } in history {
        let Receipt { command, before, after } = *receipt;
        ensure_eq!(before, account, "account before entry {}", account.version + 1);
        let balance = match command.action {
            Action::Charge(amount) => before.balance.checked_add(amount.points()),
            Action::Use(amount) => before.balance.checked_sub(amount.points()),
        };
        let version = before.version + 1;
        ensure_eq!(Some(after.balance), balance, "balance after entry {version}");
        ensure_eq!(after.version, version, "version of entry {version}");
        account = after;
    }
    let mut ids: Vec<OperationId> = history.iter().map(|entry| entry.receipt.command.id).collect();
    ids.retain(|&id| id != OperationId::UNRECORDED);
    let recorded = ids.len();
    ids.sort();
    ids.dedup();
    ensure_eq!(ids.len(), recorded, "operations of which each is in the history once");
    Ok(())
}

/// The history of `user` once it agrees with the account. Commands whose callers went away may
/// still be on their way, so it is looked at until it does.
pub(crate) async fn settled(subject: &Subject, user: UserId) -> Found<Vec<LedgerEntry>> {
    for _ in 0..LOOKS_MAX {
        let account = subject.balance(user).await?;
        let history = subject.history(user).await?;
        chained(&history)?;
        let last = history.last().map_or(Account::default(), |entry| entry.receipt.after);
        if account == last {
            return Ok(history);
        }
        subject.step_aside().await;
    }
    Err(format!("balance and history of user {user} never agree"))
}

/// How often the history has an entry that does `action`.
pub(crate) fn count(history: &[LedgerEntry], action: Action) -> usize {
    history.iter().filter(|entry| entry.receipt.command.action == action).count()
}
