//! Turns measurements into rows, stores them, and shows the progress.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{
    failure::{CliError, note},
    plan::{Plan, PlannedContender, PlannedScenario},
    progress::Progress,
    rows::{measurement_row, quantile_rows},
    stdout,
};
use hotrow_engine::blocks::{CompletedBlock, PositionedMeasurement, RunObserver, ScenarioBlock};
use hotrow_results::{Environment, MeasurementRow, QuantileRow, RowContext, RunWriter, StoredRun};

/// The rows of one block of a scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct BlockRows {
    pub(super) rows: Vec<MeasurementRow>,
    pub(super) quantiles: Vec<QuantileRow>,
}

/// Collects the rows of a run, and writes them to a folder if there is one.
pub(super) struct ResultSink<'a> {
    plan: &'a Plan,
    run: StoredRun,
    writer: Option<RunWriter>,
    /// The start of the run, without the pauses in which it was stopped.
    began: Instant,
    progress: Progress,
    /// The error that ended the writing.
    failure: Option<CliError>,
}

impl<'a> ResultSink<'a> {
    /// Starts a run, which is written to `directory` if there is one.
    pub(super) fn begin(
        plan: &'a Plan,
        environment: Environment,
        directory: Option<&Path>,
    ) -> Result<ResultSink<'a>, CliError> {
        let writer = directory.map(|directory| {
            RunWriter::begin(directory, &environment).map_err(|error| {
                CliError::usage(format!("cannot save in {}: {error}", directory.display()))
            })
        });
        Ok(ResultSink::new(plan, StoredRun::empty(environment), writer.transpose()?))
    }

    /// Resumes the run in `directory`.
    pub(super) fn resume(
        plan: &'a Plan,
        environment: &Environment,
        directory: &Path,
    ) -> Result<ResultSink<'a>, CliError> {
        let is_complete = |block: &[&MeasurementRow]| is_complete(plan, block);
        let (writer, run) = RunWriter::resume(directory, environment, is_complete)
            .map_err(|error| CliError::usage(format!("cannot resume: {error}")))?;
        let used = run.rows.iter().filter(|row| row.counts()).count();
        note(format_args!("resuming run {}: it has {used} measurements", run.environment.run));
        Ok(ResultSink::new(plan, run, Some(writer)))
    }

    fn new(plan: &'a Plan, run: StoredRun, writer: Option<RunWriter>) -> ResultSink<'a> {
        let passed = run.rows.iter().map(|row| row.started_ms).max().unwrap_or(0);
        let began = Instant::now();
        let began = began.checked_sub(Duration::from_millis(passed)).unwrap_or(began);
        let done = run.rows.iter().filter(|row| row.counts()).count();
        let progress = Progress::with_plan(plan, done as u64);
        ResultSink { plan, run, writer, began, progress, failure: None }
    }

    /// Returns the blocks that a fork has already measured.
    pub(super) fn completed(&self, fork: u32) -> Vec<CompletedBlock> {
        completed(self.plan, fork, &self.run.rows)
    }

    /// Adds the rows of another process, which started when this run was `began_ms` old.
    pub(super) fn add_from_fork(
        &mut self,
        mut block: BlockRows,
        began_ms: u64,
    ) -> Result<(), CliError> {
        let run = &self.run.environment.run;
        for row in &mut block.rows {
            row.run.clone_from(run);
            row.started_ms += began_ms;
        }
        block.quantiles.iter_mut().for_each(|row| row.run.clone_from(run));
        self.progress.advance(&block.rows);
        self.add(block)
    }

    /// Returns the milliseconds since the start of the run.
    pub(super) fn now_ms(&self) -> u64 {
        millis(self.began, Instant::now())
    }

    fn add(&mut self, block: BlockRows) -> Result<(), CliError> {
        if let Some(writer) = &mut self.writer {
            writer.append(&block.rows, &block.quantiles).map_err(|error| {
                CliError::failed(format!(
                    "cannot write a block: {error}; earlier blocks are saved, and --resume \
                     continues after them"
                ))
            })?;
        }
        self.run.rows.extend(block.rows);
        self.run.quantiles.extend(block.quantiles);
        Ok(())
    }

    /// Completes the run, which replaces an earlier one, and returns it with its folder.
    pub(super) fn finish(self, partial: bool) -> Result<(StoredRun, Option<PathBuf>), CliError> {
        let ResultSink { run, writer, failure, .. } = self;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let environment = run.environment.after(partial);
        let saved_in = writer.map(|writer| writer.finish(&environment)).transpose();
        let saved_in = saved_in
            .map_err(|error| CliError::failed(format!("cannot complete the run: {error}")))?;
        Ok((StoredRun { environment, ..run }, saved_in))
    }
}

impl RunObserver for ResultSink<'_> {
    fn measured(&mut self, scenario: usize, placed: &PositionedMeasurement) {
        let entry = self.plan.scenarios[scenario].contenders[placed.contender].entry;
        self.progress.measured(scenario, entry.strategy, &placed.measurement);
    }

    fn finished(&mut self, block: ScenarioBlock) -> bool {
        if let Some(exclusion_reason) = &block.exclusion_reason {
            self.progress.excluded(exclusion_reason, block.placed.len());
        }
        let rows = block_rows(self.plan, &self.run.environment.run, 0, self.began, &block);
        self.failure = self.add(rows).err();
        self.failure.is_none()
    }
}

/// Sends the rows of a fork to its parent process.
pub(super) struct ForkReporter<'a> {
    pub(super) plan: &'a Plan,
    pub(super) fork: u32,
    pub(super) began: Instant,
}

impl RunObserver for ForkReporter<'_> {
    fn measured(&mut self, _scenario: usize, _placed: &PositionedMeasurement) {}

    fn finished(&mut self, block: ScenarioBlock) -> bool {
        let rows = block_rows(self.plan, "", self.fork, self.began, &block);
        let line = serde_json::to_string(&rows).expect("rows contain only numbers and texts");
        stdout::print(&format!("{line}\n")).is_ok()
    }
}

fn block_rows(
    plan: &Plan,
    run: &str,
    fork: u32,
    began: Instant,
    block: &ScenarioBlock,
) -> BlockRows {
    let PlannedScenario { workload, scenario, contenders, .. } = &plan.scenarios[block.scenario];
    let mut rows = BlockRows::default();
    for PositionedMeasurement { position, contender, started, measurement } in &block.placed {
        let context = RowContext {
            run,
            fork,
            block: block.block,
            position: u32::try_from(*position).unwrap_or(u32::MAX),
            seed: plan.seed_of(fork),
            started_ms: millis(began, *started),
            excluded_because: block.exclusion_reason.as_deref().unwrap_or_default(),
            workload,
        };
        let PlannedContender { entry, role } = contenders[*contender];
        let row = measurement_row(context, scenario, entry, role, measurement);
        rows.quantiles.extend(quantile_rows(&row, measurement));
        rows.rows.push(row);
    }
    rows
}

fn millis(began: Instant, started: Instant) -> u64 {
    u64::try_from(started.saturating_duration_since(began).as_millis()).unwrap_or(u64::MAX)
}

/// Returns the blocks of one fork in these rows, and whether they count.
fn completed(plan: &Plan, fork: u32, rows: &[MeasurementRow]) -> Vec<CompletedBlock> {
    let mut completed: Vec<CompletedBlock> = Vec::new();
    for (scenario, planned) in plan.scenarios.iter().enumerate() {
        let id = planned.id();
        let rows = rows.iter().filter(|row| row.fork == fork && row.scenario == id);
        for row in rows.filter(|row| row.excluded_because != RunWriter::INTERRUPTED) {
            let is_same =
                |block: &CompletedBlock| (block.scenario, block.block) == (scenario, row.block);
            if !completed.iter().any(is_same) {
                completed.push(CompletedBlock {
                    block: row.block,
                    scenario,
                    counts: row.excluded_because.is_empty(),
                });
            }
        }
    }
    completed
}

/// Returns whether a block has a row of every planned contender, and none is truncated.
fn is_complete(plan: &Plan, block: &[&MeasurementRow]) -> bool {
    let Some(first) = block.first() else { return false };
    let planned = plan.scenarios.iter().find(|planned| planned.id() == first.scenario);
    let all = planned.map_or(usize::MAX, |planned| planned.contenders.len());
    block.len() == all && block.iter().all(|row| !row.truncated)
}
