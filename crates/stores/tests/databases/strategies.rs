//! Every strategy on every store that it fits: clients on a hot row, then an audit.

use std::sync::Arc;

use hotrow::{
    store::{
        AdvisoryLock, ConditionalUpdate, Immediate, RowLock, Serializable, Store, StoredFunction,
    },
    strategy::{
        AsyncMutex, BatchedQueue, Cas, CombiningLock, ConcurrencyStrategy, InStore, InTransaction,
        Queue, Version,
    },
    sync::asynchronous,
};
use hotrow_stores::{
    Run,
    postgres::{Postgres, PostgresConfig},
    sqlite::{GroupCommit, Sqlite, SqliteConfig},
};
use hotrow_verify::history::Reply;

use crate::{clients, engines};

const CLIENTS: u64 = 12;
const COMMANDS: u64 = 60;

/// Runs clients on a strategy, and audits over a second store on the same accounts.
async fn check<T, S>(config: &<T::Store as Store>::Config, second: &S)
where
    T: ConcurrencyStrategy,
    S: Store,
{
    let policy = engines::tight_policy();
    let store = T::Store::open(config).await.unwrap();
    let strategy = Arc::new(T::new(store, policy));
    let operations = clients::run_clients(&strategy, CLIENTS, COMMANDS, 1).await;
    let applied = clients::count(&operations, |reply| matches!(reply, Reply::Applied(_)));
    let rejected = clients::count(&operations, |reply| matches!(reply, Reply::Refused(_)));
    let unclear = clients::count(&operations, |reply| {
        matches!(reply, Reply::NotApplied | Reply::Indeterminate)
    });
    assert!(applied > 100 && rejected > 100, "{}: {applied} applied, {rejected} rejected", T::NAME);
    assert_eq!(unclear, 0, "{}: nothing fails here", T::NAME);
    if let Err(violation) = clients::audit(policy, operations, second).await {
        panic!("{}: {violation}\n{}", T::NAME, violation.diagram());
    }
}

/// Checks a strategy on a new run of a file.
async fn on_sqlite<T>()
where
    T: ConcurrencyStrategy<Store: Store<Config = SqliteConfig>>,
{
    let home = Sqlite::<()>::open(&engines::sqlite_config()).await.unwrap();
    let config = SqliteConfig {
        file: Some(home.file().to_owned()),
        run: Run::Join(home.run()),
        ..engines::sqlite_config()
    };
    check::<T, _>(&config, &home).await;
}

#[test]
fn every_strategy_that_fits_keeps_its_accounts_on_sqlite() {
    engines::run(async {
        on_sqlite::<Queue<Sqlite<CombiningLock>>>().await;
        on_sqlite::<AsyncMutex<Sqlite<asynchronous::Mutex<()>>>>().await;
        on_sqlite::<Cas<Sqlite<()>>>().await;
        on_sqlite::<Version<Sqlite<()>>>().await;
        on_sqlite::<InTransaction<Sqlite<()>, Immediate>>().await;
        on_sqlite::<InStore<Sqlite<()>, ConditionalUpdate>>().await;
        on_sqlite::<InStore<Sqlite<()>, GroupCommit>>().await;
        on_sqlite::<BatchedQueue<Sqlite<CombiningLock>>>().await;
    });
}

/// Checks a strategy on a new run of a server, through a pool that is smaller than the clients are
/// many.
async fn on_postgres<T>(config: &PostgresConfig)
where
    T: ConcurrencyStrategy<Store: Store<Config = PostgresConfig>>,
{
    let home = Postgres::<()>::open(config).await.unwrap();
    let config = PostgresConfig {
        schema: Some(Arc::clone(home.schema())),
        run: Run::Join(home.run()),
        pool: 8,
        ..config.clone()
    };
    check::<T, _>(&config, &home).await;
}

#[test]
fn every_strategy_that_fits_keeps_its_accounts_on_postgres() {
    engines::run(async {
        let Some(server) = engines::postgres("strategies on PostgreSQL").await else { return };
        let config = engines::postgres_config(&server);
        on_postgres::<Queue<Postgres<CombiningLock>>>(&config).await;
        on_postgres::<AsyncMutex<Postgres<asynchronous::Mutex<()>>>>(&config).await;
        on_postgres::<Version<Postgres<()>>>(&config).await;
        on_postgres::<InTransaction<Postgres<()>, RowLock>>(&config).await;
        on_postgres::<InTransaction<Postgres<()>, AdvisoryLock>>(&config).await;
        on_postgres::<InTransaction<Postgres<()>, Serializable>>(&config).await;
        on_postgres::<InStore<Postgres<()>, ConditionalUpdate>>(&config).await;
        on_postgres::<InStore<Postgres<()>, StoredFunction>>(&config).await;
        on_postgres::<BatchedQueue<Postgres<CombiningLock>>>(&config).await;
    });
}

/// Two queues on one account, as in two processes: each finds that the other has written.
#[test]
fn two_batched_queues_share_an_account() {
    engines::run(async {
        let Some(server) = engines::postgres("two queues on PostgreSQL").await else { return };
        let home = Postgres::<()>::open(&engines::postgres_config(&server)).await.unwrap();
        let config = PostgresConfig {
            schema: Some(Arc::clone(home.schema())),
            run: Run::Join(home.run()),
            ..engines::postgres_config(&server)
        };
        let policy = engines::tight_policy();
        let open = async || {
            let store = Postgres::<CombiningLock>::open(&config).await.unwrap();
            Arc::new(BatchedQueue::new(store, policy))
        };
        let strategy = Arc::new(TwoProcesses { one: open().await, other: open().await });
        let operations = strategy.run(CLIENTS, COMMANDS).await;
        if let Err(violation) = clients::audit(policy, operations, &home).await {
            panic!("{violation}\n{}", violation.diagram());
        }
    });
}

/// Two strategies over one database, as two processes have them.
struct TwoProcesses<T> {
    one: Arc<T>,
    other: Arc<T>,
}

impl<T: ConcurrencyStrategy> TwoProcesses<T> {
    /// Sends each command to one of the two in turn.
    async fn run(
        self: &Arc<Self>,
        clients: u64,
        commands: u64,
    ) -> Vec<hotrow_verify::history::Operation> {
        let start = std::time::Instant::now();
        let client = |client: u64| {
            let this = Arc::clone(self);
            tokio::spawn(async move {
                let mut random = fastrand::Rng::with_seed(client);
                let mut seen = Vec::new();
                for number in 0..commands {
                    let command = clients::command(client, number, &mut random);
                    let strategy = if random.bool() { &this.one } else { &this.other };
                    let called = clients::now(start);
                    let outcome = strategy.execute(command).await;
                    let returned = clients::now(start);
                    seen.push(clients::operation(client, command, called, returned, &outcome));
                }
                seen
            })
        };
        let running: Vec<_> = (1..=clients).map(client).collect();
        let mut operations = Vec::new();
        for task in running {
            operations.extend(task.await.unwrap());
        }
        operations
    }
}
