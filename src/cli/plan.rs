//! What is to be measured, once it is known that it can be.

use std::{collections::BTreeSet, thread, time::Duration};

use super::{arguments::Run, failure::Failure};
use crate::{
    database::Latency,
    engine::{Cell, Clients, Schedule},
    record::{Role, Who},
    registry::{self, Entry},
    strategy::Family,
};

/// The store whose calls take a simulated time.
const SLOW_STORE: &str = "tables";

/// Tasks that ask where a call takes so long that cores do not matter.
const TASKS_ON_SLOW_STORE: u32 = 32;

/// Which strategy runs twice in every block, the first of these that runs at all.
const TWINS: [&str; 2] = ["mutex", "async-mutex"];

/// How alike, from 0 to 1, two names must be for one to be taken for a typing error of the other.
const ALIKE_MIN: f64 = 0.8;

/// Cells, and who is measured in each.
pub(super) struct Plan {
    pub(super) cells: Vec<PlannedCell>,
    pub(super) schedule: Schedule,
}

/// One cell and who is measured in it.
pub(super) struct PlannedCell {
    pub(super) cell: Cell,
    pub(super) contestants: Vec<Contestant>,
}

/// A strategy and what it is measured for.
#[derive(Clone, Copy)]
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

/// Checks what was asked for and completes it.
pub(super) fn plan(asked: &Run) -> Result<Plan, Failure> {
    let store = store(&asked.store)?;
    let latency = latency(store, asked.latency)?;
    let clients = asked.clients.unwrap_or_else(|| default_clients(latency));
    if latency != Latency::None && matches!(clients, Clients::Threads(_)) {
        return Err(Failure::usage(format!(
            "threads cannot wait for a simulated clock: use --clients tasks:{TASKS_ON_SLOW_STORE}, \
             or --latency none"
        )));
    }
    let cell =
        Cell { users: asked.users, mix: asked.mix, latency, ..Cell::hot_row(clients) };
    let contestants = contestants(store, latency, &asked.strategies)?;
    let [warm_up, capacity_window, latency_window] = [20, 100, 50].map(Duration::from_millis);
    let (blocks, seed) = (asked.blocks, asked.output.seed);
    let schedule = Schedule { blocks, warm_up, capacity_window, latency_window, seed };
    Ok(Plan { cells: vec![PlannedCell { cell, contestants }], schedule })
}

/// As many as can run at once, and two where that is one: alone nobody contends.
pub(super) fn threads_of_machine() -> Clients {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Clients::Threads(u32::try_from(cores).unwrap_or(u32::MAX).clamp(2, 64))
}

fn default_clients(latency: Latency) -> Clients {
    match latency {
        Latency::None => threads_of_machine(),
        _ => Clients::Tasks(TASKS_ON_SLOW_STORE),
    }
}

/// The store of this name.
pub(super) fn store(name: &str) -> Result<&'static str, Failure> {
    let stores: BTreeSet<_> = registry::entries().map(|entry| entry.store).collect();
    match stores.get(name) {
        Some(store) => Ok(store),
        None => Err(unknown("store", name, &stores)),
    }
}

fn latency(store: &str, asked: Option<Latency>) -> Result<Latency, Failure> {
    // Of no length is the same as none, which needs no simulated clock.
    let no_length = |latency: &Latency| {
        matches!(latency, Latency::Scaled(0.0) | Latency::Fixed(Duration::ZERO))
    };
    match (store, asked) {
        (SLOW_STORE, Some(latency)) if no_length(&latency) => Ok(Latency::None),
        (SLOW_STORE, asked) => Ok(asked.unwrap_or(Latency::Assignment)),
        (_, None | Some(Latency::None)) => Ok(Latency::None),
        (_, Some(latency)) => Err(Failure::usage(format!(
            "{store} has no latency, so it cannot be {latency}: use --store {SLOW_STORE}"
        ))),
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
