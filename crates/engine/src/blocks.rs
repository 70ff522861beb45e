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
            let Comparison { scenario: measured_scenario, contenders } = &comparisons[scenario];
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
    let Comparison { scenario: measured_scenario, contenders } = comparison;
    let iteration = Iteration { scenario: *measured_scenario, schedule: *schedule, block };
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
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{LatencyHistogram, Verdict};
    use hotrow::scenario::Clients;

    const SCHEDULE: Schedule = Schedule {
        blocks: 12,
        warm_up: Duration::ZERO,
        capacity_window: Duration::ZERO,
        latency_window: Duration::ZERO,
        seed: 5,
    };

    /// Measures nothing, and returns values of the iteration that it was called with.
    fn measure(iteration: &Iteration, _stop: &Stop) -> Measurement {
        Measurement {
            completed_by: vec![iteration.scenario.users],
            window_ns: u64::from(iteration.block),
            service: LatencyHistogram::default(),
            open: None,
            stalled_ns_max: 0,
            cpu_ns: 0,
            switches_voluntary: 0,
            switches_forced: 0,
            retries: None,
            applied: 0,
            rejected: 0,
            indeterminate: 0,
            reads: 0,
            verdict: Verdict::NotAudited,
            truncated: false,
        }
    }

    fn measure_and_stop(iteration: &Iteration, stop: &Stop) -> Measurement {
        stop.store(iteration.block == 2, Ordering::Relaxed);
        Measurement { truncated: iteration.block == 2, ..measure(iteration, stop) }
    }

    fn comparison(users: u64, contenders: usize, measure: Measure) -> Comparison {
        let contender = |place| Contender {
            name: format!("contender {place}"),
            store: "none",
            reference: false,
            measure,
        };
        let scenario = Scenario { users, ..Scenario::hot_row(Clients::Threads(1)) };
        Comparison { scenario, contenders: (0..contenders).map(contender).collect() }
    }

    /// Excludes the first blocks of scenario 0, as many as its number says.
    struct ExcludeFirst(usize);

    impl BlockValidator for ExcludeFirst {
        fn begin(&mut self) {}

        fn exclusion_reason(
            &mut self,
            scenario: &Scenario,
            _: &[Contender],
            _: &[PositionedMeasurement],
        ) -> Option<String> {
            let excludes = scenario.users == 1 && self.0 > 0;
            self.0 -= usize::from(excludes);
            excludes.then(|| "interference".to_owned())
        }
    }

    /// Collects the blocks of a run.
    #[derive(Default)]
    struct RecordingObserver {
        scenario_blocks: Vec<ScenarioBlock>,
        measured: usize,
    }

    impl RunObserver for RecordingObserver {
        fn measured(&mut self, _scenario: usize, _placed: &PositionedMeasurement) {
            self.measured += 1;
        }

        fn finished(&mut self, scenario_block: ScenarioBlock) -> bool {
            self.scenario_blocks.push(scenario_block);
            true
        }
    }

    fn run_with(
        comparisons: &[Comparison],
        known: &[CompletedBlock],
        exclusions: usize,
    ) -> Vec<ScenarioBlock> {
        let mut observer = RecordingObserver::default();
        let (stop, mut validator) = (Stop::new(false), ExcludeFirst(exclusions));
        run(comparisons, &SCHEDULE, known, &stop, &mut validator, &mut observer);
        assert_eq!(
            observer
                .scenario_blocks
                .iter()
                .map(|scenario_block| scenario_block.placed.len())
                .sum::<usize>(),
            observer.measured
        );
        observer.scenario_blocks
    }

    fn order_of(scenario_block: &ScenarioBlock) -> Vec<usize> {
        scenario_block.placed.iter().map(|placed| placed.contender).collect()
    }

    /// A contender that is missing from a block, or measured twice, cannot be compared.
    #[test]
    fn every_block_has_every_contender_once() {
        let scenario_blocks =
            run_with(&[comparison(1, 7, measure), comparison(9, 5, measure)], &[], 0);
        let mut blocks: Vec<_> = scenario_blocks
            .iter()
            .map(|scenario_block| (scenario_block.scenario, scenario_block.block))
            .collect();
        blocks.sort_unstable();
        assert!(
            blocks
                .into_iter()
                .eq((0..2).flat_map(|scenario| (0..12).map(move |block| (scenario, block))))
        );
        for scenario_block in &scenario_blocks {
            let mut order = order_of(scenario_block);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..[7, 5][scenario_block.scenario]));
            for placed in &scenario_block.placed {
                assert_eq!(placed.measurement.completed(), [1, 9][scenario_block.scenario]);
                assert_eq!(placed.measurement.window_ns, u64::from(scenario_block.block));
            }
        }
    }

    /// If a contender always followed the same other one, its result would depend on what that one
    /// leaves behind.
    #[test]
    fn orders_differ_between_blocks_and_repeat_from_the_seed() {
        let comparisons = [comparison(1, 7, measure), comparison(9, 7, measure)];
        let scenario_blocks = run_with(&comparisons, &[], 0);
        let all = |scenario_blocks: &[ScenarioBlock]| -> Vec<_> {
            scenario_blocks
                .iter()
                .map(|scenario_block| {
                    (scenario_block.scenario, scenario_block.block, order_of(scenario_block))
                })
                .collect()
        };
        assert_eq!(all(&run_with(&comparisons, &[], 0)), all(&scenario_blocks));
        let mut orders: Vec<_> = scenario_blocks.iter().map(order_of).collect();
        orders.sort_unstable();
        orders.dedup();
        assert!(orders.len() >= 23, "{orders:?}");
        let mut firsts: Vec<usize> =
            scenario_blocks.iter().map(|scenario_block| scenario_block.scenario).collect();
        firsts.dedup();
        assert!(firsts.len() > 6, "blocks of both scenarios are interleaved");
    }

    /// An excluded block is kept and measured again. A run must not go on for hours if all blocks
    /// are excluded.
    #[test]
    fn an_excluded_block_is_kept_and_measured_again() {
        let comparisons = [comparison(1, 3, measure), comparison(9, 3, measure)];
        let scenario_blocks = run_with(&comparisons, &[], 2);
        let count = |scenario, counts| {
            let is_counted = move |scenario_block: &&ScenarioBlock| {
                scenario_block.scenario == scenario
                    && scenario_block.exclusion_reason.is_none() == counts
            };
            scenario_blocks.iter().filter(is_counted).count()
        };
        assert_eq!(
            [count(0, true), count(0, false), count(1, true), count(1, false)],
            [12, 2, 12, 0]
        );
        assert_eq!(run_with(&comparisons, &[], 6).len(), 24 + 6);
        assert_eq!(run_with(&comparisons, &[], usize::MAX).len(), 24);
    }

    /// A resumed run must measure exactly what is missing.
    #[test]
    fn completed_blocks_are_not_measured_again() {
        let comparisons = [comparison(1, 3, measure), comparison(9, 3, measure)];
        let known = |block, scenario, counts| CompletedBlock { block, scenario, counts };
        let earlier = [known(0, 0, true), known(0, 1, true), known(1, 0, false), known(1, 1, true)];
        let scenario_blocks = run_with(&comparisons, &earlier, 0);
        assert_eq!(
            scenario_blocks.iter().filter(|scenario_block| scenario_block.scenario == 0).count(),
            11
        );
        assert_eq!(
            scenario_blocks.iter().filter(|scenario_block| scenario_block.scenario == 1).count(),
            10
        );
        assert!(scenario_blocks.iter().all(|scenario_block| scenario_block.block > 1));
    }

    /// A stopped run must report the measurement that was truncated, and measure no more.
    #[test]
    fn a_stopped_run_reports_its_last_measurement_and_ends() {
        let scenario_blocks = run_with(&[comparison(1, 3, measure_and_stop)], &[], 0);
        let last = scenario_blocks.last().unwrap();
        assert_eq!((scenario_blocks.len(), last.block, last.placed.len()), (3, 2, 1));
        assert!(last.placed[0].measurement.truncated);
    }
}
