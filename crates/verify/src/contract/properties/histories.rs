//! The ledger of an account agrees with its balance and with every receipt.

use crate::contract::{
    check_result::{CheckResult, accepted},
    fixture::TestCase,
    ledger_check,
    service::{charge, outcomes, spend, user},
};
use hotrow::store::Page;

/// Two receipts could have the same version. A ledger entry could be missing, duplicated or belong
/// to a rejected command. A balance could not follow from the entry before it.
pub(super) async fn ledger_equals_acknowledged(case: TestCase) -> CheckResult {
    let service = case.open();
    let first = service.charge(user(1), 5_000).await;
    let launched = (1..=100).flat_map(|points| {
        [service.launch(user(1), charge(points)), service.launch(user(1), spend(points * 2))]
    });
    let mut outcomes = outcomes(launched.collect()).await?;
    outcomes.push(first);
    ensure!(
        outcomes.iter().any(Result::is_err),
        "no command was rejected: the load does not reach a limit"
    );
    ledger_check::agree(&service, user(1), &ledger_check::receipts(&outcomes)).await
}

/// A ledger entry that is written after the answer is missing from a ledger that is read at once.
pub(super) async fn history_read_your_writes(case: TestCase) -> CheckResult {
    let service = case.open();
    let callers: Vec<_> = (1..=8)
        .map(|points| {
            let service = service.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let receipt = accepted(service.charge(user(1), points).await)?;
                    let ledger = service.history(user(1)).await?;
                    ledger_check::check_chain(&ledger)?;
                    let version = receipt.after.version;
                    let entry = ledger.iter().find(|entry| entry.receipt.after.version == version);
                    let Some(entry) = entry else {
                        return Err(format!("acknowledged entry {version} is not in the ledger"));
                    };
                    ledger_check::check_entry(entry, &receipt)?;
                }
                Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await.map_err(|error| format!("a caller task failed: {error}"))??;
    }
    Ok(())
}

/// A balance that is visible before its ledger entry is written is not explained by the ledger.
pub(super) async fn history_not_older_than_read(case: TestCase) -> CheckResult {
    let service = case.open();
    let launched: Vec<_> = (1..=50).map(|points| service.launch(user(1), charge(points))).collect();
    let check = async || {
        let account = service.balance(user(1)).await?;
        let ledger = service.history(user(1)).await?;
        let entries = ledger.len() as u64;
        ensure!(account.version <= entries, "{account:?} was read, then {entries} ledger entries");
        Ok(())
    };
    service.check_while_running(&launched, check).await?;
    outcomes(launched).await?.into_iter().try_for_each(|outcome| accepted(outcome).map(drop))
}

/// A page could begin or end one entry too early or too late, or run past the end.
pub(super) async fn pages_agree_with_full_history(case: TestCase) -> CheckResult {
    let service = case.open();
    let launched = (1..=50).map(|points| service.launch(user(1), charge(points)));
    outcomes(launched.collect()).await?;
    let whole = service.history(user(1)).await?;
    ensure_eq!(whole.len(), 50, "entries of the whole ledger");
    for (after, limit) in [(0, 1), (0, 50), (1, 3), (4, 8), (12, 17), (49, 1), (49, 9), (50, 1)] {
        let page = service.page(user(1), Page { after, limit }).await?;
        let rest = whole.iter().filter(|entry| after < entry.receipt.after.version);
        let part: Vec<_> = rest.take(limit).copied().collect();
        ensure_eq!(page, part, "page of {limit} after {after}");
    }
    let past = Page { after: u64::MAX, limit: usize::MAX };
    ensure_eq!(service.page(user(1), past).await?, [], "page past the end");
    Ok(())
}
