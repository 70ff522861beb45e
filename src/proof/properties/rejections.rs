//! A rejection is a value for its own caller, and nothing else.

use crate::proof::{
    books,
    found::{Found, accepted, rejected},
    subject::{Case, charge, outcomes, spend, user},
};

/// A refused command could leave a line, a version or an error behind, for the account or for the
/// next who comes.
pub(super) async fn a_rejection_changes_nothing(case: Case) -> Found {
    let subject = case.open();
    let first = accepted(subject.charge(user(1), 50).await)?;
    let before = (subject.balance(user(1)).await?, subject.history(user(1)).await?);
    for action in [spend(51), charge(1_000_000)] {
        let rejection = rejected(subject.ask(user(1), action).await)?;
        ensure_eq!(rejection.before, first.after, "account that the rejection tells of");
        let after = (subject.balance(user(1)).await?, subject.history(user(1)).await?);
        ensure_eq!(after, before, "account and history after a rejection");
    }
    let next = accepted(subject.use_points(user(1), 50).await)?;
    books::agree(&subject, user(1), &[first, next]).await
}

/// A line whose links wait for the one before could pass its failure on to those behind: to all
/// that ever follow, or only to those who stood there at the time.
pub(super) async fn a_rejection_reaches_only_its_caller(case: Case) -> Found {
    let subject = case.open();
    let launched = (1..=50).flat_map(|points| {
        let refused = subject.launch(user(1), spend(900_000));
        [refused, subject.launch(user(1), charge(points))]
    });
    let outcomes = outcomes(launched.collect()).await?;
    for pair in outcomes.chunks(2) {
        rejected(pair[0])?;
        accepted(pair[1])?;
    }
    accepted(subject.charge(user(1), 1).await)?;
    ensure_eq!(subject.balance(user(1)).await?.balance, 1_276, "balance after all charges");
    Ok(())
}

/// A strategy that acts first, checks after and takes it back shows whoever reads meanwhile what
/// never was.
pub(super) async fn a_rejected_command_is_never_seen(case: Case) -> Found {
    let subject = case.open();
    let only = accepted(subject.charge(user(1), 50).await)?;
    let launched: Vec<_> = (0..20)
        .map(|turn| {
            subject.launch(user(1), if turn % 2 == 0 { spend(80) } else { charge(999_999) })
        })
        .collect();
    let look = async || {
        ensure_eq!(subject.balance(user(1)).await?, only.after, "account that a reader sees");
        Ok(())
    };
    subject.watch(&launched, look).await?;
    for outcome in outcomes(launched).await? {
        rejected(outcome)?;
    }
    books::agree(&subject, user(1), &[only]).await
}
