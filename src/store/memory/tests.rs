//! The account cell: its size, its word, and what a commit returns.

use futures_util::FutureExt;

use super::*;
use crate::domain::{Action, Amount, Command, OperationId};

/// A cell of more than one cache line would cost a second cache miss on every command, and more
/// than the guaranteed memory per idle user.
#[test]
fn a_cell_is_one_cache_line() {
    assert_eq!(size_of::<AccountCell<()>>(), 64);
    assert_eq!(size_of::<AccountCell<[u64; 6]>>(), 64);
}

/// Returns the receipt that raises the balance from `before` by 5 points.
fn charge(before: Account) -> Receipt {
    let user = UserId::new(1).unwrap();
    let id = OperationId(before.version + 1);
    let command = Command { id, user, action: Action::Charge(Amount::new(5).unwrap()) };
    let after = Account { balance: before.balance + 5, version: before.version + 1 };
    Receipt { command, before, after }
}

fn ledger(memory: &Memory<()>) -> Vec<LedgerEntry> {
    let history = memory.history(UserId::new(1).unwrap(), Page::ALL);
    history.now_or_never().unwrap().unwrap()
}

/// The answer to a client holds the entry that the commit returns, and nothing reads it again.
#[test]
fn a_commit_returns_the_entry_that_the_ledger_holds() {
    let config = StoreConfig::default();
    let memory = Memory::<()>::new(&config);
    let entry = memory.entry(UserId::new(1).unwrap());
    let first = memory.commit_sync(&entry, &charge(Account::default()));
    config.tick.advance(config.tick.millis() + 1_000);
    let next = charge(first.receipt.after);
    let second = memory.commit_if_unchanged(&entry, &next).now_or_never().unwrap().unwrap();
    let second = second.expect("the account is unchanged");
    assert_eq!(second.time_millis, config.tick.millis());
    assert_eq!(ledger(&memory), [first, second]);
    let stale = charge(Account::default());
    let failed = memory.commit_if_unchanged(&entry, &stale).now_or_never();
    assert_eq!(failed, Some(Ok(None)));
}

/// A store without a ledger has no entry with a time.
#[test]
fn a_commit_without_a_ledger_has_no_time() {
    let memory = Memory::<()>::new(&StoreConfig { ledger: false, ..StoreConfig::default() });
    let entry = memory.entry(UserId::new(1).unwrap());
    assert_eq!(memory.commit_sync(&entry, &charge(Account::default())).time_millis, 0);
    assert_eq!(ledger(&memory), []);
}

/// A batch ends at the account after its last receipt, and each receipt has its line.
#[test]
fn a_batch_commits_all_of_its_receipts() {
    let memory = Memory::<()>::new(&StoreConfig::default());
    let entry = memory.entry(UserId::new(1).unwrap());
    let mut receipts = vec![charge(Account::default())];
    for _ in 0..9 {
        receipts.push(charge(receipts[receipts.len() - 1].after));
    }
    let written = memory.commit_all(&entry, &receipts).now_or_never().unwrap().unwrap();
    assert!(written.iter().map(|entry| entry.receipt).eq(receipts));
    assert_eq!(ledger(&memory), written);
    assert_eq!(memory.load_sync(&entry), Account { balance: 50, version: 10 });
    assert_eq!(memory.commit_all(&entry, &[]).now_or_never(), Some(Ok(Vec::new())));
    assert_eq!(memory.load_sync(&entry), Account { balance: 50, version: 10 });
}

/// Packing must preserve both halves of the word, at both ends of their ranges.
#[test]
fn an_account_survives_its_word() {
    for balance in [0, 1, u64::from(u32::MAX)] {
        for version in [0, 1, u64::from(u32::MAX)] {
            let account = Account { balance, version };
            assert_eq!(unpack(pack(account)), account);
        }
    }
}
