//! Measures contenders in scenarios, block by block, in random orders.
//!
//! A block has every contender of a scenario once. Its order is a new permutation each time, so no
//! contender always follows the same other one. Blocks of different scenarios are interleaved, so a
//! machine that slows down over minutes affects all of them. The order depends on the seed alone,
//! so a run can be repeated from its seed.

use std::{sync::atomic::Ordering, time::Instant};

use serde::{Deserialize, Serialize};

use super::{Iteration, Measure, Measurement, Schedule, Stop};
use hotrow::scenario::Scenario;
use hotrow::workload::RngStream;

/// A contender of a comparison. An A/A control enters one strategy twice, under two names, to show
/// the noise between two measurements of the same code.
#[derive(Debug, Clone)]
pub struct Contender {
    /// The name in reports.
    pub name: String,
    /// The name of its store.
    pub store: &'static str,
    /// Whether it is a reference, which has no rank.
    pub reference: bool,
    /// Whether its store is a database.
    pub performs_io: bool,
    /// Measures it once.
    pub measure: Measure,
}

/// A scenario and its contenders.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The scenario.
    pub scenario: Scenario,
    /// The contenders.
    pub contenders: Vec<Contender>,
    /// Where their database is, as in [`Iteration::location`].
    pub location: Option<&'static str>,
}

/// A measurement and its position in the run.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionedMeasurement {
    /// The number of contenders of the block that were measured before.
    pub position: usize,
    /// The contender, as an index into the comparison.
    pub contender: usize,
    /// When the measurement began.
    pub started: Instant,
    /// The result.
    pub measurement: Measurement,
}

/// One block of one comparison: every contender once.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioBlock {
    /// The number of the block, from 0. Numbers from [`Schedule::blocks`] on replace excluded
    /// blocks.
    pub block: u32,
    /// The comparison, as an index into the list.
    pub scenario: usize,
    /// The measurements in their order; fewer than all if the run was stopped.
    pub placed: Vec<PositionedMeasurement>,
    /// The reason for which the block is excluded, if it is.
    pub exclusion_reason: Option<String>,
}

/// Observes the machine during a block, and decides whether the block is excluded. The decision
/// never uses the results of strategies.
pub trait BlockValidator {
    /// Called at the start of a block.
    fn begin(&mut self);
    /// Called at the end of a block. Returns the reason to exclude it, if there is one.
    fn exclusion_reason(
        &mut self,
        scenario: &Scenario,
        contenders: &[Contender],
        placed: &[PositionedMeasurement],
    ) -> Option<String>;
}

/// Observes the progress of a run.
pub trait RunObserver {
    /// Called after each measurement of a contender.
    fn measured(&mut self, scenario: usize, placed: &PositionedMeasurement);
    /// Called at the end of a block. Returns whether to continue.
    fn finished(&mut self, scenario_block: ScenarioBlock) -> bool;
}

/// A block that an earlier part of a resumed run has measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CompletedBlock {
    /// The number of the block.
    pub block: u32,
    /// The comparison, as an index into the list.
    pub scenario: usize,
    /// Whether it counts, so that it is not excluded.
    pub counts: bool,
}

/// Measures every contender of every comparison once in each block.
///
/// An excluded block is kept, and measured again under a new number after all others. It is not
/// measured again if too few blocks of its scenario count, and there are at most as many
/// repetitions as blocks. A stopped run ends with the measurement that was truncated.
pub fn run(
    comparisons: &[Comparison],
    schedule: &Schedule,
    known: &[CompletedBlock],
    stop: &Stop,
    validator: &mut dyn BlockValidator,
    observer: &mut dyn RunObserver,
) {
    let mut counts: Vec<BlockCounts> = (0..comparisons.len())
        .map(|scenario| BlockCounts::from_completed(known, scenario))
        .collect();
    for block in 0..schedule.blocks * 2 {
        for scenario in order(schedule.seed, block, SCENARIOS, comparisons.len()) {
            let is_known = known
                .iter()
                .any(|completed| (completed.block, completed.scenario) == (block, scenario));
            let is_repetition = block >= schedule.blocks;
            if is_known || is_repetition && !counts[scenario].is_worth_another(schedule.blocks) {
                continue;
            }
            validator.begin();
            let mut scenario_block =
                run_block(&comparisons[scenario], scenario, block, schedule, stop, observer);
            let Comparison { scenario: measured_scenario, contenders, .. } = &comparisons[scenario];
            scenario_block.exclusion_reason =
                validator.exclusion_reason(measured_scenario, contenders, &scenario_block.placed);
            counts[scenario].add(scenario_block.exclusion_reason.is_none());
            // Relaxed: the flag only requests a stop, and publishes nothing.
            if !observer.finished(scenario_block) || stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// The numbers of blocks of a scenario that count and that are excluded.
struct BlockCounts {
    counting: u32,
    excluded: u32,
}

impl BlockCounts {
    fn from_completed(known: &[CompletedBlock], scenario: usize) -> BlockCounts {
        let mut block_counts = BlockCounts { counting: 0, excluded: 0 };
        let of_scenario = known.iter().filter(|completed| completed.scenario == scenario);
        of_scenario.for_each(|completed| block_counts.add(completed.counts));
        block_counts
    }

    fn add(&mut self, counts: bool) {
        match counts {
            true => self.counting += 1,
            false => self.excluded += 1,
        }
    }

    /// Returns whether the scenario needs more blocks, and few enough are excluded to try again.
    fn is_worth_another(&self, blocks: u32) -> bool {
        self.counting < blocks && self.excluded <= self.counting + blocks / 2
    }
}

fn run_block(
    comparison: &Comparison,
    scenario: usize,
    block: u32,
    schedule: &Schedule,
    stop: &Stop,
    observer: &mut dyn RunObserver,
) -> ScenarioBlock {
    let Comparison { scenario: measured_scenario, contenders, .. } = comparison;
    let location = comparison.location;
    let iteration =
        Iteration { scenario: *measured_scenario, schedule: *schedule, block, location };
    let order = order(
        schedule.seed,
        iteration.block,
        CONTENDERS + stream_offset(scenario),
        contenders.len(),
    );
    let mut scenario_block =
        ScenarioBlock { block, scenario, placed: Vec::new(), exclusion_reason: None };
    for (position, contender) in order.into_iter().enumerate() {
        // Relaxed, as in `run`.
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let started = Instant::now();
        let measurement = (contenders[contender].measure)(&iteration, stop);
        let placed = PositionedMeasurement { position, contender, started, measurement };
        observer.measured(scenario, &placed);
        scenario_block.placed.push(placed);
    }
    scenario_block
}

/// The random stream for the order of scenarios. Streams of clients count from 1 up, and those of
/// their gaps from half of the numbers up; streams for orders lie between.
const SCENARIOS: u32 = 1 << 30;

/// The first of the random streams for the orders of contenders, one per scenario.
const CONTENDERS: u32 = SCENARIOS + 1;

/// Returns the numbers below `length` in a random order.
fn order(seed: u64, block: u32, stream: u32, length: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    RngStream { seed, block, client: stream }.rng().shuffle(&mut order);
    order
}

fn stream_offset(scenario: usize) -> u32 {
    u32::try_from(scenario).expect("fewer than 2^30 scenarios are compared")
}

#[cfg(test)]
mod tests;
