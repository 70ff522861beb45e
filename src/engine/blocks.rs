//! Measures many strategies in many cells, block by block, in orders that are drawn.
//!
//! A block is every subject of a cell once. Its order is a new permutation each time, so that no
//! subject always follows the same other one, and blocks of different cells take turns, so that
//! a machine that gets slower over minutes does so in all of them. The order is drawn from the
//! seed alone: a run is repeated from it.

use std::sync::atomic::Ordering;

use super::{Cell, Measure, Measurement, Schedule, Stop, Trial};
use crate::workload::Source;

/// Somebody to measure. Who is entered twice, under two names, shows how far the same code comes
/// out from itself.
#[derive(Debug, Clone)]
pub struct Subject {
    /// In reports.
    pub name: String,
    /// Name of the store it runs on.
    pub store: &'static str,
    /// Whether it is measured only as a limit for the others.
    pub reference: bool,
    /// Measures it once.
    pub measure: Measure,
}

/// A cell, and who is compared in it.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What is measured.
    pub cell: Cell,
    /// Of whom.
    pub subjects: Vec<Subject>,
}

/// A measurement, and where in the run it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Which repetition, from 0.
    pub block: u32,
    /// How many subjects of the block came before.
    pub position: usize,
    /// Which comparison, by its place in the list.
    pub cell: usize,
    /// Which subject, by its place in the comparison.
    pub subject: usize,
    /// What came of it.
    pub measurement: Measurement,
}

/// Measures every subject of every comparison once in each block, and tells of each measurement
/// as soon as it is made. Told to stop, it tells of the one that was cut short and ends.
pub fn run(
    comparisons: &[Comparison],
    schedule: &Schedule,
    stop: &Stop,
    finished: &mut dyn FnMut(Placed),
) {
    for block in 0..schedule.blocks {
        for cell in order(schedule.seed, block, CELLS, comparisons.len()) {
            let Comparison { cell: asked, subjects } = &comparisons[cell];
            let trial = Trial { cell: *asked, schedule: *schedule, block };
            let order = order(schedule.seed, block, SUBJECTS + number(cell), subjects.len());
            for (position, subject) in order.into_iter().enumerate() {
                // Relaxed: it says that somebody wants the run to end, and publishes nothing.
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let measurement = (subjects[subject].measure)(&trial, stop);
                finished(Placed { block, position, cell, subject, measurement });
            }
        }
    }
}

/// The stream of random numbers that cells are put in order by. Clients count from 1 up, and their
/// gaps from half of the numbers up; orders lie between.
const CELLS: u32 = 1 << 30;

/// The first of the streams that subjects are put in order by, one for each cell.
const SUBJECTS: u32 = CELLS + 1;

/// The numbers below `length` in an order that is drawn.
fn order(seed: u64, block: u32, stream: u32, length: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    Source { seed, block, client: stream }.rng().shuffle(&mut order);
    order
}

fn number(cell: usize) -> u32 {
    u32::try_from(cell).expect("fewer than 2^30 cells are compared")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        database::Latency,
        engine::{Clients, Quantiles, Verdict},
        workload::Mix,
    };

    const SCHEDULE: Schedule = Schedule {
        blocks: 12,
        warm_up: Duration::ZERO,
        capacity_window: Duration::ZERO,
        latency_window: Duration::ZERO,
        seed: 5,
    };

    /// Measures nothing, and tells of the trial that it was given.
    fn measure(trial: &Trial, _stop: &Stop) -> Measurement {
        Measurement {
            completed: trial.cell.users,
            window_ns: u64::from(trial.block),
            completed_by_slowest: 0,
            completed_by_fastest: 0,
            latency: Quantiles::default(),
            applied: 0,
            refused: 0,
            unknown: 0,
            reads: 0,
            verdict: Verdict::NoBooks,
            cut_short: false,
        }
    }

    fn measure_and_stop(trial: &Trial, stop: &Stop) -> Measurement {
        stop.store(trial.block == 2, Ordering::Relaxed);
        Measurement { cut_short: trial.block == 2, ..measure(trial, stop) }
    }

    fn comparison(users: u64, subjects: usize, measure: Measure) -> Comparison {
        let (clients, latency) = (Clients::Threads(1), Latency::None);
        let subject = |place| Subject {
            name: format!("subject {place}"),
            store: "none",
            reference: false,
            measure,
        };
        let cell = Cell { users, clients, mix: Mix::WRITE_ONLY, latency };
        Comparison { cell, subjects: (0..subjects).map(subject).collect() }
    }

    fn run_all(comparisons: &[Comparison], schedule: &Schedule) -> Vec<Placed> {
        let mut all = Vec::new();
        run(comparisons, schedule, &Stop::new(false), &mut |placed| all.push(placed));
        all
    }

    /// The subjects of a cell in one block, in the order in which they were measured.
    fn order_of(all: &[Placed], cell: usize, block: u32) -> Vec<usize> {
        let placed = all.iter().filter(|placed| (placed.cell, placed.block) == (cell, block));
        placed.map(|placed| placed.subject).collect()
    }

    /// A subject that is missing from a block, or there twice, is compared with nothing.
    #[test]
    fn every_block_has_every_subject_once() {
        let comparisons = [comparison(1, 7, measure), comparison(9, 5, measure)];
        let all = run_all(&comparisons, &SCHEDULE);
        assert_eq!(all.len(), 12 * (7 + 5));
        for block in 0..12 {
            for (cell, subjects) in [(0, 7), (1, 5)] {
                let mut order = order_of(&all, cell, block);
                order.sort_unstable();
                assert!(order.into_iter().eq(0..subjects));
            }
        }
        for placed in &all {
            assert_eq!(placed.measurement.completed, [1, 9][placed.cell]);
            assert_eq!(placed.measurement.window_ns, u64::from(placed.block));
        }
    }

    /// Whoever always comes after the same neighbour is measured on what that one leaves behind.
    #[test]
    fn orders_differ_from_block_to_block_and_repeat_from_the_seed() {
        let comparisons = [comparison(1, 7, measure), comparison(9, 7, measure)];
        let all = run_all(&comparisons, &SCHEDULE);
        assert_eq!(run_all(&comparisons, &SCHEDULE), all);
        assert_ne!(run_all(&comparisons, &Schedule { seed: 6, ..SCHEDULE }), all);
        let orders = |cell| (0..12).map(move |block| (cell, block));
        let mut orders: Vec<_> =
            orders(0).chain(orders(1)).map(|(cell, block)| order_of(&all, cell, block)).collect();
        orders.sort_unstable();
        orders.dedup();
        assert!(orders.len() >= 23, "{orders:?}");
        let mut firsts: Vec<usize> =
            all.iter().filter(|placed| placed.position == 0).map(|placed| placed.cell).collect();
        firsts.dedup();
        assert!(firsts.len() > 6, "blocks of both cells take turns");
    }

    /// Who stops a run wants what was measured, and no more.
    #[test]
    fn a_run_that_is_stopped_tells_of_the_last_measurement_and_ends() {
        let comparisons = [comparison(1, 3, measure_and_stop)];
        let all = run_all(&comparisons, &SCHEDULE);
        assert_eq!(all.len(), 7);
        assert!(all.last().unwrap().measurement.cut_short);
    }
}
