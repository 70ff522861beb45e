//! Records a short run of each strategy of a plan, and writes their histories to one file.

use std::path::Path;

use super::{
    failure::{Exit, Failure, note},
    interrupt, outlet,
    plan::{Contestant, Plan},
};
use crate::{
    audit::witness,
    engine::{Cell, Clients, Trial},
    history::Recording,
    record::Role,
};

/// Requests of one history, of all clients together: what a checker that searches for an order can
/// take, and a file of a megabyte for each strategy.
const REQUESTS: u64 = 4_000;

/// Least requests of a client.
const REQUESTS_MIN: u64 = 8;

/// Records, audits and writes; what claims to be sound and is wrong is told, as `exit` is otherwise.
/// Work that is stopped writes nothing: a file that was there is left as it was.
pub(super) fn record(plan: &Plan, file: Option<&Path>, exit: Exit) -> Result<Exit, Failure> {
    let Some(file) = file else { return Ok(exit) };
    let stopped = |histories: usize, exit: Exit| {
        let file = file.display();
        note(format_args!("stopped: partial, {histories} histories, and {file} is not written"));
        if exit == Exit::Wrong { exit } else { Exit::Interrupted }
    };
    let (mut text, mut histories, mut exit) = (Vec::new(), 0, exit);
    for planned in &plan.cells {
        for contestant in planned.contestants.iter().filter(|one| has_books(one)) {
            if interrupt::requested() {
                return Ok(stopped(histories, exit));
            }
            // A history is what is recorded, also where none is kept when it is measured.
            let cell = Cell { history: true, ..planned.cell };
            let trial = Trial { cell, schedule: plan.schedule, block: 0 };
            let recording = recorded(contestant, &trial)?;
            if let Err(violation) = witness(&recording.history) {
                let name = contestant.entry.strategy;
                note(format_args!("{name} was recorded and is wrong: {violation}"));
                note(violation.picture().trim_end());
                if contestant.entry.promises.sound {
                    exit = Exit::Wrong;
                }
            }
            recording.write(&mut text).map_err(Failure::of_output)?;
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

/// A twin is recorded with what it is a twin of, and references have nothing to tell.
fn has_books(contestant: &Contestant) -> bool {
    !matches!(contestant.role, Role::Twin | Role::Reference)
}

fn recorded(contestant: &Contestant, trial: &Trial) -> Result<Recording, Failure> {
    let entry = contestant.entry;
    let history = (entry.record)(trial, requests_each(&trial.cell), interrupt::listen()?);
    let history = history.map_err(|violation| {
        Failure::failed(format!("cannot record {}: {violation}", entry.strategy))
    })?;
    Ok(Recording { strategy: entry.strategy.to_owned(), store: entry.store.to_owned(), history })
}

fn requests_each(cell: &Cell) -> u64 {
    let (Clients::Threads(clients) | Clients::Tasks(clients)) = cell.clients;
    (REQUESTS / u64::from(clients)).max(REQUESTS_MIN)
}
