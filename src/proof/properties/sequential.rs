//! The four functions, one after another and alone.

use crate::{
    domain::{Account, Reason},
    proof::{
        books,
        found::{Found, accepted, rejected},
        subject::{Case, charge, spend, user},
    },
};

/// A charge could be added to the wrong balance, or its receipt tell of another.
pub(super) async fn a_charge_adds_points(case: Case) -> Found {
    let subject = case.open();
    let first = accepted(subject.charge(user(1), 40).await)?;
    ensure_eq!(first.command.action, charge(40), "what the receipt is for");
    ensure_eq!(first.before, Account::default(), "account before the first charge");
    ensure_eq!(first.after, Account { balance: 40, version: 1 }, "account after the first charge");
    let second = accepted(subject.charge(user(1), 2).await)?;
    ensure_eq!(second.before, first.after, "account before the second charge");
    ensure_eq!(
        second.after,
        Account { balance: 42, version: 2 },
        "account after the second charge"
    );
    Ok(())
}

/// A use could take away another amount, or more than is held; all that is held may be used.
pub(super) async fn a_use_takes_points_away(case: Case) -> Found {
    let subject = case.open();
    accepted(subject.charge(user(1), 42).await)?;
    let first = accepted(subject.use_points(user(1), 40).await)?;
    ensure_eq!(first.command.action, spend(40), "what the receipt is for");
    ensure_eq!(first.after, Account { balance: 2, version: 2 }, "account after the first use");
    let rejection = rejected(subject.use_points(user(1), 3).await)?;
    ensure_eq!(rejection.reason, Reason::InsufficientBalance, "why 3 of 2 cannot be used");
    ensure_eq!(rejection.before, first.after, "account that the rejection tells of");
    let all = accepted(subject.use_points(user(1), 2).await)?;
    ensure_eq!(all.after, Account { balance: 0, version: 3 }, "account after all is used");
    Ok(())
}

/// A balance could be read from a copy that a command does not change.
pub(super) async fn a_balance_shows_what_was_done(case: Case) -> Found {
    let subject = case.open();
    ensure_eq!(subject.balance(user(1)).await?, Account::default(), "account of nobody");
    for version in 1..=10 {
        let receipt = accepted(subject.charge(user(1), 5).await)?;
        let read = subject.balance(user(1)).await?;
        ensure_eq!(read, Account { balance: version * 5, version }, "account read");
        ensure_eq!(receipt.after, read, "account that the receipt tells of");
    }
    Ok(())
}

/// A history could leave out one kind of command, or give them in another order.
pub(super) async fn a_history_lists_what_was_done(case: Case) -> Found {
    let subject = case.open();
    let mut receipts = Vec::new();
    for points in 1..=10 {
        receipts.push(accepted(subject.charge(user(1), points * 10).await)?);
        receipts.push(accepted(subject.use_points(user(1), points).await)?);
    }
    books::agree(&subject, user(1), &receipts).await
}
