//! The trials: each strategy in each workflow, and each seeded bug until a schedule detects it.

use std::{sync::Arc, time::Instant};

use hotrow_verify::{
    contract::Candidate,
    contract::schedules::{Schedules, Violation, WORKFLOWS, Workflow, explore},
};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{
    options::Options,
    record::{Detection, Record},
    seeded_bugs::{SeededBug, seeded_bugs},
    unseen::{UNSEEN, Unseen},
};

/// Schedules of each workflow after which a seeded bug counts as not detected.
const SCHEDULES_MAX: u64 = 20_000;

/// Consecutive schedules of one workflow before the next workflow runs.
const SCHEDULES_PER_SLICE: u64 = 50;

pub(crate) fn run() {
    let (options, rest) = Options::parse();
    let arguments = Arguments::from_iter(rest);
    let record = Arc::new(Record::default());
    let trials = match options.schedule {
        Some(schedule) => repeat(&options, schedule),
        None => all(&options, &record),
    };
    let began = Instant::now();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        record.close(&options, began);
    }
    conclusion.exit();
}

fn all(options: &Options, record: &Arc<Record>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for candidate in linearizable() {
        let workflows: Vec<_> = workflows_of(candidate).collect();
        let count = options.schedules.div_ceil(workflows.len() as u64);
        let schedules = Schedules { seed: options.seed, first: 0, count };
        trials.extend(
            workflows
                .iter()
                .map(|workflow| no_violation(candidate, workflow, schedules, Arc::clone(record))),
        );
    }
    for bug in distinct_bugs() {
        trials.push(is_detected(bug, options.seed, Arc::clone(record)));
    }
    trials.extend(WORKFLOWS.iter().map(|workflow| detects_a_bug(workflow, options.seed)));
    trials.push(Trial::test("seeded_bugs::every_unseen_bug_exists", unseen_bugs_exist));
    trials
}

/// Trials of one schedule, for each strategy and each seeded bug in each workflow. A name selects
/// them.
fn repeat(options: &Options, schedule: u64) -> Vec<Trial> {
    let schedules = Schedules { seed: options.seed, first: schedule, count: 1 };
    let candidates = linearizable().copied().chain(distinct_bugs().map(|bug| (bug.candidate)()));
    let trials = candidates.flat_map(|candidate| {
        workflows_of(&candidate)
            .map(|workflow| no_violation(&candidate, workflow, schedules, Arc::default()))
            .collect::<Vec<_>>()
    });
    trials.collect()
}

/// Every strategy that claims linearizability. A reference has no ledger to check.
fn linearizable() -> impl Iterator<Item = &'static Candidate> {
    hotrow_registry::entries()
        .map(|entry| &**entry)
        .filter(|entry| !entry.is_reference() && entry.guarantees.linearizable)
}

/// Every seeded bug, once on each store.
fn distinct_bugs() -> impl Iterator<Item = &'static SeededBug> {
    let name = |bug: &SeededBug| ((bug.candidate)().store, (bug.candidate)().strategy);
    let is_first = move |index: usize, bug: &SeededBug| {
        !seeded_bugs().take(index).any(|earlier| name(earlier) == name(bug))
    };
    seeded_bugs().enumerate().filter(move |(index, bug)| is_first(*index, bug)).map(|(_, bug)| bug)
}

fn workflows_of(candidate: &Candidate) -> impl Iterator<Item = &'static Workflow> {
    let candidate = *candidate;
    WORKFLOWS.iter().filter(move |workflow| (workflow.applies_to)(&candidate))
}

fn name_of(candidate: &Candidate) -> String {
    format!("{}::{}", candidate.store, candidate.strategy)
}

/// A trial that passes if no schedule shows a violation.
fn no_violation(
    candidate: &Candidate,
    workflow: &'static Workflow,
    schedules: Schedules,
    record: Arc<Record>,
) -> Trial {
    let candidate = *candidate;
    Trial::test(format!("{}::{}", name_of(&candidate), workflow.name), move || {
        let began = Instant::now();
        let explored = explore(&candidate, workflow, schedules);
        let violations = u64::from(explored.violation.is_some());
        let name = name_of(&candidate);
        record.add(name, workflow.name, explored.traffic, began.elapsed(), violations);
        match explored.violation {
            None => Ok(()),
            Some(violation) => Err(violation.to_string().into()),
        }
    })
}

/// A trial that passes if a schedule detects `bug`, or if `bug` is listed as unseen and none does.
fn is_detected(bug: &'static SeededBug, seed: u64, record: Arc<Record>) -> Trial {
    let candidate = (bug.candidate)();
    Trial::test(format!("seeded_bugs::{}", name_of(&candidate)), move || {
        let unseen = UNSEEN.iter().find(|unseen| unseen.strategy == candidate.strategy);
        match (explore_until_detected(&candidate, seed), unseen) {
            (None, Some(_)) => Ok(()),
            (None, None) => Err(format!("no schedule detects it: {}", bug.mistake).into()),
            (Some((violation, _)), Some(Unseen { reason, .. })) => {
                Err(format!("detected, although {reason}\n{violation}").into())
            }
            (Some((violation, schedules_in_all)), None) => {
                record.add_detection(Detection {
                    entry: violation.candidate.clone(),
                    mistake: bug.mistake,
                    workflow: violation.workflow,
                    schedules: violation.schedule + 1,
                    schedules_in_all,
                    found: violation.found.clone(),
                });
                check_repetition(&candidate, &violation)
            }
        }
    })
}

/// Returns the first violation, and the number of schedules until then. The workflows alternate,
/// because a mistake that one of them shows soon may never show in another.
fn explore_until_detected(candidate: &Candidate, seed: u64) -> Option<(Violation, u64)> {
    let workflows: Vec<_> = workflows_of(candidate).collect();
    let mut run = 0;
    for slice in 0..SCHEDULES_MAX / SCHEDULES_PER_SLICE {
        let first = slice * SCHEDULES_PER_SLICE;
        for workflow in &workflows {
            let schedules = Schedules { seed, first, count: SCHEDULES_PER_SLICE };
            if let Some(violation) = explore(candidate, workflow, schedules).violation {
                run += violation.schedule + 1 - first;
                return Some((violation, run));
            }
            run += SCHEDULES_PER_SLICE;
        }
    }
    None
}

/// Checks that the schedule shows the same violation when it runs alone. Otherwise it could not be
/// studied.
fn check_repetition(candidate: &Candidate, violation: &Violation) -> Result<(), Failed> {
    let workflow = WORKFLOWS.iter().find(|workflow| workflow.name == violation.workflow);
    let workflow = workflow.ok_or("a violation names a workflow")?;
    let schedules = Schedules { seed: violation.seed, first: violation.schedule, count: 1 };
    match explore(candidate, workflow, schedules).violation {
        Some(repeated) if repeated == *violation => Ok(()),
        Some(repeated) => {
            Err(format!("run alone, it shows\n{repeated}\nand not\n{violation}").into())
        }
        None => Err(format!("run alone, it shows no violation, and not\n{violation}").into()),
    }
}

/// A trial that passes if `workflow` detects a seeded bug. Otherwise it is not known to detect
/// anything.
fn detects_a_bug(workflow: &'static Workflow, seed: u64) -> Trial {
    Trial::test(format!("seeded_bugs::{}_detects_a_bug", workflow.name), move || {
        let schedules = Schedules { seed, first: 0, count: SCHEDULES_PER_SLICE };
        let detects = distinct_bugs().map(|bug| (bug.candidate)()).any(|candidate| {
            (workflow.applies_to)(&candidate)
                && explore(&candidate, workflow, schedules).violation.is_some()
        });
        match detects {
            true => Ok(()),
            false => Err("the workflow detects no seeded bug".into()),
        }
    })
}

/// An entry for a strategy that no longer exists would excuse a later one of the same name.
fn unseen_bugs_exist() -> Result<(), Failed> {
    for Unseen { strategy, .. } in UNSEEN {
        if !seeded_bugs().any(|bug| (bug.candidate)().strategy == *strategy) {
            return Err(format!("{strategy} is not a seeded bug: remove it from `UNSEEN`").into());
        }
    }
    Ok(())
}
