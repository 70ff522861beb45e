//! A rejection is an answer to its caller and has no other effect.

use crate::contract::{
    check_result::{CheckResult, accepted, rejected},
    fixture::TestCase,
    ledger_check,
    service::{charge, outcomes, spend, user},
};

/// A rejected command could leave a ledger entry, a version or an error behind, in the account or
/// for the next command.
pub(super) async fn rejection_changes_nothing(case: TestCase) -> CheckResult {
    let service = case.open();
    let first = accepted(service.charge(user(1), 50).await)?;
    let before = (service.balance(user(1)).await?, service.history(user(1)).await?);
    for action in [spend(51), charge(1_000_000)] {
        let rejection = rejected(service.request(user(1), action).await)?;
        ensure_eq!(rejection.before, first.after, "account in the rejection");
        let after = (service.balance(user(1)).await?, service.history(user(1)).await?);
        ensure_eq!(after, before, "account and ledger after a rejection");
    }
    let next = accepted(service.use_points(user(1), 50).await)?;
    ledger_check::agree(&service, user(1), &[first, next]).await
}

/// A strategy in which each command waits for the one before it could pass a failure on: to every
/// later command, or to those that waited at that time.
pub(super) async fn rejection_is_isolated(case: TestCase) -> CheckResult {
    let service = case.open();
    let launched = (1..=50).flat_map(|points| {
        let too_large = service.launch(user(1), spend(900_000));
        [too_large, service.launch(user(1), charge(points))]
    });
    let outcomes = outcomes(launched.collect()).await?;
    for pair in outcomes.chunks(2) {
        rejected(pair[0])?;
        accepted(pair[1])?;
    }
    accepted(service.charge(user(1), 1).await)?;
    ensure_eq!(service.balance(user(1)).await?.balance, 1_276, "balance after all charges");
    Ok(())
}

/// Dirty read: a strategy that applies a command, checks it afterwards and rolls it back exposes a
/// balance that never existed.
pub(super) async fn no_dirty_reads(case: TestCase) -> CheckResult {
    let service = case.open();
    let only = accepted(service.charge(user(1), 50).await)?;
    let launched: Vec<_> = (0..20)
        .map(|number| {
            service.launch(user(1), if number % 2 == 0 { spend(80) } else { charge(999_999) })
        })
        .collect();
    let check = async || {
        ensure_eq!(service.balance(user(1)).await?, only.after, "account that a reader saw");
        Ok(())
    };
    service.check_while_running(&launched, check).await?;
    for outcome in outcomes(launched).await? {
        rejected(outcome)?;
    }
    ledger_check::agree(&service, user(1), &[only]).await
}
