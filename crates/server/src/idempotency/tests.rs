//! Keys: when they are new, known, and removed.

use super::*;
use hotrow::domain::{Account, Amount, StoreError, StoreErrorKind};

fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

fn charge(points: u64) -> Action {
    Action::Charge(Amount::new(points).unwrap())
}

const DONE: Answer = Ok(Statement { account: Account { balance: 5, version: 1 }, time_millis: 7 });

/// Inserts a key that must be new, and completes it.
fn insert(keys: &IdempotencyKeys, id: u64, text: &str) {
    match keys.claim(user(id), text, charge(1)) {
        Ok(Claim::New(key)) => keys.complete(&key, DONE),
        _ => panic!("{text} of {id} is not new"),
    }
}

fn is_known(keys: &IdempotencyKeys, id: u64, text: &str) -> bool {
    let same = keys.claim(user(id), text, charge(2));
    matches!(same, Err(problem) if problem != keys.full())
}

impl IdempotencyKeys {
    fn full(&self) -> Problem {
        Problem::new(Code::Overloaded, "too many commands with keys are in progress")
    }
}

/// A command that was applied twice would charge twice. Another command with the same key would
/// get an answer that is not its own.
#[tokio::test]
async fn a_key_is_new_once_and_belongs_to_one_command() {
    let keys = IdempotencyKeys::default();
    let Ok(Claim::New(key)) = keys.claim(user(1), "a", charge(1)) else { panic!("new") };
    let Ok(Claim::Known(again)) = keys.claim(user(1), "a", charge(1)) else { panic!("known") };
    keys.complete(&key, DONE);
    assert_eq!(again.answer().await, DONE);
    let use_of_same = Action::Use(Amount::new(1).unwrap());
    for other in [charge(2), use_of_same] {
        assert!(keys.claim(user(1), "a", other).is_err());
    }
    assert!(matches!(keys.claim(user(2), "a", charge(2)), Ok(Claim::New(_))));
}

/// A repetition of a command that is not applied must be executed, and not get the failure of
/// the first one for a day. A request that waited for the first one gets its answer.
#[tokio::test(start_paused = true)]
async fn the_key_of_a_command_that_is_not_applied_is_new_again() {
    let busy = StoreError::constant(StoreErrorKind::Busy, "no connection is free");
    let keys = IdempotencyKeys::default();
    insert(&keys, 1, "earlier");
    let Ok(Claim::New(first)) = keys.claim(user(1), "a", charge(1)) else { panic!("new") };
    let Ok(Claim::Known(waits)) = keys.claim(user(1), "a", charge(1)) else { panic!("known") };
    keys.complete(&first, Err(Failure::NotApplied(busy)));
    assert_eq!(waits.answer().await, Err(Failure::NotApplied(busy)));
    insert(&keys, 1, "a");
    assert!(is_known(&keys, 1, "earlier") && is_known(&keys, 1, "a"));
    tokio::time::advance(KEY_LIFETIME).await;
    insert(&keys, 1, "a");
    assert_eq!((keys.len(), keys.0.lock().accounts[&user(1)].len()), (1, 1));
}

/// A key that is never removed costs memory; a key that is removed too early allows a second
/// charge.
#[tokio::test(start_paused = true)]
async fn a_key_is_removed_when_its_lifetime_is_over() {
    let keys = IdempotencyKeys::default();
    insert(&keys, 1, "a");
    tokio::time::advance(KEY_LIFETIME - Duration::from_secs(1)).await;
    assert!(is_known(&keys, 1, "a"));
    tokio::time::advance(Duration::from_secs(1)).await;
    insert(&keys, 1, "a");
    assert_eq!(keys.len(), 1);
}

/// Many keys of one account must not displace the keys of others.
#[tokio::test]
async fn an_account_keeps_its_newest_keys() {
    let keys = IdempotencyKeys::default();
    insert(&keys, 2, "other");
    for number in 0..=KEYS_PER_ACCOUNT_MAX {
        insert(&keys, 1, &number.to_string());
    }
    assert!(is_known(&keys, 2, "other") && is_known(&keys, 1, "1"));
    insert(&keys, 1, "0");
}

/// Many accounts with one key each must not exhaust the memory.
#[tokio::test]
async fn the_number_of_keys_is_bounded() {
    let keys = IdempotencyKeys::default();
    for id in 1..=KEYS_MAX as u64 + 10 {
        insert(&keys, id, "a");
    }
    assert_eq!(keys.len(), KEYS_MAX);
    assert_eq!(keys.0.lock().accounts.len(), KEYS_MAX);
    assert!(is_known(&keys, 11, "a"));
    insert(&keys, 10, "a");
}

/// A command that is in progress and whose key was removed would be applied again.
#[tokio::test(start_paused = true)]
async fn the_key_of_a_command_in_progress_is_never_removed() {
    let keys = IdempotencyKeys::default();
    let Ok(Claim::New(first)) = keys.claim(user(1), "a", charge(1)) else { panic!("new") };
    (1..KEYS_PER_ACCOUNT_MAX).for_each(|number| insert(&keys, 1, &number.to_string()));
    assert_eq!(keys.claim(user(1), "more", charge(1)).err(), Some(keys.full()));
    keys.complete(&first, DONE);
    insert(&keys, 1, "more");
}

/// A database keeps ids for ever, so a changed rule would apply old commands again. Two commands
/// with one id would be taken for one.
#[test]
fn the_id_of_an_operation_follows_from_its_key_and_command() {
    let id = |user_id, key: &str, action| operation_id(user(user_id), key, action);
    let first = id(7, "abc", charge(5));
    assert_eq!(first, OperationId(4_365_953_603_453_772_758));
    let spend = Action::Use(Amount::new(5).unwrap());
    for other in [
        id(8, "abc", charge(5)),
        id(7, "abd", charge(5)),
        id(7, "abc", charge(6)),
        id(7, "abc", spend),
    ] {
        assert_ne!(other, first);
        assert!(other.0 < 1 << 63);
    }
}
