//! The rule in SQL is the rule: every statement that decides against `Command::decide`.
//!
//! Each case is an account, a policy and a command, drawn so that many lie on a bound or one beside
//! it. The accounts are written first, one user for each case. Then each command is decided in the
//! store, and outcome, account and reason must be those of `Command::decide`.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt, stream};
use hotrow::{
    domain::{
        Account, Action, Amount, BALANCE_LIMIT, Bounds, Command, Failure, OperationId, Policy,
        Receipt, UserId, VERSION_LIMIT,
    },
    store::{ConditionalUpdate, DecidingStore, Decision, Store, StoredFunction},
};
use hotrow_stores::{
    postgres::{Postgres, PostgresConfig, PostgresServer, ServerOptions, SynchronousCommit},
    sqlite::{GroupCommit, Sqlite, SqliteConfig, Synchronous},
};

use crate::engines;

/// Cases for each statement.
const CASES: u64 = 100_000;

/// Cases in flight at a time.
const IN_FLIGHT: usize = 64;

struct Case {
    before: Account,
    policy: Policy,
    command: Command,
}

/// A number from `values`, or one beside it.
fn near(random: &mut fastrand::Rng, values: &[u64]) -> u64 {
    let value = values[random.usize(..values.len())];
    value.saturating_add(random.u64(..3)).saturating_sub(1)
}

fn policy(random: &mut fastrand::Rng) -> Policy {
    loop {
        let bounds = Bounds {
            amount_min: near(random, &[1, 2, 10, 1_000, BALANCE_LIMIT]),
            amount_max: near(random, &[1, 10, 100, 1_000_000, BALANCE_LIMIT]),
            unit: near(random, &[1, 1, 2, 10, 100, BALANCE_LIMIT]),
            balance_max: near(random, &[0, 1, 100, 1_000_000, BALANCE_LIMIT]),
        };
        if let Ok(policy) = Policy::new(bounds) {
            return policy;
        }
    }
}

fn case(number: u64, random: &mut fastrand::Rng) -> Case {
    let policy = policy(random);
    let Bounds { amount_min, amount_max, unit, balance_max } = policy.bounds();
    let balance = near(random, &[0, amount_min, amount_max, balance_max, BALANCE_LIMIT, 500]);
    let balance = balance.min(BALANCE_LIMIT);
    let to_full = balance_max.saturating_sub(balance);
    let points = near(random, &[1, amount_min, amount_max, unit, 3 * unit, balance, to_full]);
    let points = Amount::new(points.clamp(1, BALANCE_LIMIT)).unwrap();
    // Version 0 is an account without a row, and then its balance is 0.
    let version = near(random, &[1, 1, 7, VERSION_LIMIT]).min(VERSION_LIMIT);
    let before = if version == 0 { Account::default() } else { Account { balance, version } };
    let action = if random.bool() { Action::Charge(points) } else { Action::Use(points) };
    let (id, user) = (OperationId(CASES + number), UserId::new(number).unwrap());
    Case { before, policy, command: Command { id, user, action } }
}

/// The accounts of the cases as columns: user, balance, version.
fn columns(cases: &[Case]) -> [Vec<i64>; 3] {
    let written = || cases.iter().filter(|case| case.before.version > 0);
    let column = |of: fn(&Case) -> u64| written().map(|case| of(case).cast_signed()).collect();
    [
        column(|case| case.command.user.value()),
        column(|case| case.before.balance),
        column(|case| case.before.version),
    ]
}

/// Writes the accounts of the cases into a file, beside the store.
fn write_to_file(store: &Sqlite<()>, cases: &[Case]) {
    let mut connection = rusqlite::Connection::open(store.file()).unwrap();
    let transaction = connection.transaction().unwrap();
    let [users, balances, versions] = columns(cases);
    let mut insert = transaction.prepare("INSERT INTO account VALUES (?1, ?2, ?3, ?4)").unwrap();
    for ((user, balance), version) in users.iter().zip(balances).zip(versions) {
        insert.execute((store.run(), user, balance, version)).unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
}

/// Writes the accounts of the cases into the tables of a server, beside the store.
async fn write_to_server(server: &PostgresServer, store: &Postgres<()>, cases: &[Case]) {
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(async move { connection.await.ok() });
    let [users, balances, versions] = columns(cases);
    let insert = format!(
        "INSERT INTO {}.account SELECT {}, * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])",
        store.schema().name(),
        store.run()
    );
    client.execute(&insert, &[&users, &balances, &versions]).await.unwrap();
}

/// Decides a case in the store, and compares.
async fn decide<S: DecidingStore<D>, D: Decision>(store: &S, case: &Case, kinds: &[AtomicU64; 7]) {
    let Case { before, policy, command } = case;
    let entry = store.entry(command.user);
    let decided = store.execute(&entry, *command, policy).await;
    let expected = command.decide(*before, policy);
    let decided = match decided {
        Ok(entry) => Ok(entry.receipt),
        Err(Failure::Rejected(rejection)) => Err(rejection),
        Err(other) => panic!("{}: {other} at {command:?} on {before:?} by {policy}", D::NAME),
    };
    assert_eq!(decided, expected, "{} at {command:?} on {before:?} by {policy}", D::NAME);
    kinds[kind(&expected)].fetch_add(1, Ordering::Relaxed);
}

fn kind(decision: &Result<Receipt, hotrow::domain::Rejection>) -> usize {
    use hotrow::domain::Reason;
    match decision.as_ref().map_err(|rejection| rejection.reason) {
        Ok(_) => 0,
        Err(Reason::AmountBelowMinimum { .. }) => 1,
        Err(Reason::AmountAboveMaximum { .. }) => 2,
        Err(Reason::AmountNotInUnits { .. }) => 3,
        Err(Reason::InsufficientBalance) => 4,
        Err(Reason::BalanceAboveMaximum { .. }) => 5,
        Err(Reason::LedgerFull { .. }) => 6,
    }
}

/// The cases of all tests.
fn cases() -> Vec<Case> {
    let mut random = fastrand::Rng::with_seed(11);
    (1..=CASES).map(|number| case(number, &mut random)).collect()
}

/// Holds the rule of the store, as `D` decides, against `Command::decide`.
async fn check<S: DecidingStore<D>, D: Decision>(store: &S, cases: &[Case]) {
    let kinds: [AtomicU64; 7] = Default::default();
    let decided = stream::iter(cases).map(|case| decide::<S, D>(store, case, &kinds));
    decided.buffer_unordered(IN_FLIGHT).collect::<()>().await;
    let kinds = kinds.map(AtomicU64::into_inner);
    assert!(kinds.iter().all(|cases| *cases > 300), "{}: each reason occurs: {kinds:?}", D::NAME);
}

/// Durability has no part in the rule.
fn fast_sqlite() -> SqliteConfig {
    SqliteConfig { synchronous: Synchronous::Off, ..engines::sqlite_config() }
}

#[test]
fn the_conditional_update_of_sqlite_decides_as_the_policy_does() {
    engines::run(async {
        let store = Sqlite::<()>::open(&fast_sqlite()).await.unwrap();
        let cases = cases();
        write_to_file(&store, &cases);
        check::<_, ConditionalUpdate>(&store, &cases).await;
    });
}

#[test]
fn the_group_commit_of_sqlite_decides_as_the_policy_does() {
    engines::run(async {
        let store = Sqlite::<()>::open(&fast_sqlite()).await.unwrap();
        let cases = cases();
        write_to_file(&store, &cases);
        check::<_, GroupCommit>(&store, &cases).await;
    });
}

async fn fast_postgres(server: &PostgresServer) -> Postgres<()> {
    let config = PostgresConfig {
        synchronous_commit: SynchronousCommit::Off,
        pool: 8,
        ..engines::postgres_config(server)
    };
    Postgres::open(&config).await.unwrap()
}

#[test]
fn the_statement_and_the_function_of_postgres_decide_as_the_policy_does() {
    engines::run(async {
        if engines::postgres("the rule in PostgreSQL").await.is_none() {
            return;
        }
        let settings = vec![("fsync".into(), "off".into())];
        let server = PostgresServer::start_with(ServerOptions { settings }).await.unwrap();
        let cases = cases();
        let store = fast_postgres(&server).await;
        write_to_server(&server, &store, &cases).await;
        check::<_, ConditionalUpdate>(&store, &cases).await;
        let store = fast_postgres(&server).await;
        write_to_server(&server, &store, &cases).await;
        check::<_, StoredFunction>(&store, &cases).await;
    });
}
