//! Plans: validated scenarios, their contenders, and the schedule.

pub(super) mod builder;
pub(super) mod clients;
mod file;

use std::{collections::BTreeSet, time::Duration};

pub(super) use self::file::Definitions;
use self::{builder::ScenarioBuilder, file::combined};
use super::{failure::CliError, output::Output, retired, run::Run};
use hotrow::{
    scenario::{Latency, Scenario, Workload},
    strategy::Family,
};
use hotrow_engine::Schedule;
use hotrow_machine as machine;
use hotrow_registry::Entry;
use hotrow_results::Role;

/// The preferred strategies of the A/A control; the first one that is measured is taken.
const AA_CONTROLS: [&str; 3] = ["mutex", "row-lock", "async-mutex"];

/// The similarity, from 0 to 1, from which a name is taken for a misspelling of another.
const SIMILARITY_MIN: f64 = 0.8;

/// Scenarios with their contenders, and how long and often to measure them.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) scenarios: Vec<PlannedScenario>,
    pub(super) schedule: Schedule,
    /// Fresh processes that each measure the whole plan, each in its own order.
    pub(super) forks: u32,
    /// The part in which the scenarios of a sweep differ.
    pub(super) axis: Option<Axis>,
}

/// A scenario and its contenders.
#[derive(Debug, Clone)]
pub(super) struct PlannedScenario {
    /// The name of its workload; empty if it belongs to none.
    pub(super) workload: String,
    pub(super) scenario: Scenario,
    pub(super) contenders: Vec<PlannedContender>,
    /// Where its database is, if it is not private.
    pub(super) location: Option<&'static str>,
}

/// The part of a scenario that a sweep varies, with its values. The scenarios of the plan have
/// these values in this order; for several base scenarios the values repeat.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) part: String,
    pub(super) values: Vec<String>,
}

/// A strategy on a store, and its role.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlannedContender {
    pub(super) entry: &'static Entry,
    pub(super) role: Role,
}

impl PlannedScenario {
    fn new(
        workload: Option<&str>,
        builder: ScenarioBuilder,
        named: &[String],
    ) -> Result<PlannedScenario, CliError> {
        let (store, scenario) = builder.finish()?;
        let planned = PlannedScenario::of(scenario, contenders(store, scenario.latency, named)?);
        let workload = workload.map_or_else(|| planned.workload.clone(), str::to_owned);
        let location = builder.store.and_then(|store| store.location);
        Ok(PlannedScenario { workload, location, ..planned })
    }

    /// A scenario that no workload of a plan gives. It belongs to the built-in workload with such
    /// scenarios.
    pub(super) fn of(scenario: Scenario, contenders: Vec<PlannedContender>) -> PlannedScenario {
        let workload = Workload::of(&scenario, machine::cores().usable);
        let workload = workload.map(|workload| workload.to_string()).unwrap_or_default();
        PlannedScenario { workload, scenario, contenders, location: None }
    }

    /// Whether its store is a database.
    pub(super) fn is_on_database(&self) -> bool {
        self.contenders.iter().any(|contender| contender.entry.performs_io)
    }

    /// Returns the stable identifier of the scenario.
    pub(super) fn id(&self) -> String {
        let store = self.contenders.first().map_or("", |contender| contender.entry.store);
        self.scenario.id(store)
    }
}

impl Plan {
    /// Returns an entry of the store of each scenario, and where its database is.
    pub(super) fn stores(&self) -> impl Iterator<Item = (&'static Entry, Option<&'static str>)> {
        let store =
            |planned: &PlannedScenario| Some((planned.contenders.first()?.entry, planned.location));
        self.scenarios.iter().filter_map(store)
    }

    /// Returns the number of measurements of all forks, if no block is excluded.
    pub(super) fn measurements(&self) -> u64 {
        let in_block: usize = self.scenarios.iter().map(|planned| planned.contenders.len()).sum();
        u64::from(self.forks) * u64::from(self.schedule.blocks) * in_block as u64
    }

    /// Returns the seed of a fork. Each fork has another one.
    pub(super) fn seed_of(&self, fork: u32) -> u64 {
        self.schedule.seed.wrapping_add(u64::from(fork))
    }

    /// Returns the whole plan in one line. A run is resumed only with an equal plan.
    pub(super) fn fingerprint(&self) -> String {
        let Schedule { blocks, warm_up, capacity_window, latency_window, seed } = self.schedule;
        let scenarios: Vec<String> = self
            .scenarios
            .iter()
            .map(|planned| {
                let names = planned.contenders.iter().map(|contender| match contender.role {
                    Role::AaControl => format!("{}*", contender.entry.strategy),
                    _ => contender.entry.strategy.to_owned(),
                });
                let names = names.collect::<Vec<_>>().join(" ");
                format!("{} {}: {names}", planned.workload, planned.id())
            })
            .collect();
        format!(
            "seed {seed}, {} x {blocks} blocks of {warm_up:?} {capacity_window:?} \
             {latency_window:?}; {}",
            self.forks,
            scenarios.join("; ")
        )
    }

    /// Keeps the scenarios whose identifiers contain `text`.
    fn filtered(mut self, text: &str) -> Result<Plan, CliError> {
        let ids: Vec<String> = self.scenarios.iter().map(PlannedScenario::id).collect();
        self.scenarios.retain(|planned| planned.id().contains(text));
        match self.scenarios.is_empty() {
            true => Err(CliError::usage(format!(
                "--filter {text}: no scenario contains it: there are {}",
                ids.join(", ")
            ))),
            false => Ok(self),
        }
    }
}

/// Returns the quick comparison: every strategy on one hot row with threads and with tasks, on many
/// rows, in an open loop, and on the simulated slow store.
pub(super) fn quick(output: &Output) -> Result<Plan, CliError> {
    Definitions::built_in()?.plan("quick", output.seed, &[])
}

/// Makes a plan of the arguments, and validates it.
pub(super) fn plan(arguments: &Run) -> Result<Plan, CliError> {
    for name in &arguments.strategies {
        check_fits(name, None)?;
    }
    let definitions = Definitions::load(arguments.config.as_deref())?;
    let plan = match &arguments.profile {
        Some(profile) => definitions.plan(profile, arguments.output.seed, &arguments.strategies)?,
        None => plan_of_scenarios(arguments, &definitions)?,
    };
    let blocks = arguments.blocks.unwrap_or(plan.schedule.blocks);
    let plan = Plan {
        schedule: Schedule { blocks, ..plan.schedule },
        forks: arguments.forks.unwrap_or(plan.forks),
        ..plan
    };
    match &arguments.filter {
        Some(text) => plan.filtered(text),
        None => Ok(plan),
    }
}

/// Returns the plan of the scenarios of flags, of a workload, or of a sweep over either.
fn plan_of_scenarios(arguments: &Run, definitions: &Definitions) -> Result<Plan, CliError> {
    let (workload, builders) = match &arguments.workload {
        Some(workload) => definitions.workload(workload).map(|(name, all)| (Some(name), all))?,
        None => (None, vec![arguments.builder()?]),
    };
    let axis = arguments.sweep.as_deref().map(axis).transpose()?;
    let (workload, builders) = match &axis {
        Some(axis) => (None, combined(&builders, &axis.part, &axis.values)?),
        None => (workload, builders),
    };
    let scenarios = builders
        .into_iter()
        .map(|builder| PlannedScenario::new(workload, builder, &arguments.strategies));
    let scenarios = scenarios.collect::<Result<Vec<_>, _>>()?;
    let is_on_database = scenarios.iter().any(PlannedScenario::is_on_database);
    let phases = if is_on_database { DATABASE_PHASES_MS } else { PHASES_MS };
    let [warm_up, capacity_window, latency_window] = phases.map(Duration::from_millis);
    let (blocks, seed) = (BLOCKS, arguments.output.seed);
    let schedule = Schedule { blocks, warm_up, capacity_window, latency_window, seed };
    Ok(Plan { scenarios, schedule, forks: 1, axis })
}

/// Warm-up, capacity window and latency window if no plan says how long they are.
const PHASES_MS: [u64; 3] = [20, 100, 50];

/// The same on a database. Every request is timed in the capacity window, so no other is needed.
const DATABASE_PHASES_MS: [u64; 3] = [300, 1_000, 0];

/// Blocks if neither flag nor plan says how many.
const BLOCKS: u32 = 10;

/// Parses an axis such as `users=1,16,256`.
fn axis(text: &str) -> Result<Axis, CliError> {
    let malformed = || CliError::usage(format!("--sweep `{text}`: write it as users=1,16,256"));
    let (part, values) = text.split_once('=').ok_or_else(malformed)?;
    // The value of a mix contains commas, so a sweep over mixes uses the part `reads`.
    let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
    match values.iter().any(String::is_empty) || values.len() < 2 {
        true => Err(malformed()),
        false => Ok(Axis { part: part.trim().to_owned(), values }),
    }
}

/// Returns the named strategies, or all, with the references and an A/A control.
///
/// References do not wait for the store. On a store with latency, where the store takes most of the
/// time, they show no useful limit, and run only if they are named.
pub(super) fn contenders(
    store: &'static str,
    latency: Latency,
    named: &[String],
) -> Result<Vec<PlannedContender>, CliError> {
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
    let entries = hotrow_registry::all().filter(|entry| entry.store == store && wanted(entry));
    let mut contenders: Vec<PlannedContender> =
        entries.map(|entry| PlannedContender { entry, role: role(entry) }).collect();
    if let Some(control) = aa_control(&contenders) {
        contenders.push(control);
    }
    Ok(contenders)
}

/// Checks that there is a strategy `name`, and that it runs on `store` if one is given.
pub(super) fn check_fits(name: &str, store: Option<&str>) -> Result<(), CliError> {
    let with_name = hotrow_registry::all().filter(|entry| entry.strategy == name);
    let stores: Vec<_> = with_name.map(|entry| entry.store).collect();
    if stores.is_empty() {
        let strategies = hotrow_registry::all().map(|entry| entry.strategy).collect();
        return Err(unknown("strategy", name, &strategies));
    }
    match store.filter(|store| !stores.contains(store)) {
        None => Ok(()),
        Some(store) => {
            let stores = stores.join(" and ");
            Err(CliError::usage(format!("{name} does not run on {store}: it runs on {stores}")))
        }
    }
}

fn role(entry: &Entry) -> Role {
    match entry.family {
        Family::Reference => Role::Reference,
        Family::NegativeControl => Role::NegativeControl,
        _ => Role::Contender,
    }
}

fn aa_control(contenders: &[PlannedContender]) -> Option<PlannedContender> {
    let contenders = || contenders.iter().filter(|contender| contender.role == Role::Contender);
    let preferred = AA_CONTROLS
        .iter()
        .find_map(|name| contenders().find(|contender| contender.entry.strategy == *name));
    let original = preferred.or_else(|| contenders().next())?;
    Some(PlannedContender { role: Role::AaControl, ..*original })
}

/// Returns the error for an unknown name, with the most similar known name or all of them.
fn unknown(what: &str, name: &str, known: &BTreeSet<&str>) -> CliError {
    if let Some(new) = retired::renamed(name) {
        return CliError::usage(format!("{what} `{name}` is now `{new}`"));
    }
    let similarity = |known: &&&str| strsim::jaro_winkler(name, known);
    let nearest = known.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    let advice = match nearest.filter(|nearest| similarity(nearest) >= SIMILARITY_MIN) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => {
            let known: Vec<_> = known.iter().copied().collect();
            format!("there are {}", known.join(", "))
        }
    };
    CliError::usage(format!("{what} {name:?} is not known: {advice}"))
}
