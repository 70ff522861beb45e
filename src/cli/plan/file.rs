//! Workloads and plans by name, as `hotrow.toml` has them, and those that are built in.
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
//! A part that is given several values stands for a cell with each of them. A plan can name the
//! built-in workloads as well.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use serde::Deserialize;

use super::{
    Plan, PlannedCell, check_fits,
    draft::{AXES, Draft, duration},
    unknown,
};
use crate::{
    cli::{
        arguments::{BLOCKS_MAX, PROCESSES_MAX},
        failure::Failure,
    },
    engine::Schedule,
};

/// Plans and workloads that come with the program.
const BUILT_IN: &str = include_str!("profiles.toml");

/// The file that is read if it is there and no other is named.
const FILE: &str = "hotrow.toml";

/// Everything that has a name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Definitions {
    #[serde(default)]
    workload: BTreeMap<String, BTreeMap<String, Values>>,
    #[serde(default)]
    plan: BTreeMap<String, NamedPlan>,
}

/// The longest window of a plan: an hour of one measurement.
const WINDOW_MAX: Duration = Duration::from_hours(1);

/// The most cells of a plan.
const CELLS_MAX: usize = 10_000;

/// One value or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Values {
    Several(Vec<Value>),
    One(Value),
}

/// As it would be typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Value {
    Whole(i64),
    Number(f64),
    Truth(bool),
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
    #[serde(default = "NamedPlan::processes")]
    processes: u32,
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

    fn processes() -> u32 {
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
    fn text(&self) -> String {
        match self {
            Value::Whole(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Truth(truth) => truth.to_string(),
            Value::Text(text) => text.clone(),
        }
    }
}

impl Definitions {
    /// Those that are built in, and those of `file`, or of the file of the usual name if there is one.
    pub(in crate::cli) fn load(file: Option<&Path>) -> Result<Definitions, Failure> {
        let mut all = Definitions::built_in()?;
        let file = match file {
            Some(file) => file,
            None if Path::new(FILE).exists() => Path::new(FILE),
            None => return Ok(all),
        };
        let name = file.display().to_string();
        let text = fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        let own = Definitions::parse(&text, &name)?;
        all.workload.extend(own.workload);
        all.plan.extend(own.plan);
        Ok(all)
    }

    /// Those that are built in.
    pub(in crate::cli) fn built_in() -> Result<Definitions, Failure> {
        Definitions::parse(BUILT_IN, "the built-in plans")
    }

    fn parse(text: &str, name: &str) -> Result<Definitions, Failure> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text[..start].matches('\n').count();
            Failure::usage(format!("{name}:{line}: {}", error.message()))
        })
    }

    /// The plan of this name, for those of the named strategies that run where it does; for its own,
    /// or all, if none is named.
    pub(in crate::cli) fn plan(
        &self,
        name: &str,
        seed: u64,
        strategies: &[String],
    ) -> Result<Plan, Failure> {
        let Some(named) = self.plan.get(name) else {
            return Err(unknown("plan", name, &self.plan.keys().map(String::as_str).collect()));
        };
        let strategies = if strategies.is_empty() { &named.strategies } else { strategies };
        for strategy in strategies {
            check_fits(strategy, None)?;
        }
        let mut cells = Vec::new();
        for workload in &named.workloads {
            for draft in self.workload(workload)? {
                let (store, _) = draft.finish()?;
                let runs = |name: &&String| check_fits(name, Some(store)).is_ok();
                let fitting: Vec<String> = strategies.iter().filter(runs).cloned().collect();
                if strategies.is_empty() || !fitting.is_empty() {
                    cells.push(PlannedCell::new(draft, &fitting)?);
                }
            }
        }
        let schedule = Schedule { seed, ..named.schedule(name)? };
        Ok(Plan { cells, schedule, processes: named.processes, axis: None })
    }

    /// The cells of the workload of this name.
    pub(in crate::cli) fn workload(&self, name: &str) -> Result<Vec<Draft>, Failure> {
        let Some(parts) = self.workload.get(name) else {
            let known = self.workload.keys().map(String::as_str).collect();
            return Err(unknown("workload", name, &known));
        };
        let mut drafts = vec![Draft::default()];
        for part in parts.keys() {
            if !AXES.contains(&part.as_str()) {
                return Err(unknown("part of a cell", part, &AXES.into_iter().collect()));
            }
        }
        // In the order of the axes: of a mix and a share of reads, the latter is what counts.
        for (part, values) in AXES.iter().filter_map(|axis| parts.get_key_value(*axis)) {
            drafts = combined(&drafts, part, &values.texts())?;
        }
        Ok(drafts)
    }
}

/// Every draft with every value of a part.
pub(in crate::cli) fn combined(
    drafts: &[Draft],
    part: &str,
    values: &[String],
) -> Result<Vec<Draft>, Failure> {
    let mut all = Vec::new();
    if drafts.len().saturating_mul(values.len()) > CELLS_MAX {
        let why = format!("these are more than {CELLS_MAX} cells: give fewer values of {part}");
        return Err(Failure::usage(why));
    }
    for draft in drafts {
        for value in values {
            let mut one = *draft;
            one.set(part, value)?;
            all.push(one);
        }
    }
    Ok(all)
}

impl NamedPlan {
    fn schedule(&self, name: &str) -> Result<Schedule, Failure> {
        let refused =
            |what: &str, why: String| Failure::usage(format!("plan {name}: {what}: {why}"));
        let window = |text: &Option<String>, usual: u64| match text {
            None => Ok(Duration::from_millis(usual)),
            Some(text) => match duration(text).map_err(|why| refused(&format!("`{text}`"), why))? {
                window if window <= WINDOW_MAX => Ok(window),
                _ => Err(refused(&format!("`{text}`"), format!("give at most {WINDOW_MAX:?}"))),
            },
        };
        for (what, number, most) in
            [("blocks", self.blocks, BLOCKS_MAX), ("processes", self.processes, PROCESSES_MAX)]
        {
            if !(1..=most).contains(&i64::from(number)) {
                return Err(refused(&format!("{what} {number}"), format!("give 1 to {most}")));
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
mod tests {
    use super::*;

    /// A built-in plan that does not read would fail only when somebody asks for it.
    #[test]
    fn every_built_in_plan_can_be_carried_out() {
        let built_in = Definitions::load(None).unwrap();
        for name in ["quick", "standard", "thorough", "assignment"] {
            let plan = built_in.plan(name, 1, &[]).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(!plan.cells.is_empty(), "{name}");
            assert!(plan.schedule.blocks >= 6, "{name} ranks nothing");
        }
    }

    /// Several values of several parts are every pair of them.
    #[test]
    fn a_workload_is_every_combination_of_its_values() {
        let text = "[workload.w]\nusers = [1, 16]\nclients = ['threads:2', 'tasks:8']\nreads = 90\n\
            [plan.p]\nworkloads = ['w']\nblocks = 7\nwindow = '5ms'\n";
        let plan = Definitions::parse(text, "x").unwrap().plan("p", 3, &[]).unwrap();
        assert_eq!(plan.cells.len(), 4);
        assert_eq!((plan.schedule.blocks, plan.schedule.seed), (7, 3));
        assert_eq!(plan.schedule.capacity_window, Duration::from_millis(5));
        assert!(plan.cells.iter().all(|planned| planned.cell.mix.read() == 90));
    }

    /// A file is written by hand: what is wrong in it is told with its line, or with its name.
    #[test]
    fn a_mistake_in_a_file_is_told_by_its_place() {
        let refused = |text: &str| match Definitions::parse(text, "hotrow.toml") {
            Err(failure) => failure.to_string(),
            Ok(read) => read.plan("p", 1, &[]).expect_err("it is wrong").to_string(),
        };
        assert!(refused("[workload.w]\nusers = \n").starts_with("hotrow.toml:2: "));
        assert!(refused("[plans.p]\n").contains("unknown field `plans`"));
        assert!(refused("[plan.p]\nworkloads = ['w']\n").contains("workload \"w\" is not known"));
        let misspelt = "[workload.w]\nuser = 1\n[plan.p]\nworkloads = ['w']\n";
        assert!(refused(misspelt).contains("did you mean users?"));
        assert!(refused("[plan.p]\nworkloads = []\nblock = 3\n").contains("unknown field `block`"));
        let of_plan = |line: &str| refused(&format!("[plan.p]\nworkloads = []\n{line}\n"));
        assert_eq!(of_plan("blocks = 4294967295"), "plan p: blocks 4294967295: give 1 to 1000");
        assert_eq!(of_plan("processes = 0"), "plan p: processes 0: give 1 to 64");
        assert_eq!(of_plan("window = '9y'"), "plan p: `9y`: give at most 3600s");
        let values: Vec<String> = (1..=200).map(|value| value.to_string()).collect();
        let values = values.join(",");
        let many = format!("[workload.w]\nusers = [{values}]\nwork = [{values}]\n");
        assert!(refused(&format!("{many}[plan.p]\nworkloads = ['w']\n")).contains("fewer values"));
    }
}
