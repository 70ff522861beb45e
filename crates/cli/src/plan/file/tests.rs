//! Tests of plans and workloads in files.

use super::*;
use hotrow::scenario::Workload;
use hotrow_results::StoredRun;

/// A malformed built-in plan would fail only when a user names it.
#[test]
fn every_built_in_plan_is_valid() {
    let built_in = Definitions::load(None).unwrap();
    for name in ["quick", "standard", "thorough", "assignment"] {
        let plan = built_in.plan(name, 1, &[]).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(!plan.scenarios.is_empty(), "{name}");
        assert!(plan.schedule.blocks >= 6, "{name} has too few blocks for a ranking");
    }
}

/// Two parts with two values each are four scenarios.
#[test]
fn a_workload_has_every_combination_of_its_values() {
    let text = "[workload.w]\nusers = [1, 16]\nclients = ['threads:2', 'tasks:8']\nreads = 90\n\
        [plan.p]\nworkloads = ['w']\nblocks = 7\nwindow = '5ms'\n";
    let plan = Definitions::parse(text, "x").unwrap().plan("p", 3, &[]).unwrap();
    assert_eq!(plan.scenarios.len(), 4);
    assert_eq!((plan.schedule.blocks, plan.schedule.seed), (7, 3));
    assert_eq!(plan.schedule.capacity_window, Duration::from_millis(5));
    assert!(plan.scenarios.iter().all(|planned| planned.scenario.mix.read() == 90));
}

/// Reports and claims select by these names: the one function that names a scenario of no plan
/// must give every planned scenario the name that it has in the plan.
#[test]
fn a_scenario_has_the_same_workload_in_a_plan_and_alone() {
    let built_in = Definitions::built_in().unwrap();
    // The workloads of databases differ in the store alone, and have names of their own.
    for name in built_in.plan.keys().filter(|name| *name != "databases") {
        for planned in built_in.plan(name, 1, &[]).unwrap().scenarios {
            let alone = PlannedScenario::of(planned.scenario, Vec::new());
            assert_eq!(alone.workload, planned.workload, "{name}: {}", planned.id());
        }
    }
}

/// The rows of the reference run are from before the column `workload`. They must have the names
/// of the plan that they were measured with, and describe its scenarios.
#[test]
fn rows_of_schema_1_have_the_workloads_of_their_plan() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/reference");
    let standard = Definitions::built_in().unwrap().plan("standard", 1, &[]).unwrap();
    let standard: BTreeMap<String, PlannedScenario> =
        standard.scenarios.into_iter().map(|planned| (planned.id(), planned)).collect();
    for name in ["standard", "order-shuffled", "order-one-by-one", "omission"] {
        for row in StoredRun::load(&results.join(name)).unwrap().rows {
            let scenario = row.as_scenario().unwrap();
            assert_eq!(scenario.id(&row.store), row.scenario);
            assert!(row.workload.parse::<Workload>().is_ok(), "{}", row.scenario);
            if let Some(planned) = standard.get(&row.scenario) {
                assert_eq!(row.workload, planned.workload, "{}", row.scenario);
                assert_eq!(scenario, planned.scenario);
            }
        }
    }
}

/// A scenario that two workloads share is measured once, and `of` names the workload of its rows.
#[test]
fn a_shared_scenario_is_planned_once_under_the_first_name() {
    let text = "[workload.a]\nusers = [1, 16]\n[workload.b]\nof = 'rows'\nusers = [16, 32]\n\
        [plan.p]\nworkloads = ['a', 'b']\n";
    let plan = Definitions::parse(text, "x").unwrap().plan("p", 3, &[]).unwrap();
    let planned = plan.scenarios.iter().map(|it| (it.scenario.users, it.workload.as_str()));
    assert_eq!(planned.collect::<Vec<_>>(), [(1, "a"), (16, "a"), (32, "rows")]);
    let renamed = Definitions::parse(&text.replace("rows", "c"), "x").unwrap();
    let renamed = renamed.plan("p", 3, &[]).unwrap();
    assert_ne!(renamed.fingerprint(), plan.fingerprint(), "its rows would have two names");
}

/// A file from before 0.2 must not be read as if its old keys were not there.
#[test]
fn an_old_key_in_a_file_is_answered_with_the_file_and_the_new_key() {
    let rejected = |text: &str| Definitions::parse(text, "hotrow.toml").unwrap_err().to_string();
    let part = rejected("[workload.w]\nkeys = 'zipf:0.99'\n");
    assert_eq!(part, "hotrow.toml: workload w: part `keys` is now `distribution`");
    let part = rejected("[workload.w]\nhistory = false\n");
    assert_eq!(part, "hotrow.toml: workload w: part `history` is now `ledger`");
    let plan = rejected("[plan.p]\nworkloads = ['hot-row']\nprocesses = 3\n");
    assert_eq!(plan, "hotrow.toml:3: key `processes` is now `forks`");
}

/// An error in a file names its line, or the invalid name.
#[test]
fn an_error_in_a_file_names_its_line_or_name() {
    let rejected = |text: &str| match Definitions::parse(text, "hotrow.toml") {
        Err(error) => error.to_string(),
        Ok(parsed) => parsed.plan("p", 1, &[]).expect_err("the plan is invalid").to_string(),
    };
    assert!(rejected("[workload.w]\nusers = \n").starts_with("hotrow.toml:2: "));
    assert!(rejected("[plans.p]\n").contains("unknown field `plans`"));
    assert!(rejected("[plan.p]\nworkloads = ['w']\n").contains("workload \"w\" is not known"));
    let misspelt = "[workload.w]\nuser = 1\n[plan.p]\nworkloads = ['w']\n";
    assert!(rejected(misspelt).contains("did you mean users?"));
    assert!(rejected("[plan.p]\nworkloads = []\nblock = 3\n").contains("unknown field `block`"));
    let plan_with = |line: &str| rejected(&format!("[plan.p]\nworkloads = []\n{line}\n"));
    assert_eq!(plan_with("blocks = 4294967295"), "plan p: blocks 4294967295: give 1 to 1000");
    assert_eq!(plan_with("forks = 0"), "plan p: forks 0: give 1 to 64");
    assert_eq!(plan_with("window = '9y'"), "plan p: `9y`: give at most 3600s");
    let values: Vec<String> = (1..=200).map(|value| value.to_string()).collect();
    let values = values.join(",");
    let many = format!("[workload.w]\nusers = [{values}]\nwork = [{values}]\n");
    assert!(rejected(&format!("{many}[plan.p]\nworkloads = ['w']\n")).contains("fewer values"));
}
