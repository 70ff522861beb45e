//! What is measured becomes rows, which are kept, written down and shown as they come.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{
    failure::{Failure, note},
    plan::{Plan, PlannedCell},
    printed,
    progress::Progress,
};
use crate::{
    engine::blocks::{Audience, Known, Placed, Round},
    record::{Environment, Journal, Place, QuantileRow, Row, SavedRun},
};

/// The rows of one round.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) rows: Vec<Row>,
    pub(super) quantiles: Vec<QuantileRow>,
}

/// Keeps the rows of a run, and writes them down if they are to stay.
pub(super) struct Keeper<'a> {
    plan: &'a Plan,
    saved: SavedRun,
    journal: Option<Journal>,
    /// When the run would have begun if it had never been interrupted.
    began: Instant,
    progress: Progress,
    /// Why nothing more could be kept.
    failure: Option<Failure>,
}

impl<'a> Keeper<'a> {
    /// Begins a run, in `directory` if there is one.
    pub(super) fn begin(
        plan: &'a Plan,
        environment: Environment,
        directory: Option<&Path>,
    ) -> Result<Keeper<'a>, Failure> {
        let journal = directory.map(|directory| {
            Journal::begin(directory, &environment).map_err(|error| {
                Failure::usage(format!("cannot save in {}: {error}", directory.display()))
            })
        });
        Ok(Keeper::of(plan, SavedRun::empty(environment), journal.transpose()?))
    }

    /// Takes up the run that is in `directory`.
    pub(super) fn resume(
        plan: &'a Plan,
        environment: &Environment,
        directory: &Path,
    ) -> Result<Keeper<'a>, Failure> {
        let is_whole = |round: &[&Row]| is_whole(plan, round);
        let (journal, saved) = Journal::resume(directory, environment, is_whole)
            .map_err(|error| Failure::usage(format!("cannot go on: {error}")))?;
        let counted = saved.rows.iter().filter(|row| row.counts()).count();
        note(format_args!("{counted} measurements of run {} are there", saved.environment.run));
        Ok(Keeper::of(plan, saved, Some(journal)))
    }

    fn of(plan: &'a Plan, saved: SavedRun, journal: Option<Journal>) -> Keeper<'a> {
        let passed = saved.rows.iter().map(|row| row.started_ms).max().unwrap_or(0);
        let began = Instant::now();
        let began = began.checked_sub(Duration::from_millis(passed)).unwrap_or(began);
        let done = saved.rows.iter().filter(|row| row.counts()).count();
        let progress = Progress::of_plan(plan, done as u64);
        Keeper { plan, saved, journal, began, progress, failure: None }
    }

    /// What is there already of a process.
    pub(super) fn known(&self, process: u32) -> Vec<Known> {
        known(self.plan, process, &self.saved.rows)
    }

    /// Keeps what another process has measured, whose clock began when this one showed `began_ms`.
    pub(super) fn adopt(&mut self, mut round: Kept, began_ms: u64) -> Result<(), Failure> {
        let run = &self.saved.environment.run;
        for row in &mut round.rows {
            row.run.clone_from(run);
            row.started_ms += began_ms;
        }
        round.quantiles.iter_mut().for_each(|row| row.run.clone_from(run));
        self.progress.advance(&round.rows);
        self.keep(round)
    }

    /// Milliseconds since the run began.
    pub(super) fn now_ms(&self) -> u64 {
        millis(self.began, Instant::now())
    }

    fn keep(&mut self, round: Kept) -> Result<(), Failure> {
        if let Some(journal) = &mut self.journal {
            journal.append(&round.rows, &round.quantiles).map_err(|error| {
                Failure::failed(format!(
                    "cannot write down what was measured: {error}; what was written before stands, \
                     and --resume goes on from there"
                ))
            })?;
        }
        self.saved.rows.extend(round.rows);
        self.saved.quantiles.extend(round.quantiles);
        Ok(())
    }

    /// Puts the run in the place of the one that was there, and gives it with the folder where it
    /// lies.
    pub(super) fn finish(self, partial: bool) -> Result<(SavedRun, Option<PathBuf>), Failure> {
        let Keeper { saved, journal, failure, .. } = self;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let environment = saved.environment.after(partial);
        let place = journal.map(|journal| journal.finish(&environment)).transpose();
        let place = place.map_err(|error| {
            Failure::failed(format!("cannot put the run in its place: {error}"))
        })?;
        Ok((SavedRun { environment, ..saved }, place))
    }
}

impl Audience for Keeper<'_> {
    fn measured(&mut self, cell: usize, placed: &Placed) {
        let entry = self.plan.cells[cell].contestants[placed.subject].entry;
        self.progress.measured(cell, entry.strategy, &placed.measurement);
    }

    fn finished(&mut self, round: Round) -> bool {
        if let Some(objection) = &round.objection {
            self.progress.objected(objection, round.placed.len());
        }
        let kept = kept(self.plan, &self.saved.environment.run, 0, self.began, &round);
        self.failure = self.keep(kept).err();
        self.failure.is_none()
    }
}

/// Tells the process that started this one what is measured.
pub(super) struct Teller<'a> {
    pub(super) plan: &'a Plan,
    pub(super) process: u32,
    pub(super) began: Instant,
}

impl Audience for Teller<'_> {
    fn measured(&mut self, _cell: usize, _placed: &Placed) {}

    fn finished(&mut self, round: Round) -> bool {
        let kept = kept(self.plan, "", self.process, self.began, &round);
        let line = serde_json::to_string(&kept).expect("rows are flat");
        printed::print(&format!("{line}\n")).is_ok()
    }
}

fn kept(plan: &Plan, run: &str, process: u32, began: Instant, round: &Round) -> Kept {
    let PlannedCell { cell, contestants } = &plan.cells[round.cell];
    let mut kept = Kept::default();
    for Placed { position, subject, started, measurement } in &round.placed {
        let place = Place {
            run,
            process,
            block: round.block,
            position: u32::try_from(*position).unwrap_or(u32::MAX),
            seed: plan.seed_of(process),
            started_ms: millis(began, *started),
            invalid: round.objection.as_deref().unwrap_or_default(),
        };
        let row = Row::of(place, cell, contestants[*subject].who(), measurement);
        kept.quantiles.extend(QuantileRow::of(&row, measurement));
        kept.rows.push(row);
    }
    kept
}

fn millis(began: Instant, started: Instant) -> u64 {
    u64::try_from(started.saturating_duration_since(began).as_millis()).unwrap_or(u64::MAX)
}

/// The rounds of one process that stand in these rows, and whether they count.
fn known(plan: &Plan, process: u32, rows: &[Row]) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    for (cell, planned) in plan.cells.iter().enumerate() {
        let id = planned.id();
        let of_cell = rows.iter().filter(|row| row.process == process && row.cell == id);
        for row in of_cell.filter(|row| row.invalid != Journal::INTERRUPTED) {
            if known.iter().all(|one| (one.cell, one.block) != (cell, row.block)) {
                known.push(Known { block: row.block, cell, counts: row.invalid.is_empty() });
            }
        }
    }
    known
}

/// Whether a round has everybody who was to be measured in it, to the end.
fn is_whole(plan: &Plan, round: &[&Row]) -> bool {
    let Some(first) = round.first() else { return false };
    let planned = plan.cells.iter().find(|planned| planned.id() == first.cell);
    let all = planned.map_or(usize::MAX, |planned| planned.contestants.len());
    round.len() == all && round.iter().all(|row| !row.cut_short)
}
