//! Measures memory: bytes per idle user, and bytes per receipt.
//!
//! Each user is charged once. When all requests are answered, the bytes on the heap are counted,
//! for several numbers of users, and for several numbers of receipts of the same users. The printed
//! values are the slopes. An allocator counts, so the numbers repeat to the byte.
//!
//! `cargo bench --bench memory` takes under a minute and writes `memory.csv` and `env.json` into
//! `results/local/memory`, or into DIR with `-- --results DIR`. `-- WORD` selects the strategies
//! with WORD in their name, `-- --list` prints their names, and `-- --quick` counts fewer users.
//! `-- --test` counts a few users, to check that everything runs, and writes nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

#[path = "../tests/counting/mod.rs"]
mod counting;
mod words;

use std::{io, path::Path, process::ExitCode};

use hotrow::{
    domain::{Amount, Policy, UserId},
    service::DynPointService,
    store::StoreConfig,
};
use hotrow_cli::rows::BUILD;
use hotrow_registry::Entry;
use hotrow_report::{Align, Column, Table, memory_costs};
use hotrow_results::{Environment, MemoryRow, SCHEMA, StoredRun};
use tokio::{runtime, task};

use self::{
    counting::LIVE_BYTES,
    words::{Effort, Words, command_line, help_of},
};

/// The default directory of results.
const RESULTS: &str = "results/local/memory";

/// Receipts per user in the measurements of receipts: powers of two, at which data that grows by
/// doubling has no spare room.
const RECEIPTS_EACH: [u64; 2] = [16, 64];

/// Yields to the scheduler after which an idle task has ended.
const IDLE_YIELDS: usize = 100;

fn main() -> ExitCode {
    let words = Words::given(RESULTS);
    if words.help {
        println!("{}", help_of(include_str!("memory.rs")));
        return ExitCode::SUCCESS;
    }
    let picked = |entry: &&Entry| !entry.is_reference() && entry.strategy.contains(&words.filter);
    let entries: Vec<&Entry> = hotrow_registry::entries().filter(picked).collect();
    if words.list {
        entries
            .iter()
            .for_each(|entry| println!("{} on {}: benchmark", entry.strategy, entry.store));
        return ExitCode::SUCCESS;
    }
    let directory = words.results.filter(|_| !entries.is_empty());
    let writable = directory.as_deref();
    let writable =
        writable.map_or(Ok(()), |directory| StoredRun::prepare(directory, words.earlier));
    let environment = Environment::before(command_line("memory"), 1, BUILD);
    let saved = writable.and_then(|()| {
        let users = match words.effort {
            Effort::Test => [10, 20, 40],
            Effort::Quick => [1_000, 4_000, 16_000],
            Effort::Full => [8_000, 32_000, 128_000],
        };
        let memory = memory(&entries, users, &environment.run)?;
        println!("{}", table(&memory));
        let run = StoredRun { memory, ..StoredRun::empty(environment.after(false)) };
        directory.as_deref().map_or(Ok(()), |directory| save(&run, directory))
    });
    match saved {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let directory = directory.unwrap_or_default();
            eprintln!("cannot save in {}: {error}{}", directory.display(), words::way_out(&error));
            ExitCode::FAILURE
        }
    }
}

/// Measures every entry with each number of users and receipts.
fn memory(entries: &[&Entry], users: [u64; 3], run: &str) -> io::Result<Vec<MemoryRow>> {
    let runtime = runtime::Builder::new_current_thread().build()?;
    let mut memory = Vec::new();
    for entry in entries {
        for (users, receipts) in counts(entry, users) {
            let live_bytes = runtime.block_on(live_bytes(entry, users, receipts));
            memory.push(row(run, entry, users, receipts, live_bytes));
        }
    }
    Ok(memory)
}

/// Returns the numbers of users and receipts to measure: users alone, or with one receipt each on a
/// store that always keeps them; and then receipts of the smallest number of users.
fn counts(entry: &Entry, users: [u64; 3]) -> impl Iterator<Item = (u64, u64)> + use<> {
    let each = u64::from(always_keeps_receipts(entry));
    let fewest = users[0];
    let alone = users.into_iter().map(move |users| (users, users * each));
    alone.chain(RECEIPTS_EACH.map(|each| (fewest, fewest * each)))
}

/// Returns whether the store keeps receipts even if its ledger is switched off.
fn always_keeps_receipts(entry: &Entry) -> bool {
    entry.store == "simulated"
}

/// Returns the bytes on the heap after all users were served and all tasks are idle.
async fn live_bytes(entry: &Entry, users: u64, receipts: u64) -> u64 {
    let config = StoreConfig { dense_users: users, ledger: receipts > 0, ..StoreConfig::default() };
    let before = LIVE_BYTES.get();
    let service = entry.open_sync(&config, Policy::default());
    for _ in 0..(receipts / users).max(1) {
        charge_all(&*service, users).await;
    }
    for _ in 0..IDLE_YIELDS {
        task::yield_now().await;
    }
    let bytes = LIVE_BYTES.get() - before;
    u64::try_from(bytes).expect("a service frees no more memory than it has allocated")
}

async fn charge_all(service: &dyn DynPointService, users: u64) {
    let amount = Amount::new(1).expect("1 point is a valid amount");
    for id in 1..=users {
        let user = UserId::new(id).expect("an id from 1 is valid");
        service.charge(user, amount).await.expect("an account has room for one point");
    }
}

fn row(run: &str, entry: &Entry, users: u64, receipts: u64, live_bytes: u64) -> MemoryRow {
    MemoryRow {
        schema: SCHEMA,
        run: run.to_owned(),
        store: entry.store.to_owned(),
        strategy: entry.strategy.to_owned(),
        users,
        receipts,
        live_bytes,
    }
}

fn table(memory: &[MemoryRow]) -> String {
    let headings = ["store", "strategy"].map(|name| Column::new(name, Align::Left, 0));
    let numbers = ["bytes per idle user", "bytes per receipt"];
    let numbers = numbers.map(|name| Column::new(name, Align::Right, 0));
    let mut table = Table::new(headings.into_iter().chain(numbers).collect());
    for cost in memory_costs(memory) {
        let (user, receipt) = (cost.bytes_per_user, cost.bytes_per_receipt);
        table.push(vec![cost.store, cost.strategy, format!("{user:.1}"), format!("{receipt:.1}")]);
    }
    table.terminal(80).0
}

fn save(run: &StoredRun, directory: &Path) -> io::Result<()> {
    println!("saved in {}", run.save(directory)?.display());
    Ok(())
}
