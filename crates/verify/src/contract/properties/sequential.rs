//! The four operations, one after another and with one caller.

use crate::contract::{
    check_result::{CheckResult, accepted, rejected},
    fixture::TestCase,
    ledger_check,
    service::{charge, spend, user},
};
use hotrow::domain::{Account, Reason};

/// A charge could change the wrong balance, or its receipt could show another one.
pub(super) async fn charge_adds_points(case: TestCase) -> CheckResult {
    let service = case.open();
    let first = accepted(service.charge(user(1), 40).await)?;
    ensure_eq!(first.command.action, charge(40), "action in the receipt");
    ensure_eq!(first.before, Account::default(), "account before the first charge");
    ensure_eq!(first.after, Account { balance: 40, version: 1 }, "account after the first charge");
    let second = accepted(service.charge(user(1), 2).await)?;
    ensure_eq!(second.before, first.after, "account before the second charge");
    ensure_eq!(
        second.after,
        Account { balance: 42, version: 2 },
        "account after the second charge"
    );
    Ok(())
}

/// A use could subtract another amount, or more than the balance. The whole balance may be used.
pub(super) async fn use_subtracts_points(case: TestCase) -> CheckResult {
    let service = case.open();
    accepted(service.charge(user(1), 42).await)?;
    let first = accepted(service.use_points(user(1), 40).await)?;
    ensure_eq!(first.command.action, spend(40), "action in the receipt");
    ensure_eq!(first.after, Account { balance: 2, version: 2 }, "account after the first use");
    let rejection = rejected(service.use_points(user(1), 3).await)?;
    ensure_eq!(
        rejection.reason,
        Reason::InsufficientBalance,
        "reason to reject a use of 3 of 2 points"
    );
    ensure_eq!(rejection.before, first.after, "account in the rejection");
    let all = accepted(service.use_points(user(1), 2).await)?;
    ensure_eq!(
        all.after,
        Account { balance: 0, version: 3 },
        "account after a use of the whole balance"
    );
    Ok(())
}

/// A read could use a copy that commands do not change.
pub(super) async fn balance_reflects_commands(case: TestCase) -> CheckResult {
    let service = case.open();
    ensure_eq!(service.balance(user(1)).await?, Account::default(), "account of a new user");
    for version in 1..=10 {
        let receipt = accepted(service.charge(user(1), 5).await)?;
        let read = service.balance(user(1)).await?;
        ensure_eq!(read, Account { balance: version * 5, version }, "account read");
        ensure_eq!(receipt.after, read, "account in the receipt");
    }
    Ok(())
}

/// A ledger could omit one kind of command, or list commands in another order.
pub(super) async fn history_lists_commands(case: TestCase) -> CheckResult {
    let service = case.open();
    let mut receipts = Vec::new();
    for points in 1..=10 {
        receipts.push(accepted(service.charge(user(1), points * 10).await)?);
        receipts.push(accepted(service.use_points(user(1), points).await)?);
    }
    ledger_check::agree(&service, user(1), &receipts).await
}
