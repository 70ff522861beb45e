//! Every user can be served, and nobody has to be told of first.

use crate::{
    domain::{Account, UserId},
    proof::{
        books,
        found::{Found, accepted, rejected},
        subject::{Case, user},
    },
};

/// Numbers as they come from a sequence, from a hash, and at both ends.
const IDS: [u64; 6] = [1, 2, 1_024, 1_025, 1 << 40, UserId::MAX];

/// Asking for somebody unknown could fail, or make an account where there was none.
pub(super) async fn strangers_have_nothing(case: Case) -> Found {
    let subject = case.open();
    for _ in 0..2 {
        for user in IDS.map(user) {
            ensure_eq!(subject.balance(user).await?, Account::default(), "account of user {user}");
            ensure_eq!(subject.history(user).await?, [], "history of user {user}");
        }
    }
    for user in IDS.map(user) {
        let rejection = rejected(subject.use_points(user, 1).await)?;
        ensure_eq!(rejection.before, Account::default(), "account of user {user} in a rejection");
    }
    Ok(())
}

/// Numbers could be cut to the size of a table, and two users share one account.
pub(super) async fn any_id_is_served(case: Case) -> Found {
    let subject = case.open();
    let mut receipts = Vec::new();
    for _ in 0..2 {
        for (user, points) in IDS.map(user).into_iter().zip(1..) {
            receipts.push(accepted(subject.charge(user, points).await)?);
        }
    }
    for user in IDS.map(user) {
        books::agree(&subject, user, &receipts).await?;
    }
    Ok(())
}
