//! Named workloads and plans: those in `hotrow.toml`, and the built-in ones.
//!
//! ```toml
//! [workload.flash-sale]
//! users = 1
//! mix = "charge:5,use:85,read:10"
//! clients = ["threads:cores", "tasks:64"]
//!
//! [plan.evening]
//! workloads = ["flash-sale", "hot-row"]
//! blocks = 12
//! ```
//!
//! A part with several values gives one scenario for each value. A plan can also name built-in
//! workloads. Rows have the name of the workload; with `of = "rows"`, they have that name instead,
//! and the report shows the scenario among those of the built-in workload `rows`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use serde::Deserialize;

use super::{
    Plan, PlannedScenario,
    builder::{AXES, ScenarioBuilder, duration},
    check_fits, unknown,
};
use crate::{
    failure::CliError,
    retired,
    run::{BLOCKS_MAX, FORKS_MAX},
};
use hotrow_engine::Schedule;

/// The built-in plans and workloads.
const BUILT_IN: &str = include_str!("profiles.toml");

/// The file that is read if it exists and no other one is named.
const FILE: &str = "hotrow.toml";

/// Workloads and plans by name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definitions {
    #[serde(default)]
    workload: BTreeMap<String, BTreeMap<String, Values>>,
    #[serde(default)]
    plan: BTreeMap<String, NamedPlan>,
}

/// The key of a workload that names the workload which its scenarios are part of.
const OF: &str = "of";

/// The longest window of a plan.
const WINDOW_MAX: Duration = Duration::from_hours(1);

/// The most scenarios of a plan.
const SCENARIOS_MAX: usize = 10_000;

/// One value or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Values {
    Several(Vec<Value>),
    One(Value),
}

/// A value of a part.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Value {
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Text(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct NamedPlan {
    workloads: Vec<String>,
    #[serde(default)]
    strategies: Vec<String>,
    #[serde(default = "NamedPlan::blocks")]
    blocks: u32,
    #[serde(default = "NamedPlan::forks")]
    forks: u32,
    #[serde(default)]
    warm_up: Option<String>,
    #[serde(default)]
    window: Option<String>,
    #[serde(default)]
    latency_window: Option<String>,
}

impl NamedPlan {
    fn blocks() -> u32 {
        10
    }

    fn forks() -> u32 {
        1
    }
}

impl Values {
    fn texts(&self) -> Vec<String> {
        match self {
            Values::Several(values) => values.iter().map(Value::text).collect(),
            Values::One(value) => vec![value.text()],
        }
    }
}

impl Value {
    /// Returns the value as it is written on the command line.
    fn text(&self) -> String {
        match self {
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(value) => value.to_string(),
            Value::Text(text) => text.clone(),
        }
    }
}

impl Definitions {
    /// Reads the built-in definitions and those of `file`, or else of `hotrow.toml` if it exists.
    pub(crate) fn load(file: Option<&Path>) -> Result<Definitions, CliError> {
        let mut all = Definitions::built_in()?;
        let file = match file {
            Some(file) => file,
            None if Path::new(FILE).exists() => Path::new(FILE),
            None => return Ok(all),
        };
        let name = file.display().to_string();
        let text = fs::read_to_string(file)
            .map_err(|error| CliError::usage(format!("cannot read {name}: {error}")))?;
        let own = Definitions::parse(&text, &name)?;
        all.workload.extend(own.workload);
        all.plan.extend(own.plan);
        Ok(all)
    }

    /// Returns the built-in definitions.
    pub(crate) fn built_in() -> Result<Definitions, CliError> {
        Definitions::parse(BUILT_IN, "the built-in plans")
    }

    /// Returns the names of the plans.
    pub(crate) fn plan_names(&self) -> impl Iterator<Item = &str> {
        self.plan.keys().map(String::as_str)
    }

    /// Returns the names of the workloads.
    pub(crate) fn workload_names(&self) -> impl Iterator<Item = &str> {
        self.workload.keys().map(String::as_str)
    }

    fn parse(text: &str, name: &str) -> Result<Definitions, CliError> {
        let definitions: Definitions = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text[..start].matches('\n').count();
            let key = error
                .message()
                .strip_prefix("unknown field `")
                .and_then(|rest| rest.split('`').next());
            match key.and_then(|key| Some((key, retired::renamed(key)?))) {
                Some((key, new)) => {
                    CliError::usage(format!("{name}:{line}: key `{key}` is now `{new}`"))
                }
                None => CliError::usage(format!("{name}:{line}: {}", error.message())),
            }
        })?;
        for (workload, parts) in &definitions.workload {
            let is_unknown = |part: &&String| *part != OF && !AXES.contains(&part.as_str());
            if let Some(part) = parts.keys().find(is_unknown) {
                let error = unknown("part", part, &AXES.into_iter().collect());
                return Err(CliError::usage(format!("{name}: workload {workload}: {error}")));
            }
        }
        Ok(definitions)
    }

    /// Returns the plan `name` for the given strategies, as far as they run on its stores. Without
    /// given strategies, it has the strategies of the plan, or else all.
    pub(crate) fn plan(
        &self,
        name: &str,
        seed: u64,
        strategies: &[String],
    ) -> Result<Plan, CliError> {
        let Some(named) = self.plan.get(name) else {
            return Err(unknown("plan", name, &self.plan.keys().map(String::as_str).collect()));
        };
        let strategies = if strategies.is_empty() { &named.strategies } else { strategies };
        for strategy in strategies {
            check_fits(strategy, None)?;
        }
        let (mut scenarios, mut ids) = (Vec::new(), BTreeSet::new());
        for workload in &named.workloads {
            let (workload, builders) = self.workload(workload)?;
            for builder in builders {
                let (store, _) = builder.finish()?;
                let runs = |name: &&String| check_fits(name, Some(store)).is_ok();
                let fitting: Vec<String> = strategies.iter().filter(runs).cloned().collect();
                let planned = PlannedScenario::new(Some(workload), builder, &fitting)?;
                // Two workloads can share a scenario: one thread per core is four on four cores.
                let is_wanted = strategies.is_empty() || !fitting.is_empty();
                if is_wanted && ids.insert(planned.id()) {
                    scenarios.push(planned);
                }
            }
        }
        let schedule = Schedule { seed, ..named.schedule(name)? };
        Ok(Plan { scenarios, schedule, forks: named.forks, axis: None })
    }

    /// Returns the scenarios of the workload `name`, and the name that their rows have.
    pub(crate) fn workload(&self, name: &str) -> Result<(&str, Vec<ScenarioBuilder>), CliError> {
        let Some((name, parts)) = self.workload.get_key_value(name) else {
            let known = self.workload.keys().map(String::as_str).collect();
            return Err(unknown("workload", name, &known));
        };
        let mut builders = vec![ScenarioBuilder::default()];
        let of = match parts.get(OF) {
            None => name,
            Some(Values::One(Value::Text(of))) => of,
            Some(_) => {
                return Err(CliError::usage(format!("workload {name}: {OF}: give one name")));
            }
        };
        // In the order of the axes: `reads` comes after `mix` and overrides it.
        for (part, values) in AXES.iter().filter_map(|axis| parts.get_key_value(*axis)) {
            builders = combined(&builders, part, &values.texts())?;
        }
        Ok((of, builders))
    }
}

/// Returns every combination of a builder with a value of `part`.
pub(crate) fn combined(
    builders: &[ScenarioBuilder],
    part: &str,
    values: &[String],
) -> Result<Vec<ScenarioBuilder>, CliError> {
    let mut all = Vec::new();
    if builders.len().saturating_mul(values.len()) > SCENARIOS_MAX {
        let why = format!("more than {SCENARIOS_MAX} scenarios: give fewer values of {part}");
        return Err(CliError::usage(why));
    }
    for builder in builders {
        for value in values {
            let mut combination = *builder;
            combination.set(part, value)?;
            all.push(combination);
        }
    }
    Ok(all)
}

impl NamedPlan {
    fn schedule(&self, name: &str) -> Result<Schedule, CliError> {
        let rejected =
            |what: &str, why: String| CliError::usage(format!("plan {name}: {what}: {why}"));
        let window = |text: &Option<String>, usual: u64| match text {
            None => Ok(Duration::from_millis(usual)),
            Some(text) => {
                match duration(text).map_err(|why| rejected(&format!("`{text}`"), why))? {
                    window if window <= WINDOW_MAX => Ok(window),
                    _ => {
                        Err(rejected(&format!("`{text}`"), format!("give at most {WINDOW_MAX:?}")))
                    }
                }
            }
        };
        for (what, number, most) in
            [("blocks", self.blocks, BLOCKS_MAX), ("forks", self.forks, FORKS_MAX)]
        {
            if !(1..=most).contains(&i64::from(number)) {
                return Err(rejected(&format!("{what} {number}"), format!("give 1 to {most}")));
            }
        }
        Ok(Schedule {
            blocks: self.blocks,
            warm_up: window(&self.warm_up, 20)?,
            capacity_window: window(&self.window, 100)?,
            latency_window: window(&self.latency_window, 50)?,
            seed: 1,
        })
    }
}

#[cfg(test)]
mod tests;
