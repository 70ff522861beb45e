//! Tests of `blocks.rs`.

use std::time::Duration;

use super::*;
use crate::measure::empty;
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
        truncated: false,
        ..empty(1, None)
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
        performs_io: false,
        reference: false,
        measure,
    };
    let scenario = Scenario { users, ..Scenario::hot_row(Clients::Threads(1)) };
    Comparison { scenario, contenders: (0..contenders).map(contender).collect(), location: None }
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
    let scenario_blocks = run_with(&[comparison(1, 7, measure), comparison(9, 5, measure)], &[], 0);
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
    assert_eq!([count(0, true), count(0, false), count(1, true), count(1, false)], [12, 2, 12, 0]);
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
