//! Crashes: a program or a server is killed at a random moment, and nothing acknowledged is lost.

use std::{
    fs,
    io::Write,
    path::Path,
    process::Command as Process,
    sync::Arc,
    time::{Duration, Instant},
};

use hotrow::{
    domain::{OperationId, Policy},
    store::{ConditionalUpdate, Store},
    strategy::{BatchedQueue, CombiningLock, ConcurrencyStrategy, InStore},
};
use hotrow_stores::{
    Run,
    postgres::{Postgres, PostgresConfig},
    sqlite::{GroupCommit, Sqlite, SqliteConfig},
};
use hotrow_verify::{
    audit::audit_history,
    history::{History, Operation, Reply},
};

use crate::{clients, engines};

/// Kills in a normal run. `HOTROW_KILLS` sets another number.
const KILLS_SQLITE: u32 = 40;
const KILLS_POSTGRES: u32 = 6;

/// The environment variable with the folder of a victim.
const VICTIM: &str = "HOTROW_TEST_VICTIM";

fn kills(default: u32) -> u32 {
    std::env::var("HOTROW_KILLS").map_or(default, |kills| kills.parse().unwrap())
}

fn file_config(folder: &Path) -> SqliteConfig {
    let file = Some(folder.join("points.db"));
    SqliteConfig { file, run: Run::SERVICE, ..engines::sqlite_config() }
}

/// Executes commands and writes down each acknowledged one, until it is killed. It is a test only in
/// name: another test runs it.
#[test]
fn victim_of_the_crash_test() {
    let Ok(folder) = std::env::var(VICTIM) else { return };
    let folder = Path::new(&folder);
    engines::run(async {
        let store = Sqlite::<()>::open(&file_config(folder)).await.unwrap();
        let strategy = Arc::new(InStore::<_, GroupCommit>::new(store, Policy::default()));
        let round: u64 = fs::read_to_string(folder.join("round")).unwrap().parse().unwrap();
        let acknowledged =
            fs::OpenOptions::new().append(true).create(true).open(folder.join("acks"));
        let acknowledged = Arc::new(acknowledged.unwrap());
        let clients =
            (1..=4).map(|client| write_down(&strategy, round << 4 | client, &acknowledged));
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
    });
}

/// Executes commands of one client, and appends the id of each that is acknowledged.
fn write_down<T: ConcurrencyStrategy>(
    strategy: &Arc<T>,
    client: u64,
    acknowledged: &Arc<fs::File>,
) -> tokio::task::JoinHandle<()> {
    let (strategy, acknowledged) = (Arc::clone(strategy), Arc::clone(acknowledged));
    tokio::spawn(async move {
        let mut random = fastrand::Rng::new();
        for number in 0.. {
            let command = clients::command(client, number, &mut random);
            if strategy.execute(command).await.is_ok() {
                // One call appends one whole number.
                (&*acknowledged).write_all(&command.id.0.to_le_bytes()).unwrap();
            }
        }
    })
}

#[test]
fn a_killed_program_loses_nothing_acknowledged_in_sqlite() {
    let scratch = tempfile();
    let folder = scratch.as_path();
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..kills(KILLS_SQLITE) {
        fs::write(folder.join("round"), round.to_string()).unwrap();
        let before = size(&folder.join("acks"));
        let mut victim = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "crashes::victim_of_the_crash_test"])
            .env(VICTIM, folder)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while size(&folder.join("acks")) == before {
            assert!(start.elapsed() < Duration::from_secs(60), "no command was acknowledged");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(random.u64(0..30_000)));
        victim.kill().unwrap();
        victim.wait().unwrap();
        engines::run(check_file(folder));
    }
    fs::remove_dir_all(folder).unwrap();
}

fn tempfile() -> std::path::PathBuf {
    let name = format!("hotrow-test-crash-{}-{:x}", std::process::id(), fastrand::u32(..));
    let folder = std::env::temp_dir().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |metadata| metadata.len())
}

/// Everything acknowledged is in the ledgers, once, and the ledgers follow from the rule.
async fn check_file(folder: &Path) {
    let store = Sqlite::<()>::open(&file_config(folder)).await.unwrap();
    let ledgers = clients::ledgers(&store).await;
    let acknowledged = fs::read(folder.join("acks")).unwrap();
    let acknowledged =
        acknowledged.chunks_exact(8).map(|id| u64::from_le_bytes(id.try_into().unwrap()));
    let entries = ledgers.iter().flat_map(|ledger| &ledger.entries);
    let mut in_ledgers: Vec<OperationId> = entries.map(|entry| entry.receipt.command.id).collect();
    in_ledgers.sort_unstable();
    assert!(in_ledgers.windows(2).all(|pair| pair[0] != pair[1]), "no command is applied twice");
    for id in acknowledged.map(OperationId) {
        assert!(in_ledgers.binary_search(&id).is_ok(), "{id:?} was acknowledged and is lost");
    }
    // An operation without a known outcome for each entry: the rest of the audit is the replay.
    let operations: Vec<Operation> = ledgers
        .iter()
        .flat_map(|ledger| &ledger.entries)
        .map(|entry| {
            let command = entry.receipt.command;
            let (id, user, action) = (command.id, command.user, Some(command.action));
            let (client, reply) = (id.0 >> 40, Reply::Indeterminate);
            Operation { client, id, user, action, called: 0, returned: u64::MAX, reply }
        })
        .collect();
    let history = History { policy: Policy::default(), operations, ledgers };
    if let Err(violation) = audit_history(&history) {
        panic!("{violation}\n{}", violation.diagram());
    }
}

/// Runs clients until the server is gone: each stops at the first command that is not answered.
async fn run_until_crash<T: ConcurrencyStrategy>(
    strategy: &Arc<T>,
    round: u64,
    start: Instant,
) -> Vec<tokio::task::JoinHandle<Vec<Operation>>> {
    let client = |client: u64| {
        let strategy = Arc::clone(strategy);
        tokio::spawn(async move {
            let client = round << 6 | client;
            let mut random = fastrand::Rng::with_seed(client);
            let mut seen = Vec::new();
            for number in 0.. {
                let command = clients::command(client, number, &mut random);
                let called = clients::now(start);
                let outcome = strategy.execute(command).await;
                let operation =
                    clients::operation(client, command, called, clients::now(start), &outcome);
                seen.push(operation);
                if matches!(operation.reply, Reply::Indeterminate | Reply::NotApplied) {
                    break;
                }
            }
            seen
        })
    };
    (1..=8).map(client).collect()
}

#[test]
fn a_killed_server_loses_nothing_acknowledged_in_postgres() {
    engines::run(async {
        let Some(mut server) = engines::postgres("crashes of PostgreSQL").await else { return };
        let config =
            PostgresConfig { timeout: Duration::from_secs(20), ..PostgresConfig::on(&server) };
        let home = Postgres::<()>::open(&config).await.unwrap();
        let config = PostgresConfig {
            schema: Some(Arc::clone(home.schema())),
            run: Run::Join(home.run()),
            ..config
        };
        let policy = engines::tight_policy();
        let queue = Postgres::<CombiningLock>::open(&config).await.unwrap();
        let queue = Arc::new(BatchedQueue::new(queue, policy));
        let statement = Postgres::<()>::open(&config).await.unwrap();
        let statement = Arc::new(InStore::<_, ConditionalUpdate>::new(statement, policy));
        let mut random = fastrand::Rng::with_seed(9);
        let (mut operations, start) = (Vec::new(), Instant::now());
        for round in 0..u64::from(kills(KILLS_POSTGRES)) {
            let clients = match round % 2 {
                0 => run_until_crash(&queue, round, start).await,
                _ => run_until_crash(&statement, round, start).await,
            };
            tokio::time::sleep(Duration::from_millis(random.u64(50..300))).await;
            server.crash().unwrap();
            for client in clients {
                operations.extend(client.await.unwrap());
            }
            server = tokio::task::spawn_blocking(move || {
                server.restart().unwrap();
                server
            })
            .await
            .unwrap();
        }
        let applied = clients::count(&operations, |reply| matches!(reply, Reply::Applied(_)));
        let unclear = clients::count(&operations, |reply| *reply == Reply::Indeterminate);
        eprintln!("{applied} applied, {unclear} indeterminate over all crashes");
        assert!(applied > 20 && unclear > 0, "the crashes hit commands");
        if let Err(violation) = clients::audit(policy, operations, &home).await {
            panic!("{violation}\n{}", violation.diagram());
        }
    });
}
