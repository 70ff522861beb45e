//! What is to be measured, once it is known that it can be.

pub(super) mod clients;
pub(super) mod draft;
mod file;

use std::{collections::BTreeSet, time::Duration};

pub(super) use self::file::Definitions;
use self::{draft::Draft, file::combined};
use super::{
    arguments::{Output, Run},
    failure::Failure,
};
use crate::{
    database::Latency,
    engine::{Cell, Schedule},
    record::{Role, Who, cell_id},
    registry::{self, Entry},
    strategy::Family,
};

/// Which strategy runs twice in every block, the first of these that runs at all.
const TWINS: [&str; 2] = ["mutex", "async-mutex"];

/// How alike, from 0 to 1, two names must be for one to be taken for a typing error of the other.
const ALIKE_MIN: f64 = 0.8;

/// Cells, and who is measured in each.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) cells: Vec<PlannedCell>,
    pub(super) schedule: Schedule,
    /// Fresh processes that measure all of it, each in an order of its own.
    pub(super) processes: u32,
    /// What the cells differ in, if they were made to differ in one thing.
    pub(super) axis: Option<Axis>,
}

/// One cell and who is measured in it.
#[derive(Debug, Clone)]
pub(super) struct PlannedCell {
    pub(super) cell: Cell,
    pub(super) contestants: Vec<Contestant>,
}

/// A part of a cell, and the values that it is given in turn: cell by cell where there is one
/// workload, and round and round where there are several.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) part: String,
    pub(super) values: Vec<String>,
}

/// A strategy and what it is measured for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contestant {
    pub(super) entry: &'static Entry,
    pub(super) role: Role,
}

impl Contestant {
    pub(super) fn who(&self) -> Who {
        let Entry { store, strategy, family, .. } = *self.entry;
        Who { store, strategy, family, role: self.role }
    }
}

impl PlannedCell {
    fn new(draft: Draft, named: &[String]) -> Result<PlannedCell, Failure> {
        let (store, cell) = draft.finish()?;
        Ok(PlannedCell { cell, contestants: contestants(store, cell.latency, named)? })
    }

    /// Its stable name.
    pub(super) fn id(&self) -> String {
        let store = self.contestants.first().map_or("", |one| one.entry.store);
        cell_id(store, &self.cell)
    }
}

impl Plan {
    /// Measurements of all processes, if every round counts.
    pub(super) fn measurements(&self) -> u64 {
        let round: usize = self.cells.iter().map(|planned| planned.contestants.len()).sum();
        u64::from(self.processes) * u64::from(self.schedule.blocks) * round as u64
    }

    /// What a process draws from: what is drawn in one is not drawn in another.
    pub(super) fn seed_of(&self, process: u32) -> u64 {
        self.schedule.seed.wrapping_add(u64::from(process))
    }

    /// All that the plan says, in one line: a run that is taken up again must be of the same.
    pub(super) fn fingerprint(&self) -> String {
        let Schedule { blocks, warm_up, capacity_window, latency_window, seed } = self.schedule;
        let cells: Vec<String> = self
            .cells
            .iter()
            .map(|planned| {
                let names = planned.contestants.iter().map(|one| match one.role {
                    Role::Twin => format!("{}*", one.entry.strategy),
                    _ => one.entry.strategy.to_owned(),
                });
                format!("{}: {}", planned.id(), names.collect::<Vec<_>>().join(" "))
            })
            .collect();
        format!(
            "seed {seed}, {} x {blocks} blocks of {warm_up:?} {capacity_window:?} \
             {latency_window:?}; {}",
            self.processes,
            cells.join("; ")
        )
    }

    /// The plan with those cells that have `part` in their names.
    fn only(mut self, part: &str) -> Result<Plan, Failure> {
        let ids: Vec<String> = self.cells.iter().map(PlannedCell::id).collect();
        self.cells.retain(|planned| planned.id().contains(part));
        match self.cells.is_empty() {
            true => Err(Failure::usage(format!(
                "no cell has `{part}` in its name: there are {}",
                ids.join(", ")
            ))),
            false => Ok(self),
        }
    }
}

/// What is measured when nothing else was asked for: every strategy on one hot row, asked by threads
/// and by tasks, on rows enough to go round, under a promised rate, and on the slow tables.
pub(super) fn quick(output: &Output) -> Result<Plan, Failure> {
    Definitions::built_in()?.plan("quick", output.seed, &[])
}

/// Checks what was asked for and completes it.
pub(super) fn plan(asked: &Run) -> Result<Plan, Failure> {
    for name in &asked.strategies {
        check_fits(name, None)?;
    }
    let definitions = Definitions::load(asked.config.as_deref())?;
    let plan = match &asked.profile {
        Some(profile) => definitions.plan(profile, asked.output.seed, &asked.strategies)?,
        None => plan_of_cells(asked, &definitions)?,
    };
    let blocks = asked.blocks.unwrap_or(plan.schedule.blocks);
    let plan = Plan {
        schedule: Schedule { blocks, ..plan.schedule },
        processes: asked.processes.unwrap_or(plan.processes),
        ..plan
    };
    match &asked.only {
        Some(part) => plan.only(part),
        None => Ok(plan),
    }
}

/// The cells of flags, of a workload, or of a sweep over either.
fn plan_of_cells(asked: &Run, definitions: &Definitions) -> Result<Plan, Failure> {
    let drafts = match &asked.workload {
        Some(workload) => definitions.workload(workload)?,
        None => vec![asked.draft()?],
    };
    let axis = asked.sweep.as_deref().map(axis).transpose()?;
    let drafts = match &axis {
        Some(axis) => combined(&drafts, &axis.part, &axis.values)?,
        None => drafts,
    };
    let cells = drafts.into_iter().map(|draft| PlannedCell::new(draft, &asked.strategies));
    let cells = cells.collect::<Result<Vec<_>, _>>()?;
    let [warm_up, capacity_window, latency_window] = [20, 100, 50].map(Duration::from_millis);
    let (blocks, seed) = (BLOCKS, asked.output.seed);
    let schedule = Schedule { blocks, warm_up, capacity_window, latency_window, seed };
    Ok(Plan { cells, schedule, processes: 1, axis })
}

/// Repetitions if nobody says how many.
const BLOCKS: u32 = 10;

/// Reads `users=1,16,256`.
fn axis(text: &str) -> Result<Axis, Failure> {
    let wrong = || Failure::usage(format!("--sweep `{text}`: write it as users=1,16,256"));
    let (part, values) = text.split_once('=').ok_or_else(wrong)?;
    // A mix has commas of its own; its parts that are swept over are reads.
    let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
    match values.iter().any(String::is_empty) || values.len() < 2 {
        true => Err(wrong()),
        false => Ok(Axis { part: part.trim().to_owned(), values }),
    }
}

/// Those that are named, or all; with them the references and a twin.
///
/// References do not wait for the store. Where that takes all the time they are a limit of nothing,
/// and run only if they are named.
pub(super) fn contestants(
    store: &'static str,
    latency: Latency,
    named: &[String],
) -> Result<Vec<Contestant>, Failure> {
    for name in named {
        check_fits(name, Some(store))?;
    }
    let wanted = |entry: &Entry| {
        let is_named = named.iter().any(|name| name == entry.strategy);
        match entry.is_reference() {
            true => is_named || latency == Latency::None,
            false => is_named || named.is_empty(),
        }
    };
    let entries = registry::entries().filter(|entry| entry.store == store && wanted(entry));
    let mut contestants: Vec<Contestant> =
        entries.map(|entry| Contestant { entry, role: role(entry) }).collect();
    if let Some(twin) = twin(&contestants) {
        contestants.push(twin);
    }
    Ok(contestants)
}

/// Checks that there is a strategy of this name, and that it runs on `store` if one is chosen.
pub(super) fn check_fits(name: &str, store: Option<&str>) -> Result<(), Failure> {
    let of_name = registry::entries().filter(|entry| entry.strategy == name);
    let stores: Vec<_> = of_name.map(|entry| entry.store).collect();
    if stores.is_empty() {
        let strategies = registry::entries().map(|entry| entry.strategy).collect();
        return Err(unknown("strategy", name, &strategies));
    }
    match store.filter(|store| !stores.contains(store)) {
        None => Ok(()),
        Some(store) => {
            let stores = stores.join(" and ");
            Err(Failure::usage(format!("{name} does not run on {store}: it runs on {stores}")))
        }
    }
}

fn role(entry: &Entry) -> Role {
    match entry.family {
        Family::Reference => Role::Reference,
        Family::Control => Role::Control,
        _ => Role::Contender,
    }
}

fn twin(contestants: &[Contestant]) -> Option<Contestant> {
    let contenders = || contestants.iter().filter(|one| one.role == Role::Contender);
    let preferred = TWINS
        .iter()
        .find_map(|name| contenders().find(|contender| contender.entry.strategy == *name));
    let original = preferred.or_else(|| contenders().next())?;
    Some(Contestant { role: Role::Twin, ..*original })
}

fn unknown(what: &str, name: &str, known: &BTreeSet<&str>) -> Failure {
    let likeness = |known: &&&str| strsim::jaro_winkler(name, known);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let advice = match nearest.filter(|nearest| likeness(nearest) >= ALIKE_MIN) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => {
            let known: Vec<_> = known.iter().copied().collect();
            format!("there are {}", known.join(", "))
        }
    };
    Failure::usage(format!("{what} {name:?} is not known: {advice}"))
}
