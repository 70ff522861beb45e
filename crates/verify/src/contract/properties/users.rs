//! Every user id is served, without a registration.

use crate::contract::{
    check_result::{CheckResult, accepted, rejected},
    fixture::TestCase,
    ledger_check,
    service::user,
};
use hotrow::domain::{Account, UserId};

/// User ids as a sequence or a hash makes them, with the smallest and the largest.
const IDS: [u64; 6] = [1, 2, 1_024, 1_025, 1 << 40, UserId::MAX];

/// A read of an unknown user could fail, or create an account.
pub(super) async fn unknown_user_has_zero_balance(case: TestCase) -> CheckResult {
    let service = case.open();
    for _ in 0..2 {
        for user in IDS.map(user) {
            ensure_eq!(service.balance(user).await?, Account::default(), "account of user {user}");
            ensure_eq!(service.history(user).await?, [], "ledger of user {user}");
        }
    }
    for user in IDS.map(user) {
        let rejection = rejected(service.use_points(user, 1).await)?;
        ensure_eq!(rejection.before, Account::default(), "account of user {user} in a rejection");
    }
    Ok(())
}

/// A strategy could truncate user ids to a fixed size, so that two users share one account.
pub(super) async fn any_user_id_is_served(case: TestCase) -> CheckResult {
    let service = case.open();
    let mut receipts = Vec::new();
    for _ in 0..2 {
        for (user, points) in IDS.map(user).into_iter().zip(1..) {
            receipts.push(accepted(service.charge(user, points).await)?);
        }
    }
    for user in IDS.map(user) {
        ledger_check::agree(&service, user, &receipts).await?;
    }
    Ok(())
}
