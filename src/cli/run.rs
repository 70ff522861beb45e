//! Has a plan measured, shows what came of it, and keeps it where that was asked for.

use std::{
    env,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    arguments::{Format, Output},
    failure::{Exit, Failure, note},
    interrupt,
    keeping::{Keeper, Teller},
    measuring::{measure, measure_apart, told},
    outlet,
    plan::Plan,
    printed, recording, results,
};
use crate::{
    database::Latency,
    engine::{Schedule, Stop},
    machine::{self, Judgement, examine},
    record::{Environment, Finding, Role, Row, SavedRun, write_rows},
    report::{Comparison, Sweep, comparisons, markdown, terminal, to_json},
};

/// What stands above a table of work that was stopped.
const PARTIAL: &str = "PARTIAL, stopped before its end.";

/// Marks a text as partial, if it is.
pub(super) fn marked(text: &str, is_partial: bool) -> String {
    match is_partial {
        true => format!("{PARTIAL}\n\n{text}"),
        false => text.to_owned(),
    }
}

/// How long the machine is looked at before it is measured on.
const LOOK: Duration = Duration::from_millis(300);

/// What was measured, and the folder where it lies if it was to be kept.
pub(super) struct Measured {
    pub(super) run: SavedRun,
    pub(super) place: Option<PathBuf>,
}

/// Measures, prints and saves, and records to `record`; what cannot be written is found before
/// anything is measured.
pub(super) fn run(plan: &Plan, output: &Output, record: Option<&Path>) -> Result<Exit, Failure> {
    if let Some(process) = output.stream {
        return tell(plan, process);
    }
    let files = files(output, record);
    check_outputs(output, &files)?;
    let Measured { run, place } = measured(plan, output)?;
    let exported = export(plan, &run, output);
    if let (Some(directory), Some(place)) = (&output.results, &place) {
        results::tell(directory, place);
    }
    if !files.iter().any(|file| outlet::is_output(file)) {
        print(&shown(plan, &run, output.format), output.format)?;
    }
    exported?;
    recording::record(plan, record, conclusion(plan, &run))
}

fn print(shown: &str, format: Format) -> Result<(), Failure> {
    let printed = match format {
        Format::Table => printed::print_tables(shown),
        Format::Csv | Format::Json => printed::print(shown),
    };
    printed.map_err(Failure::of_output)
}

/// Measures, and keeps the rows where that was asked for.
pub(super) fn measured(plan: &Plan, output: &Output) -> Result<Measured, Failure> {
    let stop = interrupt::listen()?;
    if cfg!(debug_assertions) {
        note("this is a debug build and its numbers mean little: use `cargo run --release`");
    }
    let before = Environment::before(command_line(), plan.schedule.seed);
    let examination = examine(LOOK).findings;
    let warnings = examination.iter().filter(|one| one.judgement == Judgement::Warning);
    for machine::Finding { name, value, .. } in warnings.filter(|_| !cfg!(debug_assertions)) {
        note(format_args!("this machine is disturbed, {name}: {value}; `hotrow doctor` says more"));
    }
    let environment = Environment { plan: plan.fingerprint(), examination, ..before };
    let mut keeper = match &output.results {
        Some(directory) if output.resume => Keeper::resume(plan, &environment, directory)?,
        directory => Keeper::begin(plan, environment, directory.as_deref())?,
    };
    note(expectation(plan));
    measure_all(plan, stop, &mut keeper)?;
    let (run, place) = keeper.finish(interrupt::requested())?;
    Ok(Measured { run, place })
}

fn measure_all(plan: &Plan, stop: &Stop, keeper: &mut Keeper<'_>) -> Result<(), Failure> {
    if plan.processes == 1 {
        let known = keeper.known(0);
        measure(plan, 0, &known, stop, keeper);
        return Ok(());
    }
    for process in (0..plan.processes).take_while(|_| !interrupt::requested()) {
        let (known, began_ms) = (keeper.known(process), keeper.now_ms());
        measure_apart(process, &known, stop, |round| keeper.adopt(round, began_ms))?;
    }
    Ok(())
}

/// Measures as one process of several, for the one that started it.
fn tell(plan: &Plan, process: u32) -> Result<Exit, Failure> {
    let known = told()?;
    let stop = interrupt::listen_in_silence()?;
    let mut teller = Teller { plan, process, began: Instant::now() };
    measure(plan, process, &known, stop, &mut teller);
    Ok(Exit::Done)
}

/// Every file that is to be written.
pub(super) fn files<'a>(output: &'a Output, record: Option<&'a Path>) -> Vec<&'a Path> {
    let Output { export_csv, export_json, export_markdown, .. } = output;
    let exports = [export_csv, export_json, export_markdown].into_iter();
    exports.map(Option::as_deref).chain([record]).flatten().collect()
}

/// Checks that everything can be written that is to be.
pub(super) fn check_outputs(output: &Output, files: &[&Path]) -> Result<(), Failure> {
    outlet::check(files)?;
    let printed = files.iter().find(|file| outlet::is_output(file));
    if let Some(file) = printed.filter(|_| output.format != Format::Table) {
        return Err(Failure::usage(format!(
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

/// What is about to happen and how long it takes, without what opening and auditing cost.
pub(super) fn expectation(plan: &Plan) -> String {
    let cells = plan.cells.len();
    let real = plan.cells.iter().filter(|planned| planned.cell.latency == Latency::None);
    let contestants: usize = real.map(|planned| planned.contestants.len()).sum();
    let Schedule { blocks, warm_up, capacity_window, latency_window, .. } = plan.schedule;
    let rounds = f64::from(plan.processes) * f64::from(blocks) * contestants as f64;
    let seconds = (warm_up + capacity_window + latency_window).as_secs_f64() * rounds;
    let count = plan.measurements();
    let cells = if cells == 1 { "one cell".to_owned() } else { format!("{cells} cells") };
    format!("{count} measurements in {cells}, {seconds:.0} s and the time to audit them")
}

pub(super) fn command_line() -> String {
    let mut words = vec!["hotrow".to_owned()];
    words.extend(env::args_os().skip(1).map(|word| {
        let shown = word.to_string_lossy();
        match word.to_str() {
            Some(text) if !text.contains([' ', '\'', '"', '`']) => text.to_owned(),
            _ => format!("{shown:?}"),
        }
    }));
    words.join(" ")
}

fn export(plan: &Plan, run: &SavedRun, output: &Output) -> Result<(), Failure> {
    let write = if run.environment.partial { outlet::write_partial } else { outlet::write };
    let written = |file: &Option<PathBuf>, text: &dyn Fn() -> Vec<u8>| match file {
        None => Ok(()),
        Some(file) => write(file, &text()),
    };
    written(&output.export_csv, &|| write_rows(&run.rows))?;
    written(&output.export_json, &|| to_json(run).into_bytes())?;
    written(&output.export_markdown, &|| markdown_of(plan, run).into_bytes())
}

fn markdown_of(plan: &Plan, run: &SavedRun) -> String {
    let tables = comparisons(&run.rows);
    let sections = tables.iter().map(|one| format!("## {}\n\n{}", one.title, markdown(one)));
    let mut sections: Vec<String> = sections.collect();
    sections.extend(swept(plan, &tables).map(|sweep| sweep.markdown()));
    let partial =
        if run.environment.partial { format!("**{PARTIAL}**\n\n") } else { String::new() };
    partial + &sections.join("\n")
}

fn shown(plan: &Plan, run: &SavedRun, format: Format) -> String {
    match format {
        Format::Csv => String::from_utf8(write_rows(&run.rows)).expect("every field is a text"),
        Format::Json => to_json(run),
        Format::Table if run.rows.is_empty() => {
            marked("Nothing was measured.\n", run.environment.partial)
        }
        Format::Table => {
            let width = printed::width();
            let comparisons = comparisons(&run.rows);
            let mut tables: Vec<String> =
                comparisons.iter().map(|one| terminal(one, width)).collect();
            tables.extend(swept(plan, &comparisons).map(|sweep| sweep.terminal(width)));
            marked(&tables.join("\n\n"), run.environment.partial)
        }
    }
}

/// Where the lead changes along the axis, if there is one.
fn swept(plan: &Plan, comparisons: &[Comparison]) -> Option<Sweep> {
    let axis = plan.axis.as_ref()?;
    let of_id = |id: &str| comparisons.iter().find(|comparison| comparison.cell == id);
    let values = axis.values.iter().cycle();
    let stops = plan.cells.iter().zip(values);
    let stops = stops.filter_map(|(planned, value)| Some((value.clone(), of_id(&planned.id())?)));
    Some(Sweep::along(&axis.part, &stops.collect::<Vec<_>>()))
}

/// Tells what is not as it should be; what is wrong weighs more than that the run was stopped.
fn conclusion(plan: &Plan, run: &SavedRun) -> Exit {
    if run.environment.partial {
        let (measured, planned) = (run.rows.len(), plan.measurements());
        note(format_args!("stopped: partial, {measured} of {planned} measurements were made"));
    }
    let claims_sound = |row: &Row| {
        let contestants = plan.cells.iter().flat_map(|planned| &planned.contestants);
        let mut entries = contestants.map(|one| one.entry);
        entries.any(|entry| entry.strategy == row.strategy && entry.promises.sound)
    };
    let wrong = run.rows.iter().find(|row| row.verdict == Finding::Wrong && claims_sound(row));
    for control in missed_controls(&run.rows) {
        note(control);
    }
    match wrong {
        Some(row) => {
            note(format_args!(
                "{} claims to be sound and is wrong in {}: {}",
                row.strategy, row.cell, row.violation
            ));
            Exit::Wrong
        }
        None if run.environment.partial => Exit::Interrupted,
        None => Exit::Done,
    }
}

/// A control that balances in every block of a cell says nothing for the others there.
fn missed_controls(rows: &[Row]) -> Vec<String> {
    let controls: Vec<&Row> = rows.iter().filter(|row| row.role == Role::Control).collect();
    let mut missed: Vec<String> = Vec::new();
    for row in &controls {
        let same = |other: &&&Row| other.cell == row.cell && other.strategy == row.strategy;
        let all_balance =
            controls.iter().filter(same).all(|other| other.verdict == Finding::Balanced);
        let told = format!("{}, wrong on purpose, was not caught in {}", row.strategy, row.cell);
        if all_balance && !missed.contains(&told) {
            missed.push(told);
        }
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn concluded(rows: &[Row], partial: bool) -> Exit {
        let plan = crate::cli::plan::quick(&Output::table());
        let mut run = sample::run(rows);
        run.environment.partial = partial;
        conclusion(&plan.unwrap(), &run)
    }

    /// A script that only looks at the code must hear of a wrong strategy, also when it was
    /// stopped; and a control that is wrong is as it should be.
    #[test]
    fn the_code_tells_the_worst_that_was_found() {
        let mut rows = sample::rows(8);
        assert_eq!(concluded(&rows, false), Exit::Done);
        assert_eq!(concluded(&rows, true), Exit::Interrupted);
        rows[0].verdict = Finding::Wrong;
        assert_eq!(concluded(&rows, false), Exit::Wrong);
        assert_eq!(concluded(&rows, true), Exit::Wrong);
    }

    /// A control proves something only where it was caught at least once.
    #[test]
    fn a_control_that_always_balances_is_told_once() {
        let mut rows = sample::rows(8);
        assert_eq!(missed_controls(&rows), Vec::<String>::new());
        for row in &mut rows {
            row.verdict = Finding::Balanced;
        }
        let told = missed_controls(&rows);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("unguarded, wrong on purpose, was not caught in slab/"));
    }
}
