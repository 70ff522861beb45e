//! Hands a plan to the engine.

use super::plan::{Contestant, Plan, PlannedCell};
use crate::{
    engine::{
        Stop,
        blocks::{self, Comparison, Placed, Subject},
    },
    record::Role,
};

/// Measures all of it, or less if `stop` is set, and tells of each measurement as it is made.
pub(super) fn measure(plan: &Plan, stop: &Stop, finished: &mut dyn FnMut(Placed)) {
    let comparisons: Vec<Comparison> = plan.cells.iter().map(comparison).collect();
    blocks::run(&comparisons, &plan.schedule, stop, finished);
}

/// Subjects stand in the order of the contestants, by which they are found again.
fn comparison(planned: &PlannedCell) -> Comparison {
    let subjects = planned.contestants.iter().map(subject).collect();
    Comparison { cell: planned.cell, subjects }
}

fn subject(contestant: &Contestant) -> Subject {
    let entry = contestant.entry;
    let name = match contestant.role {
        Role::Twin => format!("{} (twin)", entry.strategy),
        _ => entry.strategy.to_owned(),
    };
    Subject { name, store: entry.store, reference: entry.is_reference(), measure: entry.measure }
}
