//! `hotrow demo`: provokes two measurement errors and shows their effect.
//!
//! The rows are stored like those of any other run, so that a report can show them.

mod stalled;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};

use self::stalled::Stalled;
use super::{
    failure::{CliError, Exit, note},
    forks::measure,
    interrupt,
    output::Output,
    plan::{Plan, PlannedContender, PlannedScenario, contenders},
    result_sink::ResultSink,
    results,
    rows::BUILD,
    session::{self, Measured},
    stdout,
    values::seed,
};
use hotrow::{
    scenario::Arrivals,
    scenario::Latency,
    scenario::{Clients, Load, Scenario},
    store::{FaultInjecting, Memory},
    sync,
};
use hotrow_engine::Schedule;
use hotrow_registry::Entry;
use hotrow_report as report;
use hotrow_results::{Environment, MeasurementRow, Role, StoredRun};

pub(crate) const DEMO_HELP: &str = "\
coordinated-omission
    A mutex stalls for 20 ms in every 250. Clients of a closed loop hardly see
    it, because they send nothing while they wait. In an open loop the stall
    makes up most of the tail. Takes a minute.
run-order
    Identical code is measured one contender after the other, and then in
    shuffled blocks. Interference of the machine looks like a difference in the
    first and cancels out in the second. Takes two minutes.

With --results DIR, `run-order` stores its rows in DIR-one-by-one and
DIR-shuffled; the column `fork` is the repetition of the pair.";

/// Demonstrates a measurement error.
#[derive(Debug, Clone, Args)]
pub(crate) struct Demo {
    /// coordinated-omission: a closed loop hides a stall;
    /// run-order: one contender after the other
    #[arg(value_enum, hide_possible_values = true, verbatim_doc_comment)]
    error: Demonstration,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    seed: u64,
    /// Also store the rows in DIR
    #[arg(long, value_name = "DIR")]
    pub(crate) results: Option<PathBuf>,
    /// Replace the run in DIR once this one is complete
    #[arg(long, requires = "results")]
    overwrite: bool,
}

/// A measurement error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Demonstration {
    CoordinatedOmission,
    RunOrder,
}

type Accounts = Memory<sync::Mutex<()>>;

/// The mutex that stalls. It is only for this demonstration and not in the registry.
static STALLED: Entry = Entry::new::<
    Stalled<Accounts>,
    Stalled<FaultInjecting<Accounts>>,
    Stalled<FaultInjecting<Accounts, false>>,
>();

/// The offered load of the open loop, low enough for one client.
const OFFERED_PER_SECOND: f64 = 20_000.0;

/// Blocks of the stall, a second each.
const STALL_BLOCKS: u32 = 6;

/// Blocks of each half of a pair.
const PAIR_BLOCKS: u32 = 10;

/// How often the pair of each strategy is repeated.
const PAIRS: u32 = 3;

/// Provokes a measurement error, and prints its effect.
pub(super) fn demo(arguments: &Demo) -> Result<Exit, CliError> {
    match arguments.error {
        Demonstration::CoordinatedOmission => coordinated_omission(arguments),
        Demonstration::RunOrder => run_order(arguments),
    }
}

/// Measures a stall of 20 ms with a closed loop and with an open loop.
fn coordinated_omission(arguments: &Demo) -> Result<Exit, CliError> {
    let closed = Scenario::hot_row(Clients::Threads(1));
    let load = Load::Open { arrivals: Arrivals::Constant, per_second: OFFERED_PER_SECOND };
    let open = Scenario { load, ..closed };
    let named = ["mutex".to_owned(), "noop".to_owned()];
    let mut contenders = contenders("memory", Latency::None, &named)?;
    contenders.retain(|contender| contender.role != Role::AaControl);
    contenders.push(PlannedContender { entry: &STALLED, role: Role::Contender });
    let scenarios =
        [closed, open].map(|scenario| PlannedScenario::of(scenario, contenders.clone()));
    let schedule = Schedule {
        blocks: STALL_BLOCKS,
        warm_up: Duration::from_millis(20),
        capacity_window: Duration::from_millis(100),
        latency_window: Duration::from_millis(900),
        seed: arguments.seed,
    };
    let plan = Plan { scenarios: scenarios.to_vec(), schedule, forks: 1, axis: None };
    let Demo { results, seed, overwrite, .. } = arguments.clone();
    let output = Output { results, seed, overwrite, ..Output::table() };
    if let Some(directory) = &output.results {
        results::prepare(directory, overwrite, results::OVERWRITE)?;
    }
    let Measured { run, saved_in } = session::measured(&plan, &output)?;
    if let (Some(directory), Some(saved_in)) = (&output.results, &saved_in) {
        results::report_saved(directory, saved_in);
    }
    print_effect(report::omission(&run.rows), "the stall was not measured completely")
}

/// Measures identical code twice: one after the other, and in shuffled blocks.
fn run_order(arguments: &Demo) -> Result<Exit, CliError> {
    let stop = interrupt::listen()?;
    let directories = arguments.results.as_deref().map(halves).transpose()?;
    for directory in directories.iter().flatten() {
        results::prepare(directory, arguments.overwrite, results::OVERWRITE)?;
    }
    // With one client there is no contention, so differences are due to the machine.
    let scenario = Scenario::hot_row(Clients::Threads(1));
    let mut pairs = contenders("memory", Latency::None, &[])?;
    pairs.retain(|contender| contender.role == Role::Contender);
    let control =
        |contender: &PlannedContender| PlannedContender { role: Role::AaControl, ..*contender };
    let shuffled: Vec<PlannedContender> =
        pairs.iter().copied().chain(pairs.iter().map(control)).collect();
    let one_by_one =
        pairs.iter().flat_map(|contender| [vec![*contender], vec![control(contender)]]);
    let one_by_one: Vec<Vec<PlannedContender>> = one_by_one.collect();
    let schedule = Schedule {
        blocks: PAIR_BLOCKS,
        warm_up: Duration::from_millis(5),
        capacity_window: Duration::from_millis(40),
        latency_window: Duration::from_millis(1),
        seed: arguments.seed,
    };
    let mut runs = Vec::new();
    for groups in [one_by_one, vec![shuffled]] {
        let environment = Environment::before(session::command_line(), arguments.seed, BUILD);
        let mut all = StoredRun::empty(environment);
        for (repetition, contenders) in
            (0..PAIRS).flat_map(|repetition| groups.iter().map(move |group| (repetition, group)))
        {
            if interrupt::requested() {
                break;
            }
            let scenarios = vec![PlannedScenario::of(scenario, contenders.clone())];
            let plan = Plan { scenarios, schedule, forks: 1, axis: None };
            let mut sink = ResultSink::begin(&plan, all.environment.clone(), None)?;
            measure(&plan, 0, &[], stop, &mut sink);
            let (run, _) = sink.finish(interrupt::requested())?;
            all.rows
                .extend(run.rows.into_iter().map(|row| MeasurementRow { fork: repetition, ..row }));
        }
        all.environment = all.environment.after(false);
        runs.push(all);
    }
    // The two halves belong together: if one is partial, both are.
    let partial = interrupt::requested();
    for (run, directory) in runs.iter_mut().zip(directories.iter().flatten()) {
        run.environment.partial = partial;
        save(run, directory)?;
    }
    print_effect(report::order_of_runs(&runs[0].rows, &runs[1].rows), "not every pair was measured")
}

/// Returns the folders of the two halves: for `order`, `order-one-by-one` and `order-shuffled`.
pub(crate) fn halves(directory: &Path) -> Result<[PathBuf; 2], CliError> {
    let Some(name) = directory.file_name() else {
        let directory = directory.display();
        return Err(CliError::usage(format!("--results {directory} has no folder name: add one")));
    };
    Ok(["one-by-one", "shuffled"].map(|half| {
        let mut name = OsString::from(name);
        name.push(format!("-{half}"));
        directory.with_file_name(name)
    }))
}

fn save(run: &StoredRun, directory: &Path) -> Result<(), CliError> {
    let saved_in = run.save(directory).map_err(|error| {
        CliError::failed(format!("cannot save in {}: {error}", directory.display()))
    })?;
    results::report_saved(directory, &saved_in);
    Ok(())
}

/// Formats the Markdown of an effect for a terminal: sentences in its width, and aligned columns.
fn on_terminal(markdown: &str, width: usize) -> String {
    let lines: Vec<&str> = markdown.lines().collect();
    let is_table = |line: &str| line.starts_with('|');
    let parts = lines.chunk_by(|one, other| is_table(one) && is_table(other));
    let text = parts.map(|part| match part {
        [heading, _, rows @ ..] if is_table(heading) => table(heading, rows).terminal(width).0,
        [""] => "\n".to_owned(),
        lines => lines.iter().map(|line| report::wrap(line, width, "")).collect(),
    });
    text.collect()
}

/// Returns the table of lines of Markdown.
fn table(heading: &str, rows: &[&str]) -> report::Table {
    let fields = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|field| field.trim().to_owned()).collect()
    };
    let column = |heading: String| report::Column::new(heading, report::Align::Left, 0);
    let mut table = report::Table::new(fields(heading).into_iter().map(column).collect());
    rows.iter().for_each(|row| table.push(fields(row)));
    table
}

/// Prints sentences and a table in the width of the terminal. Stopped work is marked as partial; `missing` describes what was not done.
fn print_effect(sentences: Result<String, String>, missing: &str) -> Result<Exit, CliError> {
    let partial = interrupt::requested();
    let text = match sentences {
        Ok(text) => session::marked(&text, partial),
        Err(_) if partial => session::marked("There are too few measurements to show.\n", true),
        Err(error) => return Err(CliError::failed(error)),
    };
    stdout::print(&on_terminal(&text, stdout::width())).map_err(CliError::from_output)?;
    if !partial {
        return Ok(Exit::Done);
    }
    note(format_args!("stopped: partial, {missing}"));
    Ok(Exit::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bars and rules of Markdown are for a page. A terminal gets columns.
    #[test]
    fn a_terminal_gets_columns_and_no_markdown() {
        let markdown = "A closed loop measures less.\n\n| load | strategy | p99 |\n| --- | --- | --- |\n\
            | closed loop | mutex-stalled | 41 ns |\n| open loop | mutex | - |\n";
        assert_eq!(
            on_terminal(markdown, 80),
            "A closed loop measures less.\n\n\
             load         strategy       p99\n\
             closed loop  mutex-stalled  41 ns\n\
             open loop    mutex          -\n"
        );
    }
}
