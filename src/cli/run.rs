//! Has a plan measured, shows what came of it, and keeps it where that was asked for.

use std::env;

use super::{
    arguments::{Format, Output},
    failure::{Exit, Failure, note},
    interrupt,
    measuring::measure,
    plan::{Plan, PlannedCell},
    printed,
    progress::Progress,
};
use crate::{
    database::Latency,
    engine::Schedule,
    record::{
        Environment, Finding, Place, Role, Row, SavedRun, check_writable, replace, write_rows,
    },
    report::{comparisons, terminal, to_json},
};

/// Measures, prints and saves; what cannot be written is found before anything is measured.
pub(super) fn run(plan: &Plan, output: &Output) -> Result<Exit, Failure> {
    check_outputs(output)?;
    let stop = interrupt::listen()?;
    if cfg!(debug_assertions) {
        note("this is a debug build and its numbers mean little: use `cargo run --release`");
    }
    note(expectation(plan));

    let environment = Environment::before(command_line(), plan.schedule.seed);
    let mut rows = Vec::new();
    let progress = Progress::of(measurements(plan));
    measure(plan, stop, &mut |placed| {
        let place = Place {
            run: &environment.run,
            block: placed.block,
            position: u32::try_from(placed.position).unwrap_or(u32::MAX),
            seed: plan.schedule.seed,
        };
        let planned = &plan.cells[placed.cell];
        let who = planned.contestants[placed.subject].who();
        rows.push(Row::of(place, &planned.cell, who, &placed.measurement));
        progress.finished(who.strategy);
    });
    drop(progress);

    let partial = interrupt::requested();
    let run = SavedRun { environment: environment.after(partial), rows };
    let saved = save(&run, output);
    printed::print(&shown(&run, output.format)).map_err(Failure::of_output)?;
    saved?;
    Ok(conclusion(plan, &run))
}

fn check_outputs(output: &Output) -> Result<(), Failure> {
    if let Some(file) = &output.export_csv {
        check_writable(file)
            .map_err(|error| Failure::usage(format!("cannot write {}: {error}", file.display())))?;
    }
    if let Some(directory) = &output.results {
        SavedRun::prepare(directory).map_err(|error| {
            Failure::usage(format!("cannot save in {}: {error}", directory.display()))
        })?;
    }
    Ok(())
}

/// What is about to happen and how long it takes, without what opening and auditing cost.
fn expectation(plan: &Plan) -> String {
    let cells = plan.cells.len();
    let real = plan.cells.iter().filter(|planned| planned.cell.latency == Latency::None);
    let Schedule { blocks, warm_up, capacity_window, latency_window, .. } = plan.schedule;
    let measured: u32 = real.map(|planned| blocks * contestants(planned)).sum();
    let windows = (warm_up + capacity_window + latency_window) * measured;
    let count = measurements(plan);
    let cells = if cells == 1 { "one cell".to_owned() } else { format!("{cells} cells") };
    format!("{count} measurements in {cells}, {} s and the time to audit them", windows.as_secs())
}

fn measurements(plan: &Plan) -> u64 {
    let contestants = plan.cells.iter().map(contestants).sum::<u32>();
    u64::from(plan.schedule.blocks) * u64::from(contestants)
}

fn contestants(planned: &PlannedCell) -> u32 {
    u32::try_from(planned.contestants.len()).expect("the registry is a short table")
}

fn command_line() -> String {
    let mut words = vec!["hotrow".to_owned()];
    words.extend(env::args().skip(1).map(|word| match word.contains([' ', '\'', '"', '`']) {
        true => format!("{word:?}"),
        false => word,
    }));
    words.join(" ")
}

fn save(run: &SavedRun, output: &Output) -> Result<(), Failure> {
    if let Some(file) = &output.export_csv {
        replace(file, &write_rows(&run.rows)).map_err(|error| {
            Failure::failed(format!("cannot write {}: {error}", file.display()))
        })?;
        note(format_args!("{} rows in {}", run.rows.len(), file.display()));
    }
    if let Some(directory) = &output.results {
        run.save(directory).map_err(|error| {
            Failure::failed(format!("cannot save in {}: {error}", directory.display()))
        })?;
        note(format_args!("saved in {}", directory.display()));
    }
    Ok(())
}

fn shown(run: &SavedRun, format: Format) -> String {
    match format {
        Format::Csv => String::from_utf8(write_rows(&run.rows)).expect("every field is a text"),
        Format::Json => to_json(run),
        Format::Table if run.rows.is_empty() => "Nothing was measured.\n".to_owned(),
        Format::Table => {
            let width = printed::width();
            let tables = comparisons(&run.rows);
            let tables: Vec<String> = tables.iter().map(|one| terminal(one, width)).collect();
            let partial = "PARTIAL, stopped before its end.\n\n";
            let partial = if run.environment.partial { partial } else { "" };
            partial.to_owned() + &tables.join("\n\n")
        }
    }
}

/// Tells what is not as it should be; what is wrong weighs more than that somebody stopped it.
fn conclusion(plan: &Plan, run: &SavedRun) -> Exit {
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
        None if run.environment.partial => {
            note("stopped before its end: what is shown is partial");
            Exit::Interrupted
        }
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
        let plan = crate::cli::quick::plan(&Output {
            seed: 1,
            format: Format::Table,
            export_csv: None,
            results: None,
        });
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
