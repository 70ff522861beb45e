//! `hotrow run`: measures a scenario, a plan or a sweep, and shows and stores the results.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{
    exports,
    failure::{CliError, Exit, note},
    outlet,
    output::{Format, Output},
    plan::{
        Plan,
        builder::{self, ScenarioBuilder},
    },
    recording, results,
    scenario_args::{SCENARIO, ScenarioArgs},
    session::{Measured, PARTIAL, marked, measured, run_as_fork},
    stdout,
};
use hotrow::scenario::Arrivals;
use hotrow_report::{Comparison, Sweep, comparisons, terminal, to_json};
use hotrow_results::{AuditVerdict, MeasurementRow, Role, StoredRun, write_rows};

/// The most blocks: at a tenth of a second and a dozen strategies, twenty minutes.
pub(super) const BLOCKS_MAX: i64 = 1_000;

/// The most forks of one run.
pub(super) const FORKS_MAX: i64 = 64;

pub(super) const RUN_HELP: &str = "\
Measures one scenario: a store, its users, the clients and their requests. All
strategies run in blocks; each block runs every strategy once, in a new random
order. Each block also runs an A/A control, which is one strategy measured twice
and shows the noise; the negative control `unsynchronized`, whose violation must
be detected; and the references `fetch-add` and `noop`.

Examples:
  hotrow run                               all strategies on one hot row
  hotrow run --profile standard            33 scenarios, about 15 minutes
  hotrow run cas mutex --sweep users=1,16,256
  hotrow run --rate 50k --clients tasks:8  response time of an open loop
  hotrow run mutex cas queue --blocks 20   three strategies, narrower intervals
  hotrow run --clients tasks:64            tasks of a runtime instead of threads
  hotrow run --store simulated --clients tasks:32 --latency assignment
  hotrow run --store sqlite
  hotrow run --format csv > measurements.csv
                                           one row per measurement
  hotrow run --results results/laptop/hot  env.json and measurements.csv
  hotrow run cas --record cas.jsonl        a history for a checker";

/// Measures a scenario, a plan or a sweep.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Strategies [default: all that fit the store]
    pub(super) strategies: Vec<String>,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Pause of a client between requests, such as 20us
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = builder::think, help_heading = SCENARIO)]
    think: Option<std::time::Duration>,
    /// Open loop: requests a second, such as 50k, sent
    /// regardless of responses
    #[arg(long, allow_hyphen_values = true, value_name = "PER_SECOND", value_parser = builder::rate, verbatim_doc_comment, help_heading = SCENARIO)]
    rate: Option<f64>,
    /// Arrival process, one schedule for all clients:
    /// poisson, constant, burst:32 [default: poisson]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment, help_heading = SCENARIO)]
    arrivals: Option<Arrivals>,
    /// Measure a named plan: quick, standard,
    /// thorough, assignment, or one of hotrow.toml
    #[arg(long, value_name = "NAME", verbatim_doc_comment, help_heading = PLAN, conflicts_with_all = SCENARIO_FLAGS)]
    #[arg(conflicts_with_all = ["workload", "sweep"])]
    pub(super) profile: Option<String>,
    /// Measure the scenarios of a named workload
    #[arg(long, value_name = "NAME", help_heading = PLAN, conflicts_with_all = SCENARIO_FLAGS)]
    pub(super) workload: Option<String>,
    /// Measure one scenario per value, such as
    /// users=1,16,256, and show where the lead changes
    #[arg(long, value_name = "PART=V,V", verbatim_doc_comment, help_heading = PLAN)]
    pub(super) sweep: Option<String>,
    /// Only scenarios whose name contains TEXT
    #[arg(long, value_name = "TEXT", help_heading = PLAN)]
    pub(super) filter: Option<String>,
    /// File with plans and workloads
    /// [default: hotrow.toml, if it is there]
    #[arg(long, value_name = "FILE", verbatim_doc_comment, help_heading = PLAN)]
    pub(super) config: Option<PathBuf>,
    /// Blocks; a ranking needs 6 [default: 10]
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=BLOCKS_MAX), help_heading = PLAN)]
    pub(super) blocks: Option<u32>,
    /// Repeat everything in N fresh processes
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=FORKS_MAX), help_heading = PLAN)]
    pub(super) forks: Option<u32>,
    /// Also record a short history of each strategy,
    /// with the times of all requests, in FILE
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(super) record: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output,
}

const PLAN: &str = "Plan";
const SCENARIO_FLAGS: [&str; 11] = [
    "store",
    "users",
    "distribution",
    "clients",
    "mix",
    "think",
    "work",
    "no_ledger",
    "latency",
    "rate",
    "arrivals",
];

impl Run {
    /// Returns the scenario that the flags describe.
    pub(super) fn builder(&self) -> Result<ScenarioBuilder, CliError> {
        Ok(ScenarioBuilder {
            think: self.think,
            arrivals: self.arrivals,
            rate: self.rate,
            ..self.scenario.builder()?
        })
    }
}

/// Measures a plan, prints and stores the results, and records histories to `record`. Files that
/// cannot be written are detected before anything is measured.
pub(super) fn run(plan: &Plan, output: &Output, record: Option<&Path>) -> Result<Exit, CliError> {
    if let Some(fork) = output.stream {
        return run_as_fork(plan, fork);
    }
    let files = files(output, record);
    check_outputs(output, &files)?;
    let Measured { run, saved_in } = measured(plan, output)?;
    let exported = export(plan, &run, output);
    if let (Some(directory), Some(saved_in)) = (&output.results, &saved_in) {
        results::report_saved(directory, saved_in);
    }
    if !files.iter().any(|file| outlet::is_output(file)) {
        print(&shown(plan, &run, output.format), output.format)?;
    }
    exported?;
    recording::record(plan, record, conclusion(plan, &run))
}

fn print(shown: &str, format: Format) -> Result<(), CliError> {
    let printed = match format {
        Format::Table => stdout::print_tables(shown),
        Format::Csv | Format::Json => stdout::print(shown),
    };
    printed.map_err(CliError::from_output)
}

/// Returns every output file.
pub(super) fn files<'a>(output: &'a Output, record: Option<&'a Path>) -> Vec<&'a Path> {
    let Output { export_csv, export_json, export_markdown, export_asciidoc, .. } = output;
    let exports = [export_csv, export_json, export_markdown, export_asciidoc].into_iter();
    exports.map(Option::as_deref).chain([record]).flatten().collect()
}

/// Checks that all outputs can be written.
pub(super) fn check_outputs(output: &Output, files: &[&Path]) -> Result<(), CliError> {
    outlet::check(files)?;
    let printed = files.iter().find(|file| outlet::is_output(file));
    if let Some(file) = printed.filter(|_| output.format != Format::Table) {
        return Err(CliError::usage(format!(
            "{}: this and --format cannot both be standard output: name a file",
            file.display()
        )));
    }
    match &output.results {
        Some(directory) if !output.resume => {
            results::prepare(directory, output.overwrite, results::RESUME_OR_OVERWRITE)
        }
        _ => Ok(()),
    }
}

fn export(plan: &Plan, run: &StoredRun, output: &Output) -> Result<(), CliError> {
    let write = if run.environment.partial { outlet::write_partial } else { outlet::write };
    let written = |file: &Option<PathBuf>, text: &dyn Fn() -> Vec<u8>| match file {
        None => Ok(()),
        Some(file) => write(file, &text()),
    };
    written(&output.export_csv, &|| write_rows(&run.rows))?;
    written(&output.export_json, &|| to_json(run).into_bytes())?;
    written(&output.export_markdown, &|| markdown_of(plan, run).into_bytes())?;
    written(&output.export_asciidoc, &|| {
        exports::document(run, &comparisons(&run.rows)).into_bytes()
    })
}

fn markdown_of(plan: &Plan, run: &StoredRun) -> String {
    let tables = comparisons(&run.rows);
    let sweep = swept(plan, &tables).map(|sweep| sweep.markdown());
    let partial =
        if run.environment.partial { format!("**{PARTIAL}**\n\n") } else { String::new() };
    partial + &exports::comment(run, &tables, sweep.as_deref())
}

fn shown(plan: &Plan, run: &StoredRun, format: Format) -> String {
    match format {
        Format::Csv => String::from_utf8(write_rows(&run.rows)).expect("every field is UTF-8"),
        Format::Json => to_json(run),
        Format::Table if run.rows.is_empty() => {
            marked("Nothing was measured.\n", run.environment.partial)
        }
        Format::Table => {
            let width = stdout::width();
            let comparisons = comparisons(&run.rows);
            let mut tables: Vec<String> =
                comparisons.iter().map(|comparison| terminal(comparison, width)).collect();
            tables.extend(swept(plan, &comparisons).map(|sweep| sweep.terminal(width)));
            marked(&tables.join("\n\n"), run.environment.partial)
        }
    }
}

/// Returns the sweep along the axis of the plan, if there is one.
fn swept(plan: &Plan, comparisons: &[Comparison]) -> Option<Sweep> {
    let axis = plan.axis.as_ref()?;
    let with_id = |id: &str| comparisons.iter().find(|comparison| comparison.scenario == id);
    let values = axis.values.iter().cycle();
    let points = plan.scenarios.iter().zip(values);
    let points =
        points.filter_map(|(planned, value)| Some((value.clone(), with_id(&planned.id())?)));
    Some(Sweep::along(&axis.part, &points.collect::<Vec<_>>()))
}

/// Reports violations and missed controls, and returns the exit code. A violation takes precedence
/// over a stopped run.
fn conclusion(plan: &Plan, run: &StoredRun) -> Exit {
    if run.environment.partial {
        let (measured, planned) = (run.rows.len(), plan.measurements());
        note(format_args!("stopped: partial, {measured} of {planned} measurements were made"));
    }
    let claims_linearizability = |row: &MeasurementRow| {
        let contenders = plan.scenarios.iter().flat_map(|planned| &planned.contenders);
        let mut entries = contenders.map(|contender| contender.entry);
        entries.any(|entry| entry.strategy == row.strategy && entry.guarantees.linearizable)
    };
    let is_violation = |row: &&MeasurementRow| row.verdict == AuditVerdict::Violation;
    let violation = run.rows.iter().filter(is_violation).find(|row| claims_linearizability(row));
    for control in missed_controls(&run.rows) {
        note(control);
    }
    match violation {
        Some(row) => {
            note(format_args!(
                "{} claims linearizability and violates it in {}: {}",
                row.strategy, row.scenario, row.violation
            ));
            Exit::Violation
        }
        None if run.environment.partial => Exit::Interrupted,
        None if !counts(&run.rows) => {
            note(
                "nothing counted: interference excluded most blocks of every scenario, so nothing \
                 is ranked; stop other programs and measure again (`hotrow doctor` shows what \
                 disturbs)",
            );
            Exit::NothingCounted
        }
        None => Exit::Done,
    }
}

/// Returns whether any scenario was measured.
pub(super) fn counts(rows: &[MeasurementRow]) -> bool {
    rows.is_empty() || comparisons(rows).iter().any(Comparison::is_measured)
}

/// Returns the negative controls that pass every block of a scenario: the audit of the other
/// contenders of that scenario then proves little.
fn missed_controls(rows: &[MeasurementRow]) -> Vec<String> {
    let controls: Vec<&MeasurementRow> =
        rows.iter().filter(|row| row.role == Role::NegativeControl).collect();
    let mut missed: Vec<String> = Vec::new();
    for row in &controls {
        let same = |other: &&&MeasurementRow| {
            other.scenario == row.scenario && other.strategy == row.strategy
        };
        let all_pass =
            controls.iter().filter(same).all(|other| other.verdict == AuditVerdict::Pass);
        let message = format!(
            "negative control {}: no violation was detected in {}",
            row.strategy, row.scenario
        );
        if all_pass && !missed.contains(&message) {
            missed.push(message);
        }
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::sample;

    fn exit_of(rows: &[MeasurementRow], partial: bool) -> Exit {
        let plan = crate::plan::quick(&Output::table());
        let mut run = sample::run(rows);
        run.environment.partial = partial;
        conclusion(&plan.unwrap(), &run)
    }

    /// The exit code must show a violation, also of a stopped run. The violation of a negative
    /// control is expected.
    #[test]
    fn the_exit_code_is_that_of_the_worst_finding() {
        let mut rows = sample::rows(8);
        assert_eq!(exit_of(&rows, false), Exit::Done);
        assert_eq!(exit_of(&rows, true), Exit::Interrupted);
        let mut disturbed = rows.clone();
        disturbed.iter_mut().for_each(|row| row.excluded_because = "steal".to_owned());
        assert_eq!(exit_of(&disturbed, false), Exit::NothingCounted);
        rows[0].verdict = AuditVerdict::Violation;
        assert_eq!(exit_of(&rows, false), Exit::Violation);
        assert_eq!(exit_of(&rows, true), Exit::Violation);
    }

    /// A negative control proves something only if its violation is detected at least once.
    #[test]
    fn a_negative_control_that_always_passes_is_reported_once() {
        let mut rows = sample::rows(8);
        assert_eq!(missed_controls(&rows), Vec::<String>::new());
        for row in &mut rows {
            row.verdict = AuditVerdict::Pass;
        }
        let missed = missed_controls(&rows);
        assert_eq!(missed.len(), 1);
        let message = "negative control unsynchronized: no violation was detected in memory/";
        assert!(missed[0].starts_with(message), "{missed:?}");
    }
}
