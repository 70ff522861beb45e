//! The comparison that runs when nothing else was asked for: four cells in about half a minute.

use std::time::Duration;

use super::{
    arguments::Output,
    failure::Failure,
    plan::{Plan, PlannedCell, contestants, threads_of_machine},
};
use crate::{
    database::Latency,
    engine::{Cell, Clients, Schedule},
    registry::{self, Entry},
};

/// Intervals need six, and a machine in use may cost one.
const BLOCKS: u32 = 8;

/// Every strategy on one hot row, asked by threads and by tasks, on rows enough to go round, and on
/// the slow tables.
pub(super) fn plan(output: &Output) -> Result<Plan, Failure> {
    plan_of("", output)
}

/// The same of the strategies that have `filter` in their names, in cells where there is one.
pub(super) fn plan_of(filter: &str, output: &Output) -> Result<Plan, Failure> {
    let threads = threads_of_machine();
    let cells = [
        ("slab", 1, threads, Latency::None),
        ("slab", 1, Clients::Tasks(64), Latency::None),
        ("slab", 1_024, threads, Latency::None),
        ("tables", 1, Clients::Tasks(32), Latency::Assignment),
    ];
    let mut planned = Vec::new();
    for (store, users, clients, latency) in cells {
        let named = named(filter, store);
        if !filter.is_empty() && named.is_empty() {
            continue;
        }
        let cell = Cell { users, latency, ..Cell::hot_row(clients) };
        planned.push(PlannedCell { cell, contestants: contestants(store, latency, &named)? });
    }
    let [warm_up, capacity_window, latency_window] = [5, 30, 15].map(Duration::from_millis);
    let seed = output.seed;
    let schedule = Schedule { blocks: BLOCKS, warm_up, capacity_window, latency_window, seed };
    Ok(Plan { cells: planned, schedule })
}

/// Those of a store that `filter` picks; it names none if it is empty, which stands for all.
fn named(filter: &str, store: &str) -> Vec<String> {
    let picked = |entry: &&Entry| {
        entry.store == store && !filter.is_empty() && entry.strategy.contains(filter)
    };
    registry::entries().filter(picked).map(|entry| entry.strategy.to_owned()).collect()
}
