//! `hotrow verify`: checks every property of the contract against the strategies that guarantee it.

mod display;

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};

use super::{
    failure::{CliError, Exit, note},
    interrupt, plan,
    progress::Progress,
    results,
    rows::BUILD,
    session::{command_line, marked},
    stdout,
    values::{seed, whole},
};
use hotrow::strategy::{Family, Guarantees};
use hotrow_report::with_thousands_separators;
use hotrow_results::{CheckRow, Environment, SCHEMA, StoredRun};
use hotrow_verify::contract::{
    Candidate, CheckResult, ExecutionMode, PROPERTIES, Property, SearchBudget, Trial,
    operations_asked,
};

/// The most counter-examples that are shown of one strategy on one store. More of them mostly show
/// the same bug.
const SHOWN_MAX: usize = 2;

/// The most schedules of a property: they take hours.
const SCHEDULES_MAX: u64 = 1_000_000;

pub(super) const VERIFY_HELP: &str = "\
Checks every property that a strategy guarantees, on a store that yields in the
middle of every step, on a simulated slow store, and on threads. The seed draws
random schedules. Two checkers that share nothing but the rules judge what
clients observed.

Examples:
  hotrow verify                            all that claim linearizability
  hotrow verify cas queue --schedules 2000 two strategies, more schedules
  hotrow verify unsynchronized             what a counter-example looks like
  hotrow verify --with-negative-control --results results/laptop/proof
                                           env.json and checks.csv, for reports
  hotrow verify cas --seed 17 --schedules 1
                                           one schedule, again

Exit codes:
  0    no property is violated
  3    a property is violated: the table says which, a counter-example how";

/// Checks strategies against the contract.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Strategies [default: all that claim linearizability]
    pub(super) strategies: Vec<String>,
    /// Only on this store
    #[arg(long)]
    pub(super) store: Option<String>,
    /// Random schedules per property
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true, value_parser = whole(1..=SCHEDULES_MAX))]
    pub(super) schedules: u64,
    /// Seed of the first schedule
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: u64,
    /// Also check `unsynchronized`, whose violation is
    /// expected and is no failure
    #[arg(long, verbatim_doc_comment)]
    pub(super) with_negative_control: bool,
    /// Store the results in DIR, such as
    /// results/laptop/proof
    #[arg(long, value_name = "DIR", verbatim_doc_comment)]
    pub(super) results: Option<PathBuf>,
    /// Replace the run in DIR once this one is complete
    #[arg(long, requires = "results")]
    pub(super) overwrite: bool,
    /// Print a JSON object, with every counter-example
    #[arg(long)]
    pub(super) json: bool,
}

/// Returns names of table columns: single letters, so that all strategies fit in 80 columns.
fn column_names() -> impl Iterator<Item = char> {
    ('a'..='z').chain('A'..='Z')
}

/// The interval at which the stop flag is read.
const STOP_POLL: Duration = Duration::from_millis(50);

/// Checks every property of each selected strategy.
pub(super) fn verify(arguments: &Verify) -> Result<Exit, CliError> {
    let candidates = candidates(arguments)?;
    let budget = SearchBudget { seed: arguments.seed, schedules: arguments.schedules };
    if let Some(directory) = &arguments.results {
        results::prepare(directory, arguments.overwrite, results::OVERWRITE)?;
    }
    interrupt::listen()?;
    let environment = Environment::before(command_line(), arguments.seed, BUILD);
    let trials: Vec<Trial> =
        candidates.iter().flat_map(|candidate| Trial::all_of(candidate, budget)).collect();
    let began = Instant::now();
    let results = run_trials(&trials);
    let planned = trials.len();
    let checked = Checked { candidates, trials, results, budget, took: began.elapsed() };
    if let Some(directory) = &arguments.results {
        checked.save(directory, environment)?;
    }
    let text = match arguments.json {
        true => format!("{:#}\n", checked.object()),
        false => marked(&checked.table(), checked.is_partial()),
    };
    stdout::print(&text).map_err(CliError::from_output)?;
    let partial = checked.is_partial();
    if partial {
        note(format_args!("stopped: partial, {} of {planned} trials", checked.results.len()));
    }
    for missed in checked.missed_controls(arguments).into_iter().filter(|_| !partial) {
        note(format_args!("negative control {missed}: no violation was detected"));
    }
    let unexpected =
        |(trial, _): &(&Trial, &String)| !is_negative_control(arguments, &trial.case.candidate);
    let violations = checked.violations().filter(unexpected).count();
    if violations == 0 {
        return Ok(if partial { Exit::Interrupted } else { Exit::Done });
    }
    note(format_args!("{violations} of {} trials violate a property", checked.results.len()));
    Ok(Exit::Violation)
}

/// Runs all trials in parallel. Once the work is stopped, it returns those that have ended: a trial
/// may take hours, and is then abandoned.
fn run_trials(trials: &[Trial]) -> Vec<TrialResult> {
    let progress = Progress::new(trials.len() as u64);
    let (sender, results) = mpsc::channel();
    for (number, trial) in trials.iter().enumerate() {
        let (trial, sender) = (*trial, sender.clone());
        rayon::spawn_fifo(move || {
            if !interrupt::requested() {
                let found = catch_unwind(AssertUnwindSafe(|| trial.play()));
                // The receiver is dropped if the work was stopped.
                let _ = sender.send((number, trial, found));
            }
        });
    }
    drop(sender);
    let mut ended = Vec::new();
    loop {
        match results.recv_timeout(STOP_POLL) {
            Ok((number, trial, found)) => {
                progress.finished(trial.case.candidate.strategy);
                let found = found.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                ended.push((number, (trial, found)));
            }
            Err(RecvTimeoutError::Timeout) if !interrupt::requested() => {}
            Err(_) => break,
        }
    }
    ended.sort_by_key(|(number, _)| *number);
    ended.into_iter().map(|(_, result)| result).collect()
}

/// Returns whether a candidate is checked only because of `--with-negative-control`, so that its
/// violations are expected. Violations of a strategy that the user names are failures.
fn is_negative_control(arguments: &Verify, candidate: &Candidate) -> bool {
    let is_named = arguments.strategies.iter().any(|name| name == candidate.strategy);
    arguments.with_negative_control && candidate.family == Family::NegativeControl && !is_named
}

/// Returns the named strategies, or all that claim linearizability. Each is checked as if it
/// claimed linearizability.
pub(super) fn candidates(arguments: &Verify) -> Result<Vec<Candidate>, CliError> {
    let names: BTreeSet<&str> = arguments.strategies.iter().map(String::as_str).collect();
    let store = arguments.store.as_deref().map(plan::builder::store).transpose()?;
    let store = store.map(|store| store.name);
    for name in &names {
        plan::check_fits(name, store)?;
    }
    let chosen = hotrow_registry::all().filter(|entry| {
        let candidate: &Candidate = entry;
        let wanted = match names.is_empty() {
            true => candidate.guarantees.linearizable,
            false => names.contains(candidate.strategy),
        };
        let wanted = wanted || is_negative_control(arguments, candidate);
        wanted && !candidate.is_reference() && store.is_none_or(|store| store == candidate.store)
    });
    let candidates: Vec<Candidate> =
        chosen.map(|entry| with_linearizability_claim(entry)).collect();
    if candidates.is_empty() {
        return Err(CliError::usage("a reference has no ledger: there is nothing to verify"));
    }
    Ok(candidates)
}

fn with_linearizability_claim(candidate: &Candidate) -> Candidate {
    Candidate {
        guarantees: Guarantees { linearizable: true, ..candidate.guarantees },
        ..*candidate
    }
}

type TrialResult = (Trial, CheckResult);

/// The result of a verification.
struct Checked {
    candidates: Vec<Candidate>,
    /// All planned trials.
    trials: Vec<Trial>,
    /// The trials that ended, with their results.
    results: Vec<TrialResult>,
    budget: SearchBudget,
    took: Duration,
}

impl Checked {
    /// Returns whether the work was stopped before every trial ended.
    fn is_partial(&self) -> bool {
        self.results.len() < self.trials.len()
    }

    /// Returns whether every trial of a property of a candidate ended.
    fn is_complete(&self, candidate: &Candidate, property: &str) -> bool {
        let matches = |trial: &&Trial| {
            let case = &trial.case.candidate;
            (case.strategy, case.store, trial.property.name)
                == (candidate.strategy, candidate.store, property)
        };
        let ended = self.results.iter().map(|(trial, _)| trial).filter(matches).count();
        ended == self.trials.iter().filter(matches).count()
    }

    fn violations(&self) -> impl Iterator<Item = (&Trial, &String)> {
        self.results.iter().filter_map(|(trial, found)| Some((trial, found.as_ref().err()?)))
    }

    fn results_of<'a>(&'a self, candidate: &'a Candidate) -> impl Iterator<Item = &'a TrialResult> {
        let is_same =
            |case: &Candidate| (case.strategy, case.store) == (candidate.strategy, candidate.store);
        self.results.iter().filter(move |(trial, _)| is_same(&trial.case.candidate))
    }

    /// Returns the negative controls without a violation: the results of the other strategies then
    /// prove little.
    fn missed_controls(&self, arguments: &Verify) -> Vec<String> {
        let controls =
            self.candidates.iter().filter(|candidate| is_negative_control(arguments, candidate));
        let missed = controls.filter(|candidate| self.violations_of(candidate).next().is_none());
        missed.map(|candidate| format!("{} on {}", candidate.strategy, candidate.store)).collect()
    }

    /// Stores the results.
    fn save(&self, directory: &Path, environment: Environment) -> Result<(), CliError> {
        let environment = environment.after(self.is_partial());
        let rows_of = |candidate| {
            // A row without trials says that the strategy does not guarantee the property.
            let properties =
                PROPERTIES.iter().filter(|property| self.is_complete(candidate, property.name));
            let row = |property| self.row(&environment.run, candidate, property);
            properties.map(row).collect::<Vec<CheckRow>>()
        };
        let checks = self.candidates.iter().flat_map(rows_of).collect();
        let run = StoredRun { checks, ..StoredRun::empty(environment) };
        let saved_in = run.save(directory).map_err(|error| {
            CliError::failed(format!("cannot save in {}: {error}", directory.display()))
        })?;
        results::report_saved(directory, &saved_in);
        Ok(())
    }

    /// Returns the row of one property of one candidate. It has no trials if the strategy does not
    /// guarantee the property.
    fn row(&self, run: &str, candidate: &Candidate, property: &Property) -> CheckRow {
        let of_property =
            self.results_of(candidate).filter(|(trial, _)| trial.property.name == property.name);
        let trials = of_property.collect::<Vec<_>>();
        let violations: Vec<(&Trial, &String)> = trials
            .iter()
            .filter_map(|(trial, found)| Some((trial, found.as_ref().err()?)))
            .collect();
        let summary = |(trial, found): &(&Trial, &String)| {
            let first = found.lines().map(str::trim).find(|line| !line.is_empty());
            format!("{}: {}", trial.case.mode, first.unwrap_or_default())
        };
        CheckRow {
            schema: SCHEMA,
            run: run.to_owned(),
            store: candidate.store.to_owned(),
            strategy: candidate.strategy.to_owned(),
            linearizable: candidate.family != Family::NegativeControl,
            property: property.name.to_owned(),
            trials: trials.len() as u64,
            violations: violations.len() as u64,
            violation: violations.first().map(summary).unwrap_or_default(),
            store_type: (candidate.store_type)().to_owned(),
        }
    }
}
