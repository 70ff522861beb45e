//! What a user of the store sees: one clear line for bad input, and answers that are true.

use std::{fs, path::PathBuf, sync::Arc};

use hotrow::{
    domain::{
        Account, Action, Amount, Bounds, Command, CommitError, Failure, OperationId, Policy,
        StoreError, StoreErrorKind, UserId,
    },
    store::{
        BatchStore, ConditionalUpdate, DecidingStore, Immediate, Page, Resolution, ResolvingStore,
        Store, Transaction, TransactionalStore,
    },
    strategy::{ConcurrencyStrategy, InStore},
};
use rusqlite::Connection;

use super::*;
use crate::{
    Run,
    commands::{charge, send_twice, user},
    scratch::ScratchFolder,
};

type Plain = Sqlite<()>;

fn spend(id: u64, points: u64) -> Command {
    let action = Action::Use(Amount::new(points).unwrap());
    Command { id: OperationId(id), user: user(), action }
}

fn folder() -> ScratchFolder {
    ScratchFolder::new("test").unwrap()
}

fn at(file: PathBuf) -> SqliteConfig {
    let lock_timeout = std::time::Duration::from_millis(50);
    SqliteConfig { file: Some(file), lock_timeout, ..SqliteConfig::default() }
}

async fn error_of(config: &SqliteConfig) -> StoreError {
    Plain::open(config).await.err().expect("the file cannot be opened")
}

/// Accounts must outlive the process, and two runs in one file must not see each other.
#[tokio::test]
async fn accounts_stay_in_the_file_and_runs_are_apart() {
    let folder = folder();
    let config = SqliteConfig { run: Run::SERVICE, ..at(folder.path().join("points.db")) };
    let store = Plain::open(&config).await.unwrap();
    let receipt = charge(1, 5).decide(Account::default(), &Policy::default()).unwrap();
    let written = store.commit(&store.entry(user()), &receipt).await.unwrap();
    drop(store);

    let again = Plain::open(&config).await.unwrap();
    assert_eq!(again.load(&again.entry(user())).await, Ok(receipt.after));
    assert_eq!(again.history(user(), Page::ALL).await, Ok(vec![written]));
    let other = Plain::open(&SqliteConfig { run: Run::New, ..config }).await.unwrap();
    assert_eq!(other.load(&other.entry(user())).await, Ok(Account::default()));
    assert_ne!(other.run(), again.run());
}

/// A temporary file that stayed would fill the disk, run by run.
#[tokio::test]
async fn a_file_of_the_stores_own_is_removed_with_it() {
    let store = Plain::open(&SqliteConfig::default()).await.unwrap();
    let file = store.file().to_owned();
    assert!(file.exists());
    drop(store);
    assert!(!file.parent().unwrap().exists());
}

/// A file of another program must not get our tables, nor one of a newer version be misread.
#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_in_one_line() {
    let folder = folder();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, but long enough to look at ".repeat(30)).unwrap();
    let error = error_of(&at(text)).await;
    assert!(
        error
            .message()
            .ends_with("notes.txt: the file is not an SQLite database: give another file"),
        "{error}"
    );

    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE account (id)").unwrap();
    let error = error_of(&at(foreign.clone())).await;
    assert!(error.message().ends_with("belongs to another program: give another file"), "{error}");
    let tables: i64 = Connection::open(&foreign)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1, "nothing was added to it");

    let newer = folder.path().join("newer.db");
    drop(Plain::open(&at(newer.clone())).await.unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let error = error_of(&at(newer)).await;
    assert!(
        error.message().contains("its schema has version 9, and this program knows 1"),
        "{error}"
    );
}

/// A missing folder, and a lock of another program, have a line each that says what to do.
#[tokio::test]
async fn a_place_that_cannot_be_used_is_named() {
    let folder = folder();
    let error = error_of(&at(folder.path().join("missing/points.db"))).await;
    assert!(error.message().contains("missing/points.db: the file cannot be opened"), "{error}");

    let file = folder.path().join("locked.db");
    drop(Plain::open(&at(file.clone())).await.unwrap());
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = error_of(&at(file.clone())).await;
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(error.message().contains("another program writes to the file"), "{error}");

    other.execute_batch("ROLLBACK").unwrap();
    let store = Plain::open(&at(file)).await.unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let receipt = charge(1, 5).decide(Account::default(), &Policy::default()).unwrap();
    let entry = store.entry(user());
    match store.commit(&entry, &receipt).await {
        Err(CommitError::NotApplied(error)) => assert_eq!(error.kind(), StoreErrorKind::Busy),
        other => panic!("a locked file takes no commit: {other:?}"),
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.commit(&entry, &receipt).await.is_ok(), "the store recovers by itself");
}

/// A file that cannot be written must be refused at the start, and not at the first command.
#[tokio::test]
async fn a_read_only_file_is_refused_when_it_is_opened() {
    let folder = folder();
    let file = folder.path().join("points.db");
    drop(Plain::open(&at(file.clone())).await.unwrap());
    // Root may write to any file, so the file itself says that it is read-only.
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("PRAGMA query_only = 1").unwrap();
    let error = error::open_error(
        &file,
        connection.execute("INSERT INTO run DEFAULT VALUES", []).unwrap_err(),
    );
    assert!(
        error.message().ends_with("points.db: the file cannot be written: check its permissions"),
        "{error}"
    );
}

/// A disk that is full must lose no acknowledged command, and say so in one line.
#[tokio::test]
async fn a_full_disk_takes_no_command_and_loses_none() {
    let store = Plain::open(&SqliteConfig::default()).await.unwrap();
    let file = store.file().to_owned();
    let limit = |pages: i64| {
        // The limit is that of a connection, so it is set where the commits are.
        move |connection: &Connection| {
            Ok(connection
                .pragma_update(None, "max_page_count", pages)
                .map_err(error::store_error)?)
        }
    };
    let strategy = InStore::<Plain, ConditionalUpdate>::new(store, Policy::default());
    let pages: i64 = Connection::open(&file)
        .unwrap()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    strategy.store().write_for_test(limit(pages + 1)).await.unwrap();
    let mut applied = 0;
    let error = loop {
        match strategy.execute(charge(applied + 1, 1)).await {
            Ok(_) => applied += 1,
            Err(failure) => break failure,
        }
        assert!(applied < 10_000, "a page holds fewer entries");
    };
    assert!(error.to_string().contains("the disk is full: free some space"), "{error}");
    let account = strategy.read(user()).await.unwrap();
    assert_eq!(account, Account { balance: applied, version: applied });
    strategy.store().write_for_test(limit(pages + 1_000)).await.unwrap();
    assert!(strategy.execute(charge(applied + 2, 1)).await.is_ok(), "the store recovers by itself");
}

/// A command that is sent twice has its first answer, through every way to write.
#[tokio::test]
async fn a_command_that_is_sent_twice_is_applied_once() {
    let store = Plain::open(&SqliteConfig::default()).await.unwrap();
    let policy = Policy::default();
    let entry = store.entry(user());
    let (first, again) = send_twice(&store).await;
    let by = DecidingStore::<GroupCommit>::execute(&store, &entry, charge(7, 5), &policy);
    assert_eq!(by.await, Ok(first));
    let mut transaction = TransactionalStore::<Immediate>::begin(&store, &entry).await.unwrap();
    transaction.load().await.unwrap();
    assert_eq!(transaction.commit(&again).await, Ok(first));
    assert_eq!(store.load(&entry).await, Ok(first.receipt.after), "nothing was written");
    assert_eq!(store.history(user(), Page::ALL).await, Ok(vec![first]));
}

/// A batch with a command that was applied before, or on an account that changed, writes nothing.
#[tokio::test]
async fn a_batch_is_written_whole_or_not_at_all() {
    let store = Plain::open(&SqliteConfig::default()).await.unwrap();
    let policy = Policy::default();
    let entry = store.entry(user());
    let mut receipts = vec![charge(1, 5).decide(Account::default(), &policy).unwrap()];
    receipts.push(spend(2, 3).decide(receipts[0].after, &policy).unwrap());
    let written = store.commit_all(&entry, &receipts).await.unwrap();
    assert!(written.iter().map(|entry| entry.receipt).eq(receipts.iter().copied()));

    let after = receipts[1].after;
    let twice = charge(1, 9).decide(after, &policy).unwrap();
    let batch = [twice, charge(3, 9).decide(twice.after, &policy).unwrap()];
    let stale = [receipts[0], receipts[1]];
    for batch in [&batch, &stale] {
        match store.commit_all(&entry, batch).await {
            Err(CommitError::NotApplied(error)) => {
                assert_eq!(error.kind(), StoreErrorKind::Conflict)
            }
            other => panic!("nothing can be written: {other:?}"),
        }
    }
    assert_eq!(store.load(&entry).await, Ok(after));
    assert_eq!(store.history(user(), Page::ALL).await, Ok(written));
}

/// An operation that is resolved as never applied must stay so, even if its command comes later.
#[tokio::test]
async fn a_resolved_operation_stays_as_it_was_resolved() {
    let store = Plain::open(&SqliteConfig::default()).await.unwrap();
    let entry = store.entry(user());
    let receipt = charge(1, 5).decide(Account::default(), &Policy::default()).unwrap();
    let written = store.commit(&entry, &receipt).await.unwrap();
    assert_eq!(store.resolve(user(), OperationId(1)).await, Ok(Resolution::Applied(written)));
    for _ in 0..2 {
        assert_eq!(store.resolve(user(), OperationId(2)).await, Ok(Resolution::Never));
    }
    let late = charge(2, 5).decide(receipt.after, &Policy::default()).unwrap();
    assert!(matches!(store.commit(&entry, &late).await, Err(CommitError::NotApplied(_))));
    assert_eq!(store.load(&entry).await, Ok(receipt.after));
    assert_eq!(store.history(user(), Page::ALL).await, Ok(vec![written]));
    let other = UserId::new(2).unwrap();
    assert!(store.resolve(other, OperationId(1)).await.is_err(), "it is not that user's");
}

/// A transaction that is dropped, as by a cancelled caller, must free the file and write nothing.
#[tokio::test]
async fn a_dropped_transaction_writes_nothing_and_frees_the_file() {
    let config = SqliteConfig { transactions: 1, ..SqliteConfig::default() };
    let store = Plain::open(&config).await.unwrap();
    let entry = store.entry(user());
    let mut dropped = store.begin(&entry).await.unwrap();
    dropped.load().await.unwrap();
    drop(dropped);
    let mut next = store.begin(&entry).await.unwrap();
    let receipt = charge(1, 5).decide(next.load().await.unwrap(), &Policy::default()).unwrap();
    next.commit(&receipt).await.unwrap();
    assert_eq!(store.load(&entry).await, Ok(receipt.after));
}

/// A caller that is dropped before its group is committed must not take the others with it.
#[tokio::test]
async fn commands_share_a_transaction_and_each_has_its_own_outcome() {
    let store = Arc::new(Plain::open(&SqliteConfig::default()).await.unwrap());
    let bounds = Bounds { balance_max: 100, ..Bounds::default() };
    let policy = Policy::new(bounds).unwrap();
    let commands = (1..=150u64).map(|id| if id % 3 == 0 { spend(id, 2) } else { charge(id, 3) });
    let tasks: Vec<_> = commands
        .map(|command| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let entry = store.entry(user());
                DecidingStore::<GroupCommit>::execute(&*store, &entry, command, &policy).await
            })
        })
        .collect();
    tasks[10].abort();
    let mut applied = 0;
    for task in tasks {
        match task.await {
            Ok(Ok(_)) => applied += 1,
            Ok(Err(Failure::Rejected(rejection))) => {
                assert_eq!(rejection.command.decide(rejection.before, &policy), Err(rejection));
            }
            Ok(other) => panic!("no command fails: {other:?}"),
            Err(error) => assert!(error.is_cancelled()),
        }
    }
    let account = store.load(&store.entry(user())).await.unwrap();
    assert!((applied..=applied + 1).contains(&account.version), "{applied} and {account:?}");
    assert!(account.balance <= 100);
}
