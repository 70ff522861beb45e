//! Mistakes that database code makes, each caught by the audit.
//!
//! The tables of the store have keys that turn a lost update into a conflict. So the bugs live on
//! bare tables, as many programs have them: an account, and a log without unique keys. The same
//! code without a bug passes on them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join3;
use hotrow::domain::{
    Account, Action, Amount, Command, Failure, Fault, LedgerEntry, OperationId, Outcome, Policy,
    Receipt, StoreError, StoreErrorKind, UserId,
};
use hotrow_stores::{
    postgres::PostgresServer,
    proxy::{Proxy, ProxyOptions},
};
use hotrow_verify::{
    audit::{Check, Violation, audit_history},
    history::{History, Ledger, Operation, Reply},
};
use tokio_postgres::{Client, Error, NoTls, Row};

use crate::{clients, engines};

const CLIENTS: u64 = 8;
const COMMANDS: u64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    /// None: `SELECT .. FOR UPDATE`, decide, write, commit.
    None,
    /// The snapshot of the statement is older than the lock that it waits for.
    LockAndReadInOneStatement,
    /// Read committed, and a select that locks nothing.
    PlainSelect,
    /// A command whose answer was lost is sent again with another id.
    RetryWithNewId,
    /// The rule is checked before the transaction, which then adds to whatever it finds.
    CheckOutside,
    /// A pool hands out a connection whose transaction was aborted, and COMMIT "succeeds" on it.
    AbortedInPool,
    /// The client has its answer before COMMIT is sent.
    AcknowledgedBeforeCommit,
}

/// Bare tables, and how to reach them.
struct Bare {
    bug: Bug,
    policy: Policy,
    url: String,
    /// One in-process lock, for the bugs that are not about locks.
    lock: tokio::sync::Mutex<()>,
    executed: AtomicU64,
}

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

fn failed() -> StoreError {
    StoreError::constant(StoreErrorKind::Failed, "the statement failed")
}

fn account(row: &Row) -> Account {
    let (balance, version): (i64, i64) = (row.get(0), row.get(1));
    // A lost check leaves a negative balance, which no account has.
    Account { balance: balance.unsigned_abs(), version: version.unsigned_abs() }
}

fn signed(action: Action) -> i64 {
    let points = action.amount().points().cast_signed();
    if matches!(action, Action::Use(_)) { -points } else { points }
}

fn write_sql(user: UserId, id: OperationId, receipt: &Receipt) -> String {
    let Account { balance, version } = receipt.after;
    let (amount, id) = (signed(receipt.command.action), id.0);
    format!(
        "UPDATE account SET balance = {balance}, version = {version} WHERE user_id = {user};
         INSERT INTO ledger (user_id, version, op_id, amount, balance)
         VALUES ({user}, {version}, {id}, {amount}, {balance})"
    )
}

impl Bare {
    async fn execute(&self, client: &mut Client, command: Command) -> Outcome {
        match self.bug {
            Bug::CheckOutside => self.check_outside(client, command).await,
            Bug::AbortedInPool => self.trust_commit_alone(client, command).await,
            Bug::RetryWithNewId => self.retry_with_new_id(client, command).await,
            _ => self.in_transaction(client, command, command.id).await.map_err(unclear)?,
        }
    }

    fn load_sql(&self, user: UserId) -> String {
        let load = format!("SELECT balance, version FROM account WHERE user_id = {user}");
        match self.bug {
            Bug::PlainSelect => load,
            Bug::LockAndReadInOneStatement => format!(
                "SELECT balance, version FROM (SELECT pg_advisory_xact_lock({user})) AS lock, account
                 WHERE user_id = {user}"
            ),
            _ => format!("{load} FOR UPDATE"),
        }
    }

    async fn in_transaction(
        &self,
        client: &mut Client,
        command: Command,
        id: OperationId,
    ) -> Result<Outcome, Error> {
        client.batch_execute("BEGIN").await?;
        let before = account(&client.query_one(&self.load_sql(command.user), &[]).await?);
        let receipt = match command.decide(before, &self.policy) {
            Ok(receipt) => receipt,
            Err(rejection) => {
                client.batch_execute("ROLLBACK").await?;
                return Ok(Err(rejection.into()));
            }
        };
        client.batch_execute(&write_sql(command.user, id, &receipt)).await?;
        if self.bug == Bug::AcknowledgedBeforeCommit {
            let url = self.url.clone();
            let committing = std::mem::replace(client, connect(&url).await?);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(3)).await;
                committing.batch_execute("COMMIT").await
            });
        } else {
            client.batch_execute("COMMIT").await?;
        }
        Ok(Ok(LedgerEntry { receipt, time_millis: 0 }))
    }

    async fn check_outside(&self, client: &Client, command: Command) -> Outcome {
        let Command { user, id, action } = command;
        let load = format!("SELECT balance, version FROM account WHERE user_id = {user}");
        let before = account(&client.query_one(&load, &[]).await.map_err(unclear)?);
        command.decide(before, &self.policy)?;
        let (amount, id) = (signed(action), id.0);
        let add = format!(
            "WITH put AS (
                 UPDATE account SET balance = balance + {amount}, version = version + 1
                 WHERE user_id = {user} RETURNING balance, version)
             INSERT INTO ledger (user_id, version, op_id, amount, balance)
             SELECT {user}, version, {id}, {amount}, balance FROM put RETURNING balance, version"
        );
        let after = account(&client.query_one(&add, &[]).await.map_err(unclear)?);
        let before = Account { balance: before.balance, version: after.version.saturating_sub(1) };
        Ok(LedgerEntry { receipt: Receipt { command, before, after }, time_millis: 0 })
    }

    /// Sends BEGIN, the write and COMMIT together and looks at the answer to COMMIT, on a connection
    /// that an earlier command may have left aborted.
    async fn trust_commit_alone(&self, client: &Client, command: Command) -> Outcome {
        let _exclusive = self.lock.lock().await;
        let reader = connect(&self.url).await.map_err(unclear)?;
        let load = format!("SELECT balance, version FROM account WHERE user_id = {}", command.user);
        let before = account(&reader.query_one(&load, &[]).await.map_err(unclear)?);
        let receipt = command.decide(before, &self.policy)?;
        if self.executed.fetch_add(1, Ordering::Relaxed) % 8 == 3 {
            let aborted = client.batch_execute("BEGIN; SELECT 1 / 0").await;
            assert!(aborted.is_err());
            return Err(failed().into());
        }
        let write = write_sql(command.user, command.id, &receipt);
        let (_, _, committed) = join3(
            client.batch_execute("BEGIN"),
            client.batch_execute(&write),
            client.batch_execute("COMMIT"),
        )
        .await;
        committed.map_err(unclear)?;
        Ok(LedgerEntry { receipt, time_millis: 0 })
    }

    async fn retry_with_new_id(&self, client: &mut Client, command: Command) -> Outcome {
        let mut id = command.id;
        loop {
            if let Ok(outcome) = self.in_transaction(client, command, id).await {
                return outcome;
            }
            id = OperationId(id.0 + (1 << 39));
            while let Err(_lost) = connect(&self.url).await.map(|fresh| *client = fresh) {}
        }
    }
}

/// What a driver's error means without a look at it.
fn unclear(_error: Error) -> Failure {
    Failure::Indeterminate(Fault::Store(failed()))
}

/// Runs clients with a bug on new tables, and audits.
async fn audit_of(server: &PostgresServer, bug: Bug) -> Result<(), Violation> {
    let admin = connect(&server.url()).await.unwrap();
    let tables = "DROP TABLE IF EXISTS account, ledger;
        CREATE TABLE account (user_id bigint PRIMARY KEY, balance bigint, version bigint);
        CREATE TABLE ledger (id bigserial PRIMARY KEY, user_id bigint, version bigint,
                             op_id bigint, amount bigint, balance bigint);
        INSERT INTO account SELECT user_id, 0, 0 FROM generate_series(1, 4) AS user_id";
    admin.batch_execute(tables).await.unwrap();
    let address = ([127, 0, 0, 1], server.port()).into();
    let proxy =
        Proxy::start(address, ProxyOptions { seed: 5, ..Default::default() }).await.unwrap();
    let port = |port: u16| format!(":{port}/");
    let url = server.url().replace(&port(server.port()), &port(proxy.address().port()));
    let (policy, executed) = (engines::tight_policy(), AtomicU64::new(0));
    let bare = Arc::new(Bare { bug, policy, url, lock: Default::default(), executed });
    let operations = run_clients(&bare, &proxy).await;
    let ledgers = ledgers(&admin).await;
    audit_history(&History { policy, operations, ledgers }).map(|_| ())
}

async fn run_clients(bare: &Arc<Bare>, proxy: &Proxy) -> Vec<Operation> {
    let start = Instant::now();
    let mut running = Vec::new();
    for client in 1..=CLIENTS {
        let bare = Arc::clone(bare);
        let mut connection = connect(&bare.url).await.unwrap();
        let reader = connect(&bare.url).await.unwrap();
        running.push(tokio::spawn(async move {
            let mut random = fastrand::Rng::with_seed(client);
            let mut seen = Vec::new();
            for number in 0..COMMANDS {
                let command = clients::command(client, number, &mut random);
                let called = clients::now(start);
                let outcome = bare.execute(&mut connection, command).await;
                let returned = clients::now(start);
                seen.push(clients::operation(client, command, called, returned, &outcome));
                let load = format!(
                    "SELECT balance, version FROM account WHERE user_id = {}",
                    command.user
                );
                let called = clients::now(start);
                if let Ok(row) = reader.query_one(&load, &[]).await {
                    let reply = Reply::Read(account(&row));
                    let (user, id) = (command.user, OperationId::UNRECORDED);
                    let returned = clients::now(start);
                    seen.push(Operation {
                        client,
                        id,
                        user,
                        action: None,
                        called,
                        returned,
                        reply,
                    });
                }
            }
            seen
        }));
    }
    if bare.bug == Bug::RetryWithNewId {
        proxy.swallow_one_in(20);
    }
    let mut operations = Vec::new();
    for client in running {
        operations.extend(client.await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    operations
}

async fn ledgers(admin: &Client) -> Vec<Ledger> {
    let mut ledgers = Vec::new();
    for user in (1..=4).map(clients::user) {
        let load = format!("SELECT balance, version FROM account WHERE user_id = {user}");
        let account = account(&admin.query_one(&load, &[]).await.unwrap());
        let history = format!(
            "SELECT version, op_id, amount, balance FROM ledger WHERE user_id = {user}
             ORDER BY version, id"
        );
        let rows = admin.query(&history, &[]).await.unwrap();
        ledgers.push(Ledger {
            user,
            account,
            entries: rows.iter().map(|row| entry(user, row)).collect(),
        });
    }
    ledgers
}

fn entry(user: UserId, row: &Row) -> LedgerEntry {
    let (version, id): (i64, i64) = (row.get(0), row.get(1));
    let (amount, balance): (i64, i64) = (row.get(2), row.get(3));
    let points = Amount::new(amount.unsigned_abs()).unwrap();
    let action = if amount < 0 { Action::Use(points) } else { Action::Charge(points) };
    let command = Command { id: OperationId(id.cast_unsigned()), user, action };
    let account = |balance: i64, version: i64| Account {
        balance: balance.unsigned_abs(),
        version: version.unsigned_abs(),
    };
    let (before, after) = (account(balance - amount, version - 1), account(balance, version));
    LedgerEntry { receipt: Receipt { command, before, after }, time_millis: 0 }
}

/// A check that fails for the code without a bug, too, would catch nothing.
#[test]
fn the_code_without_a_bug_passes_and_each_bug_is_caught() {
    engines::run(async {
        let Some(server) = engines::postgres("seeded bugs").await else { return };
        let clean = audit_of(&server, Bug::None).await;
        assert!(clean.is_ok(), "{}", clean.unwrap_err());
        let caught = async |bug| audit_of(&server, bug).await.expect_err(&format!("{bug:?}"));
        for bug in [
            Bug::LockAndReadInOneStatement,
            Bug::PlainSelect,
            Bug::CheckOutside,
            Bug::AcknowledgedBeforeCommit,
        ] {
            eprintln!("{bug:?}: {}", caught(bug).await);
        }
        for bug in [Bug::RetryWithNewId, Bug::AbortedInPool] {
            let violation = caught(bug).await;
            assert_eq!(violation.step, Check::Correspondence, "{bug:?}: {violation}");
            eprintln!("{bug:?}: {violation}");
        }
    });
}
