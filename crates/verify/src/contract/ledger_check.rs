//! Checks that the ledger, the account and the acknowledged receipts of a user agree.

use crate::contract::{check_result::CheckResult, service::Service};
use hotrow::domain::{Account, Action, LedgerEntry, OperationId, Outcome, Receipt, UserId};

/// Most reads of a user whose commands may still run, before the check fails.
const READS_MAX: usize = 10_000;

/// Returns the receipts among `outcomes`.
pub(crate) fn receipts(outcomes: &[Outcome]) -> Vec<Receipt> {
    outcomes.iter().flatten().map(|entry| entry.receipt).collect()
}

/// Checks that the ledger of `user` holds exactly the acknowledged receipts, and that the account
/// is the result of the last one.
pub(crate) async fn agree(
    service: &Service,
    user: UserId,
    acknowledged: &[Receipt],
) -> CheckResult {
    let mut receipts: Vec<Receipt> =
        acknowledged.iter().filter(|receipt| receipt.command.user == user).copied().collect();
    receipts.sort_by_key(|receipt| receipt.after.version);
    let ledger = service.history(user).await?;
    check_chain(&ledger)?;
    ensure_eq!(ledger.len(), receipts.len(), "entries in the ledger of user {user}");
    for (entry, receipt) in ledger.iter().zip(&receipts) {
        check_entry(entry, receipt)?;
    }
    let last = receipts.last().map_or(Account::default(), |receipt| receipt.after);
    ensure_eq!(service.balance(user).await?, last, "account of user {user} after its last receipt");
    Ok(())
}

/// Checks that `entry` records `receipt`.
pub(crate) fn check_entry(entry: &LedgerEntry, receipt: &Receipt) -> CheckResult {
    let mut recorded = entry.receipt;
    if recorded.command.id == OperationId::UNRECORDED {
        recorded.command.id = receipt.command.id;
    }
    ensure_eq!(recorded, *receipt, "ledger entry {}", receipt.after.version);
    Ok(())
}

/// Checks that each entry follows from the one before it, and the first from an empty account.
pub(crate) fn check_chain(ledger: &[LedgerEntry]) -> CheckResult {
    let mut account = Account::default();
    for LedgerEntry { receipt, .. } in ledger {
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
    let mut ids: Vec<OperationId> = ledger.iter().map(|entry| entry.receipt.command.id).collect();
    ids.retain(|&id| id != OperationId::UNRECORDED);
    let recorded = ids.len();
    ids.sort();
    ids.dedup();
    ensure_eq!(ids.len(), recorded, "different operation ids in the ledger");
    Ok(())
}

/// Returns the ledger of `user` once it agrees with the account. A command whose caller was dropped
/// may still run, so this reads until both agree.
pub(crate) async fn settled_ledger(
    service: &Service,
    user: UserId,
) -> CheckResult<Vec<LedgerEntry>> {
    for _ in 0..READS_MAX {
        let account = service.balance(user).await?;
        let ledger = service.history(user).await?;
        check_chain(&ledger)?;
        let last = ledger.last().map_or(Account::default(), |entry| entry.receipt.after);
        if account == last {
            return Ok(ledger);
        }
        service.let_others_run().await;
    }
    Err(format!("account and ledger of user {user} do not agree after {READS_MAX} reads"))
}

/// Counts the ledger entries of `action`.
pub(crate) fn count(ledger: &[LedgerEntry], action: Action) -> usize {
    ledger.iter().filter(|entry| entry.receipt.command.action == action).count()
}
