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
    workload::Mix,
};

/// Intervals need six, and a machine in use may cost one.
const BLOCKS: u32 = 8;

/// Every strategy on one hot row, asked by threads and by tasks, on rows enough to go round, and on
/// the slow tables.
pub(super) fn plan(output: &Output) -> Result<Plan, Failure> {
    let threads = threads_of_machine();
    let cells = [
        ("slab", 1, threads, Latency::None),
        ("slab", 1, Clients::Tasks(64), Latency::None),
        ("slab", 1_024, threads, Latency::None),
        ("tables", 1, Clients::Tasks(32), Latency::Assignment),
    ];
    let cells = cells.map(|(store, users, clients, latency)| {
        let cell = Cell { users, clients, mix: Mix::BALANCED, latency };
        let contestants = contestants(store, latency, &[])?;
        Ok(PlannedCell { cell, contestants })
    });
    let [warm_up, capacity_window, latency_window] = [5, 30, 15].map(Duration::from_millis);
    let seed = output.seed;
    let schedule = Schedule { blocks: BLOCKS, warm_up, capacity_window, latency_window, seed };
    Ok(Plan { cells: cells.into_iter().collect::<Result<_, Failure>>()?, schedule })
}
