//! Where capacities go: standard output and files.

use std::path::Path;

use super::{CapacityOutput, setup::Setup};
use crate::{
    failure::{CliError, Exit, note},
    outlet,
    output::Format,
    results,
    session::marked,
    stdout,
};
use hotrow_report::{SloCapacity, capacity_chart, slo_capacities};
use hotrow_results::{AuditVerdict, CapacityRow, StoredRun, write_capacity};

/// Checks that all outputs can be written.
pub(super) fn check(output: &CapacityOutput) -> Result<(), CliError> {
    let files = files(output);
    outlet::check(&files)?;
    let printed = files.iter().find(|file| outlet::is_output(file));
    if let Some(file) = printed.filter(|_| output.format != Format::Table) {
        return Err(CliError::usage(format!(
            "{}: this and --format cannot both be standard output: name a file",
            file.display()
        )));
    }
    match &output.results {
        Some(directory) => results::prepare(directory, output.overwrite, results::OVERWRITE),
        None => Ok(()),
    }
}

fn files(output: &CapacityOutput) -> Vec<&Path> {
    let CapacityOutput { export_csv, export_json, export_markdown, export_svg, .. } = output;
    let exports = [export_csv, export_json, export_markdown, export_svg].into_iter();
    exports.filter_map(Option::as_deref).collect()
}

/// Prints and exports the capacities, and returns the exit code.
pub(super) fn show(
    output: &CapacityOutput,
    setup: &Setup,
    run: &StoredRun,
) -> Result<Exit, CliError> {
    let capacities = slo_capacities(&run.capacity);
    let is_partial = run.environment.partial;
    if !files(output).iter().any(|file| outlet::is_output(file)) {
        let text = shown(output.format, run, &capacities);
        let printed = match output.format {
            Format::Table => stdout::print_tables(&text),
            Format::Csv | Format::Json => stdout::print(&text),
        };
        printed.map_err(CliError::from_output)?;
    }
    let write = if is_partial { outlet::write_partial } else { outlet::write };
    let export = |file: &Option<std::path::PathBuf>, bytes: &dyn Fn() -> Vec<u8>| match file {
        Some(file) => write(file, &bytes()),
        None => Ok(()),
    };
    export(&output.export_csv, &|| write_capacity(&run.capacity))?;
    export(&output.export_json, &|| shown(Format::Json, run, &capacities).into_bytes())?;
    export(&output.export_markdown, &|| markdown(&capacities, is_partial).into_bytes())?;
    let processor = run.environment.cpu_model.as_deref();
    match capacities.first().and_then(|capacity| capacity_chart(capacity, processor)) {
        Some(chart) => export(&output.export_svg, &|| chart.svg().into_bytes())?,
        None if output.export_svg.is_some() => note("there is no probe to draw"),
        None => {}
    }
    Ok(exit(setup, run, &capacities))
}

fn shown(format: Format, run: &StoredRun, capacities: &[SloCapacity<'_>]) -> String {
    let is_partial = run.environment.partial;
    match format {
        Format::Csv => {
            String::from_utf8(write_capacity(&run.capacity)).expect("every field is UTF-8")
        }
        Format::Json => {
            let capacities: Vec<_> = capacities.iter().map(SloCapacity::to_json).collect();
            let all = serde_json::json!({
                "environment": run.environment,
                "capacities": capacities,
            });
            format!("{all:#}\n")
        }
        Format::Table if capacities.is_empty() => marked("Nothing was measured.\n", is_partial),
        Format::Table => {
            let width = stdout::width();
            let tables: Vec<_> = capacities.iter().map(|it| it.terminal(width)).collect();
            marked(&tables.join("\n"), is_partial)
        }
    }
}

fn markdown(capacities: &[SloCapacity<'_>], is_partial: bool) -> String {
    let tables: Vec<_> = capacities.iter().map(SloCapacity::markdown).collect();
    let text = format!("## The most requests a second within an SLO\n\n{}", tables.join("\n"));
    marked(&text, is_partial)
}

/// Returns the exit code: that of a violation first.
pub(super) fn exit(setup: &Setup, run: &StoredRun, capacities: &[SloCapacity<'_>]) -> Exit {
    let claims = |row: &&CapacityRow| {
        let mut entries = setup.contenders.iter().map(|contender| contender.entry);
        entries.any(|entry| entry.strategy == row.strategy && entry.guarantees.linearizable)
    };
    let is_violation = |row: &&CapacityRow| row.verdict == AuditVerdict::Violation;
    if let Some(row) = run.capacity.iter().filter(is_violation).find(claims) {
        note(format_args!(
            "{} claims linearizability and violates it in {}: {}",
            row.strategy, row.scenario, row.violation
        ));
        return Exit::Violation;
    }
    if run.environment.partial {
        note(format_args!("stopped: partial, {} probes were made", run.capacity.len()));
        return Exit::Interrupted;
    }
    match capacities.iter().find(|capacity| capacity.blocks == 0 && capacity.excluded.0 > 0) {
        Some(capacity) => {
            note(format_args!(
                "no block counts ({}): stop other programs, or use --accept-noise",
                capacity.excluded.1.unwrap_or("stopped")
            ));
            Exit::Failed
        }
        None => Exit::Done,
    }
}
