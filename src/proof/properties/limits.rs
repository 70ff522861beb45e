//! The two rules that many commands could break together though each alone keeps them.

use crate::{
    domain::{Bounds, Policy, Reason},
    proof::{
        books,
        found::{Found, rejected},
        subject::{Case, charge, outcomes, spend, user},
    },
};

/// Ten uses that each look before anybody has spent all see enough. Of a hundred that each want a
/// tenth, ten may succeed, and the rest must be told what was held.
pub(super) async fn no_more_is_spent_than_is_held(case: Case) -> Found {
    let subject = case.open();
    let first = subject.charge(user(1), 1_000).await;
    let launched = (0..100).map(|_| subject.launch(user(1), spend(100)));
    let mut outcomes = outcomes(launched.collect()).await?;
    let (spent, refused): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.is_ok());
    ensure_eq!(spent.len(), 10, "uses of a tenth that succeed");
    for &outcome in &refused {
        let rejection = rejected(outcome)?;
        ensure_eq!(rejection.reason, Reason::InsufficientBalance, "why it is refused");
        ensure_eq!(rejection.command.action, spend(100), "what the rejection says was asked");
        ensure!(rejection.before.balance < 100, "it is refused though {:?}", rejection.before);
    }
    ensure_eq!(subject.balance(user(1)).await?.balance, 0, "balance after all is spent");
    outcomes.push(first);
    books::agree(&subject, user(1), &books::receipts(&outcomes)).await
}

/// Charges that each fit and do not fit together could all pass, or be seen to have passed for a
/// moment by somebody who reads.
pub(super) async fn no_more_is_held_than_is_allowed(case: Case) -> Found {
    let bounds = Bounds { balance_max: 1_000, ..Bounds::default() };
    let subject = case.open_with(Policy::new(bounds).map_err(|error| error.to_string())?);
    let launched: Vec<_> = (0..20).map(|_| subject.launch(user(1), charge(300))).collect();
    let look = async || {
        let seen = subject.balance(user(1)).await?.balance;
        ensure!(seen <= 1_000, "a reader sees a balance of {seen}, and 1000 is the most");
        Ok(())
    };
    subject.watch(&launched, look).await?;
    let outcomes = outcomes(launched).await?;
    let (fitted, refused): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.is_ok());
    ensure_eq!(fitted.len(), 3, "charges of 300 that fit below 1000");
    for &outcome in &refused {
        let rejection = rejected(outcome)?;
        let reason = Reason::BalanceAboveMaximum { max: 1_000 };
        ensure_eq!(rejection.reason, reason, "why it is refused");
        ensure_eq!(rejection.before.balance, 900, "what the rejection says was held");
    }
    books::agree(&subject, user(1), &books::receipts(&outcomes)).await
}
