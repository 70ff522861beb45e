//! The two limits of a balance, which concurrent commands could break although each alone keeps
//! them.

use crate::contract::{
    check_result::{CheckResult, rejected},
    fixture::TestCase,
    ledger_check,
    service::{charge, outcomes, spend, user},
};
use hotrow::domain::{Bounds, Policy, Reason};

/// Concurrent uses that check the balance before the first of them subtracts all find enough
/// points. Of a hundred uses of a tenth of the balance, ten may succeed. Each rejection must report
/// the balance that it found.
pub(super) async fn no_overdraft(case: TestCase) -> CheckResult {
    let service = case.open();
    let first = service.charge(user(1), 1_000).await;
    let launched = (0..100).map(|_| service.launch(user(1), spend(100)));
    let mut outcomes = outcomes(launched.collect()).await?;
    let (spent, failed): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.is_ok());
    ensure_eq!(spent.len(), 10, "uses of a tenth of the balance that succeed");
    for &outcome in &failed {
        let rejection = rejected(outcome)?;
        ensure_eq!(rejection.reason, Reason::InsufficientBalance, "reason of the rejection");
        ensure_eq!(rejection.command.action, spend(100), "action in the rejection");
        ensure!(
            rejection.before.balance < 100,
            "a use of 100 was rejected although the account was {:?}",
            rejection.before
        );
    }
    ensure_eq!(service.balance(user(1)).await?.balance, 0, "balance after all is spent");
    outcomes.push(first);
    ledger_check::agree(&service, user(1), &ledger_check::receipts(&outcomes)).await
}

/// Charges that fit one by one, but not together, could all be applied. Or a reader could see a
/// balance above the limit for a moment.
pub(super) async fn no_balance_above_limit(case: TestCase) -> CheckResult {
    let bounds = Bounds { balance_max: 1_000, ..Bounds::default() };
    let service = case.open_with(Policy::new(bounds).map_err(|error| error.to_string())?);
    let launched: Vec<_> = (0..20).map(|_| service.launch(user(1), charge(300))).collect();
    let check = async || {
        let balance = service.balance(user(1)).await?.balance;
        ensure!(balance <= 1_000, "a reader saw a balance of {balance}, above the limit of 1000");
        Ok(())
    };
    service.check_while_running(&launched, check).await?;
    let outcomes = outcomes(launched).await?;
    let (fitted, failed): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.is_ok());
    ensure_eq!(fitted.len(), 3, "charges of 300 that fit into 1000");
    for &outcome in &failed {
        let rejection = rejected(outcome)?;
        let reason = Reason::BalanceAboveMaximum { max: 1_000 };
        ensure_eq!(rejection.reason, reason, "reason of the rejection");
        ensure_eq!(rejection.before.balance, 900, "balance in the rejection");
    }
    ledger_check::agree(&service, user(1), &ledger_check::receipts(&outcomes)).await
}
