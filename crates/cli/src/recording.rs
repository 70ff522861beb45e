//! Records a short run of each strategy of a plan, and writes the histories to one file.

use std::path::Path;

use super::{
    failure::{CliError, Exit, note},
    interrupt, outlet,
    plan::{Plan, PlannedContender},
};
use hotrow::scenario::Scenario;
use hotrow_engine::Iteration;
use hotrow_results::Role;
use hotrow_verify::{audit::audit_history, history::Recording};

/// Requests of one history, of all clients together. A checker that searches for an order can
/// handle as many, and the file has a megabyte for each strategy.
const REQUESTS: u64 = 4_000;

/// The fewest requests of a client.
const REQUESTS_MIN: u64 = 8;

/// Records, audits and writes the histories. Returns [`Exit::Violation`] if a strategy that claims
/// linearizability violates it, and `exit` otherwise. Stopped work writes nothing, so an existing
/// file stays as it is.
pub(super) fn record(plan: &Plan, file: Option<&Path>, exit: Exit) -> Result<Exit, CliError> {
    let Some(file) = file else { return Ok(exit) };
    let stopped = |histories: usize, exit: Exit| {
        let file = file.display();
        note(format_args!("stopped: partial, {histories} histories, and {file} is not written"));
        if exit == Exit::Violation { exit } else { Exit::Interrupted }
    };
    let (mut text, mut histories, mut exit) = (Vec::new(), 0, exit);
    for planned in &plan.scenarios {
        for contender in planned.contenders.iter().filter(|contender| has_history(contender)) {
            if interrupt::requested() {
                return Ok(stopped(histories, exit));
            }
            // The audit needs ledgers, also in scenarios that are measured without them.
            let scenario = Scenario { ledger: true, ..planned.scenario };
            let iteration = Iteration {
                scenario,
                schedule: plan.schedule,
                block: 0,
                location: planned.location,
            };
            let recording = recorded(contender, &iteration)?;
            if let Err(violation) = audit_history(&recording.history) {
                let name = contender.entry.strategy;
                note(format_args!("violation in the recorded history of {name}: {violation}"));
                note(violation.diagram().trim_end());
                if contender.entry.guarantees.linearizable {
                    exit = Exit::Violation;
                }
            }
            recording.write(&mut text).map_err(CliError::from_output)?;
            histories += 1;
        }
    }
    if interrupt::requested() {
        return Ok(stopped(histories, exit));
    }
    outlet::write(file, &text)?;
    note(format_args!("{histories} histories in {}", file.display()));
    Ok(exit)
}

/// An A/A control has the history of its original, and references have no history.
fn has_history(contender: &PlannedContender) -> bool {
    !matches!(contender.role, Role::AaControl | Role::Reference)
}

fn recorded(contender: &PlannedContender, iteration: &Iteration) -> Result<Recording, CliError> {
    let entry = contender.entry;
    let history =
        (entry.record)(iteration, requests_each(&iteration.scenario), interrupt::listen()?);
    let history = history.map_err(|violation| {
        CliError::failed(format!("cannot record {}: {violation}", entry.strategy))
    })?;
    Ok(Recording { strategy: entry.strategy.to_owned(), store: entry.store.to_owned(), history })
}

fn requests_each(scenario: &Scenario) -> u64 {
    (REQUESTS / u64::from(scenario.clients.count())).max(REQUESTS_MIN)
}
