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
