//! What a user of the store and of the private server sees.

use std::{process::Command as Process, time::Duration};

use hotrow::{
    domain::{Account, CommitError, OperationId, Policy, StoreError, StoreErrorKind},
    store::{
        AdvisoryLock, BatchStore, ConditionalStore, DecidingStore, Page, Resolution,
        ResolvingStore, RowLock, Serializable, Store, StoredFunction, Transaction,
        TransactionalStore,
    },
};

use super::*;
use crate::{
    Run,
    commands::{charge, send_twice, user},
    scratch::ScratchFolder,
};

type Plain = Postgres<()>;

/// Starts a server, or says on the standard error what is skipped.
async fn server(test: &str) -> Option<PostgresServer> {
    if !PostgresServer::is_installed() {
        let required = std::env::var("HOTROW_POSTGRES").is_ok_and(|value| value == "required");
        assert!(!required, "HOTROW_POSTGRES=required, and no PostgreSQL is installed");
        eprintln!("SKIPPED, no PostgreSQL is installed here: {test}");
        return None;
    }
    Some(PostgresServer::start().await.unwrap())
}

async fn error_of(config: &PostgresConfig) -> StoreError {
    Plain::open(config).await.err().expect("the store cannot be opened")
}

/// A server that stays after its owner would be left on every machine that runs a comparison.
#[tokio::test]
async fn a_private_server_serves_and_leaves_nothing_behind() {
    let Some(server) = server("a private server").await else { return };
    let (pid, summary) = (server.pid(), server.summary().to_owned());
    assert!(summary.starts_with("started a private PostgreSQL from "), "{summary}");
    let folder = summary.split(" in ").nth(1).unwrap().split([' ', ',']).next().unwrap().to_owned();
    let store = Plain::open(&PostgresConfig::on(&server)).await.unwrap();
    assert_eq!(store.load(&store.entry(user())).await, Ok(Account::default()));
    drop(store);
    drop(server);
    assert!(!std::path::Path::new(&folder).exists(), "{folder}");
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} still runs");
}

/// Every error in a URL, a password or a server must be one line that says what is wrong.
#[tokio::test]
async fn a_server_that_cannot_be_used_is_named_in_one_line() {
    let Some(server) = server("errors of connections").await else { return };
    let at = |url: String| PostgresConfig {
        location: Location::Url(url),
        timeout: Duration::from_secs(3),
        ..PostgresConfig::default()
    };
    let error = error_of(&at("postgres:/nowhere:x".into())).await;
    assert!(error.message().contains("write postgres://user@host/database"), "{error}");
    let error = error_of(&at("postgres://hotrow@127.0.0.1:1/postgres".into())).await;
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    assert!(error.message().starts_with("PostgreSQL at 127.0.0.1:1: "), "{error}");
    let wrong = format!("postgres://hotrow:wrong@127.0.0.1:{}/postgres", server.port());
    let error = error_of(&at(wrong)).await;
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    assert!(error.message().contains("password authentication failed"), "{error}");
    let missing = server.url().replace("/postgres", "/missing").replace("/missing:", "/postgres:");
    let error = error_of(&at(missing.replacen("missing://", "postgres://", 1))).await;
    assert!(error.message().contains("\"missing\" does not exist"), "{error}");
}

/// A run must drop its own schema, keep those that are to be kept, and touch none of another program.
#[tokio::test]
async fn a_schema_is_dropped_or_kept_and_none_of_another_is_touched() {
    let Some(server) = server("schemas").await else { return };
    let url = server.url();
    let client = pool::connect(&schema::parse(&url).unwrap()).await.unwrap();
    let schemas = async || -> Vec<String> {
        let names = "SELECT nspname::text FROM pg_namespace WHERE nspname ~ 'hotrow|theirs'
                     ORDER BY 1";
        client.query(names, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    client.batch_execute("CREATE SCHEMA theirs; CREATE SCHEMA hotrow_1_dead").await.unwrap();
    let mark =
        "COMMENT ON SCHEMA hotrow_1_dead IS 'hotrow: the tables of one run, dropped at its end'";
    client.batch_execute(mark).await.unwrap();

    let first = Plain::open(&PostgresConfig::on(&server)).await.unwrap();
    let second = Plain::open(&PostgresConfig::on(&server)).await.unwrap();
    let mut expected = vec![first.schema().name().to_owned(), second.schema().name().to_owned()];
    expected.push("theirs".into());
    expected.sort();
    assert_eq!(schemas().await, expected, "the one of a dead owner is gone");
    drop((first, second));
    assert_eq!(schemas().await, ["theirs"]);

    let kept = Schema::keep(&url, "hotrow").await.unwrap();
    let config =
        PostgresConfig { schema: Some(kept), run: Run::SERVICE, ..PostgresConfig::on(&server) };
    let store = Plain::open(&config).await.unwrap();
    let receipt = charge(1, 5).decide(Account::default(), &Policy::default()).unwrap();
    store.commit(&store.entry(user()), &receipt).await.unwrap();
    drop((store, config));
    assert_eq!(schemas().await, ["hotrow", "theirs"]);
    let schema = Some(Schema::keep(&url, "hotrow").await.unwrap());
    let again = PostgresConfig { schema, run: Run::SERVICE, ..PostgresConfig::on(&server) };
    let store = Plain::open(&again).await.unwrap();
    assert_eq!(store.load(&store.entry(user())).await, Ok(receipt.after));

    let error = Schema::keep(&url, "theirs").await.unwrap_err();
    assert_eq!(error.message(), "schema theirs belongs to another program: give another name");
    let error = Schema::keep(&url, "a\"b").await.unwrap_err();
    assert!(error.message().contains("use only a-z, 0-9 and _"), "{error}");
}

/// A command that is sent twice has its first answer, through every way to write; and an operation
/// that was resolved as never applied stays so.
#[tokio::test]
async fn a_command_that_is_sent_twice_is_applied_once() {
    let Some(server) = server("operation ids").await else { return };
    let store = Plain::open(&PostgresConfig::on(&server)).await.unwrap();
    let policy = Policy::default();
    let entry = store.entry(user());
    let (first, again) = send_twice(&store).await;
    let by = DecidingStore::<StoredFunction>::execute(&store, &entry, charge(7, 5), &policy);
    assert_eq!(by.await, Ok(first));
    let mut transaction = TransactionalStore::<RowLock>::begin(&store, &entry).await.unwrap();
    transaction.load().await.unwrap();
    assert_eq!(transaction.commit(&again).await, Ok(first));
    assert_eq!(store.load(&entry).await, Ok(first.receipt.after), "nothing was written");

    assert_eq!(store.resolve(user(), OperationId(7)).await, Ok(Resolution::Applied(first)));
    assert_eq!(store.resolve(user(), OperationId(8)).await, Ok(Resolution::Never));
    let late = charge(8, 5).decide(first.receipt.after, &policy).unwrap();
    assert!(matches!(store.commit(&entry, &late).await, Err(CommitError::NotApplied(_))));
    assert_eq!(store.history(user(), Page::ALL).await, Ok(vec![first]));
    assert_eq!(store.errors().unique_violations, 7);
}

/// A second entry at one version is a lost update. The key of the ledger makes it a conflict.
#[tokio::test]
async fn a_write_at_a_version_that_is_taken_is_a_conflict() {
    let Some(server) = server("conflicts").await else { return };
    let store = Plain::open(&PostgresConfig::on(&server)).await.unwrap();
    let policy = Policy::default();
    let entry = store.entry(user());
    let first = charge(1, 5).decide(Account::default(), &policy).unwrap();
    let second = charge(2, 5).decide(Account::default(), &policy).unwrap();
    store.commit(&entry, &first).await.unwrap();
    match store.commit(&entry, &second).await {
        Err(CommitError::NotApplied(error)) => assert_eq!(error.kind(), StoreErrorKind::Conflict),
        other => panic!("the version is taken: {other:?}"),
    }
    assert_eq!(store.commit_if_unchanged(&entry, &second).await, Ok(None));
    let batch = [second, charge(3, 5).decide(second.after, &policy).unwrap()];
    assert!(matches!(store.commit_all(&entry, &batch).await, Err(CommitError::NotApplied(_))));
    assert_eq!(store.load(&entry).await, Ok(first.after));
    let batch = [
        charge(2, 5).decide(first.after, &policy).unwrap(),
        charge(3, 5).decide(Account { balance: 10, version: 2 }, &policy).unwrap(),
    ];
    let written = store.commit_all(&entry, &batch).await.unwrap();
    assert_eq!(store.history(user(), Page { after: 1, limit: 9 }).await, Ok(written));
}

/// Of two transactions that read the same account, the isolation must stop one.
#[tokio::test]
async fn each_isolation_stops_one_of_two_transactions() {
    let Some(server) = server("isolation").await else { return };
    let config =
        PostgresConfig { timeout: Duration::from_millis(400), ..PostgresConfig::on(&server) };
    let store = Plain::open(&config).await.unwrap();
    let entry = store.entry(user());
    let receipt = |id, before| charge(id, 5).decide(before, &Policy::default()).unwrap();

    let mut first = TransactionalStore::<Serializable>::begin(&store, &entry).await.unwrap();
    let mut second = TransactionalStore::<Serializable>::begin(&store, &entry).await.unwrap();
    let before = (first.load().await.unwrap(), second.load().await.unwrap());
    first.commit(&receipt(1, before.0)).await.unwrap();
    match second.commit(&receipt(2, before.1)).await {
        Err(CommitError::NotApplied(error)) => assert_eq!(error.kind(), StoreErrorKind::Conflict),
        other => panic!("both read version 0: {other:?}"),
    }

    let mut holder = TransactionalStore::<RowLock>::begin(&store, &entry).await.unwrap();
    holder.load().await.unwrap();
    let mut waiter = TransactionalStore::<RowLock>::begin(&store, &entry).await.unwrap();
    assert_eq!(waiter.load().await.unwrap_err().kind(), StoreErrorKind::Busy);
    drop((holder, waiter));

    let mut holder = TransactionalStore::<AdvisoryLock>::begin(&store, &entry).await.unwrap();
    holder.load().await.unwrap();
    let mut waiter = TransactionalStore::<AdvisoryLock>::begin(&store, &entry).await.unwrap();
    assert_eq!(waiter.load().await.unwrap_err().kind(), StoreErrorKind::Busy);
    holder.rollback().await.unwrap();
    drop(waiter);
    assert_eq!(store.load(&entry).await.unwrap().version, 1);
}

/// The environment variable that makes this test program the one that is killed.
const VICTIM: &str = "HOTROW_TEST_VICTIM";

/// Starts a server and waits to be killed. It is a test only in name: another test runs it.
#[tokio::test]
async fn victim_of_the_next_test() {
    let Ok(file) = std::env::var(VICTIM) else { return };
    let server = PostgresServer::start().await.unwrap();
    std::fs::write(file, format!("{}\n{}", server.pid(), server.summary())).unwrap();
    std::future::pending::<()>().await;
}

/// A program that is killed leaves its server running. The next start must end and remove it.
#[tokio::test]
async fn the_next_start_clears_what_a_killed_program_left() {
    if !PostgresServer::is_installed() {
        return;
    }
    let scratch = ScratchFolder::new("test").unwrap();
    let file = scratch.path().join("started");
    let mut victim = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres::tests::victim_of_the_next_test"])
        .env(VICTIM, &file)
        .spawn()
        .unwrap();
    let started = loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if text.lines().count() == 2 {
            break text;
        }
        assert!(victim.try_wait().unwrap().is_none(), "the victim ended by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let pid = started.lines().next().unwrap();
    let folder = started.split(" in ").nth(1).unwrap().split([' ', ',']).next().unwrap();
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists(), "its server still runs");

    let server = PostgresServer::start().await.unwrap();
    assert!(!std::path::Path::new(folder).exists(), "{folder}");
    let command_line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    assert!(command_line.is_empty(), "process {pid} still runs");
    drop(server);
}
