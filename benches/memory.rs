//! What strategies cost in memory: bytes for each user who is left alone, and for each receipt.
//!
//! Users come, charge once and go, until nobody asks any more; then what is on the heap is counted,
//! for several numbers of users, and for several numbers of receipts of the same users. What is
//! printed are the slopes. An allocator counts, so the numbers repeat to the byte.
//!
//! `cargo bench --bench memory` takes under a minute and writes `memory.csv` and `env.json` into
//! `results/local/memory`, or into DIR after `-- --results DIR`. `-- WORD` takes strategies with the
//! word in their name, `-- --list` names them, `-- --quick` counts fewer users, and `-- --test`, of a
//! few, only sees that everything runs and writes nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

#[path = "../tests/counting/mod.rs"]
mod counting;
mod words;

use std::{io, path::Path, process::ExitCode};

use hotrow::{
    domain::{Amount, Policy, UserId},
    record::{Environment, MemoryRow, SCHEMA, SavedRun},
    registry::{self, Entry},
    report::{Align, Column, Table, memory_costs},
    service::Points,
    store::Setup,
};
use tokio::{runtime, task};

use self::{
    counting::LIVE_BYTES,
    words::{Effort, Words, command_line, help_of},
};

/// Where what is found goes if nobody says otherwise.
const RESULTS: &str = "results/local/memory";

/// Receipts of each user, where receipts are counted: powers of two, at which what grows by
/// doubling has no spare room.
const RECEIPTS_EACH: [u64; 2] = [16, 64];

/// Turns of the scheduler after which a task that is idle has gone.
const TURNS: usize = 100;

fn main() -> ExitCode {
    let words = Words::given(RESULTS);
    if words.help {
        println!("{}", help_of(include_str!("memory.rs")));
        return ExitCode::SUCCESS;
    }
    let picked = |entry: &&Entry| !entry.is_reference() && entry.strategy.contains(&words.filter);
    let entries: Vec<&Entry> = registry::entries().filter(picked).collect();
    if words.list {
        entries
            .iter()
            .for_each(|entry| println!("{} on {}: benchmark", entry.strategy, entry.store));
        return ExitCode::SUCCESS;
    }
    let directory = words.results.filter(|_| !entries.is_empty());
    let writable = directory.as_deref();
    let writable = writable.map_or(Ok(()), |directory| SavedRun::prepare(directory, words.earlier));
    let environment = Environment::before(command_line("memory"), 1);
    let saved = writable.and_then(|()| {
        let users = match words.effort {
            Effort::Test => [10, 20, 40],
            Effort::Quick => [1_000, 4_000, 16_000],
            Effort::Full => [8_000, 32_000, 128_000],
        };
        let memory = memory(&entries, users, &environment.run)?;
        println!("{}", table(&memory));
        let run = SavedRun { memory, ..SavedRun::empty(environment.after(false)) };
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

/// Counts everything of everybody, of numbers of users from few to many.
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

/// Users and receipts of what is counted: users alone, or with a receipt each on a store that
/// cannot be without; and then receipts of the fewest users.
fn counts(entry: &Entry, users: [u64; 3]) -> impl Iterator<Item = (u64, u64)> + use<> {
    let each = u64::from(keeps_receipts(entry));
    let fewest = users[0];
    let alone = users.into_iter().map(move |users| (users, users * each));
    alone.chain(RECEIPTS_EACH.map(|each| (fewest, fewest * each)))
}

/// Whether the store has a history whatever it is told.
fn keeps_receipts(entry: &Entry) -> bool {
    entry.store == "tables"
}

/// Bytes on the heap when all users have been served and nobody asks any more.
async fn live_bytes(entry: &Entry, users: u64, receipts: u64) -> u64 {
    let setup = Setup { dense_users: users, history: receipts > 0, ..Setup::default() };
    let before = LIVE_BYTES.get();
    let service = (entry.open)(&setup, Policy::default());
    for _ in 0..(receipts / users).max(1) {
        charge_all(&*service, users).await;
    }
    for _ in 0..TURNS {
        task::yield_now().await;
    }
    let bytes = LIVE_BYTES.get() - before;
    u64::try_from(bytes).expect("a service gives back no more than it has asked for")
}

async fn charge_all(service: &dyn Points, users: u64) {
    let amount = Amount::new(1).expect("one point is an amount");
    for id in 1..=users {
        let user = UserId::new(id).expect("users are counted from one");
        service.charge(user, amount).await.expect("a point has room in every account");
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

fn save(run: &SavedRun, directory: &Path) -> io::Result<()> {
    println!("saved in {}", run.save(directory)?.display());
    Ok(())
}
