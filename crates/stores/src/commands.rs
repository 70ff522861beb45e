//! Commands of the tests, and the check that both databases share.

use hotrow::{
    domain::{Account, Action, Amount, Command, LedgerEntry, OperationId, Policy, Receipt, UserId},
    store::{BatchStore, ConditionalStore, ConditionalUpdate, DecidingStore},
};

pub(crate) fn user() -> UserId {
    UserId::new(1).unwrap()
}

pub(crate) fn charge(id: u64, points: u64) -> Command {
    let action = Action::Charge(Amount::new(points).unwrap());
    Command { id: OperationId(id), user: user(), action }
}

/// Sends one command twice through every way to write that both databases have: each repetition has
/// the first answer. Returns that answer, and the receipt of a further repetition.
pub(crate) async fn send_twice<S>(store: &S) -> (LedgerEntry, Receipt)
where
    S: ConditionalStore + BatchStore + DecidingStore<ConditionalUpdate>,
{
    let policy = Policy::default();
    let entry = store.entry(user());
    let receipt = charge(7, 5).decide(Account::default(), &policy).unwrap();
    let first = store.commit(&entry, &receipt).await.unwrap();
    let again = charge(7, 5).decide(first.receipt.after, &policy).unwrap();
    assert_eq!(store.commit(&entry, &again).await, Ok(first));
    assert_eq!(store.commit_if_unchanged(&entry, &again).await, Ok(Some(first)));
    assert_eq!(store.commit_all(&entry, &[again]).await, Ok(vec![first]));
    assert_eq!(store.execute(&entry, charge(7, 5), &policy).await, Ok(first));
    (first, again)
}
