//! What is run: each sound strategy in each scenario, and each wrong one until it is caught.

use std::{sync::Arc, time::Instant};

use hotrow::{
    proof::schedules::{SCENARIOS, Scenario, Schedules, Violation, explore},
    registry::{self, Entry},
};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{
    options::Options,
    record::{Kill, Record},
    unseen::{UNSEEN, Unseen},
    wrong::{WRONG, Wrong},
};

/// Schedules of each scenario after which a wrong strategy has survived.
const SCHEDULES_OF_A_HUNT: u64 = 20_000;

/// Schedules of one scenario before the next has its turn.
const SCHEDULES_A_TURN: u64 = 50;

pub(crate) fn run() {
    let (options, rest) = Options::take();
    let arguments = Arguments::from_iter(rest);
    let record = Arc::new(Record::default());
    let trials = match options.schedule {
        Some(schedule) => again(&options, schedule),
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
    for entry in sound() {
        let scenarios: Vec<_> = scenarios_of(entry).collect();
        let count = options.schedules.div_ceil(scenarios.len() as u64);
        let schedules = Schedules { seed: options.seed, first: 0, count };
        trials.extend(scenarios.iter().map(|s| right(entry, s, schedules, Arc::clone(record))));
    }
    for wrong in strangers() {
        trials.push(caught(wrong, options.seed, Arc::clone(record)));
    }
    trials.extend(SCENARIOS.iter().map(|scenario| has_a_victim(scenario, options.seed)));
    trials.push(Trial::test("wrong::unseen_mistakes_are_known_ones", unseen_are_known));
    trials
}

/// One schedule of each strategy in each scenario, right or wrong: a name picks which.
fn again(options: &Options, schedule: u64) -> Vec<Trial> {
    let schedules = Schedules { seed: options.seed, first: schedule, count: 1 };
    let entries = sound().copied().chain(strangers().map(|wrong| (wrong.entry)()));
    let trials = entries.flat_map(|entry| {
        scenarios_of(&entry)
            .map(|scenario| right(&entry, scenario, schedules, Arc::default()))
            .collect::<Vec<_>>()
    });
    trials.collect()
}

/// References keep no books, and what does not claim to be sound is to be caught instead.
fn sound() -> impl Iterator<Item = &'static Entry> {
    registry::entries().filter(|entry| !entry.is_reference() && entry.promises.sound)
}

/// Every strategy that is wrong on purpose, once on each store.
fn strangers() -> impl Iterator<Item = &'static Wrong> {
    let name = |wrong: &Wrong| ((wrong.entry)().store, (wrong.entry)().strategy);
    let first = move |place: usize, wrong: &Wrong| {
        !WRONG[..place].iter().any(|earlier| name(earlier) == name(wrong))
    };
    WRONG.iter().enumerate().filter(move |(place, wrong)| first(*place, wrong)).map(|(_, w)| w)
}

fn scenarios_of(entry: &Entry) -> impl Iterator<Item = &'static Scenario> {
    let entry = *entry;
    SCENARIOS.iter().filter(move |scenario| (scenario.applies_to)(&entry))
}

fn named(entry: &Entry) -> String {
    format!("{}::{}", entry.store, entry.strategy)
}

/// The trial that passes if no schedule shows a mistake of `entry`.
fn right(
    entry: &Entry,
    scenario: &'static Scenario,
    schedules: Schedules,
    record: Arc<Record>,
) -> Trial {
    let entry = *entry;
    Trial::test(format!("{}::{}", named(&entry), scenario.name), move || {
        let began = Instant::now();
        let explored = explore(&entry, scenario, schedules);
        let violations = u64::from(explored.violation.is_some());
        let name = named(&entry);
        record.add(name, scenario.name, explored.traffic, began.elapsed(), violations);
        match explored.violation {
            None => Ok(()),
            Some(violation) => Err(violation.to_string().into()),
        }
    })
}

/// The trial that passes if a schedule shows that `wrong` is, or none does and that is known.
fn caught(wrong: &'static Wrong, seed: u64, record: Arc<Record>) -> Trial {
    let entry = (wrong.entry)();
    Trial::test(format!("wrong::{}", named(&entry)), move || {
        let unseen = UNSEEN.iter().find(|unseen| unseen.strategy == entry.strategy);
        match (hunt(&entry, seed), unseen) {
            (None, Some(_)) => Ok(()),
            (None, None) => Err(format!("survives, though wrong: {}", wrong.mistake).into()),
            (Some((violation, _)), Some(Unseen { reason, .. })) => {
                Err(format!("is seen, though {reason}\n{violation}").into())
            }
            (Some((violation, schedules_in_all)), None) => {
                record.caught(Kill {
                    entry: violation.entry.clone(),
                    mistake: wrong.mistake,
                    scenario: violation.scenario,
                    schedules: violation.schedule + 1,
                    schedules_in_all,
                    found: violation.found.clone(),
                });
                repeats(&entry, &violation)
            }
        }
    })
}

/// The first violation that is found, and the schedules that were run until then. The scenarios take
/// turns, because a mistake that one shows soon another may never show.
fn hunt(entry: &Entry, seed: u64) -> Option<(Violation, u64)> {
    let scenarios: Vec<_> = scenarios_of(entry).collect();
    let mut run = 0;
    for turn in 0..SCHEDULES_OF_A_HUNT / SCHEDULES_A_TURN {
        let first = turn * SCHEDULES_A_TURN;
        for scenario in &scenarios {
            let schedules = Schedules { seed, first, count: SCHEDULES_A_TURN };
            if let Some(violation) = explore(entry, scenario, schedules).violation {
                run += violation.schedule + 1 - first;
                return Some((violation, run));
            }
            run += SCHEDULES_A_TURN;
        }
    }
    None
}

/// A schedule that shows something else when it is run alone could not be studied.
fn repeats(entry: &Entry, violation: &Violation) -> Result<(), Failed> {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == violation.scenario);
    let scenario = scenario.ok_or("a violation is found in a scenario")?;
    let schedules = Schedules { seed: violation.seed, first: violation.schedule, count: 1 };
    match explore(entry, scenario, schedules).violation {
        Some(again) if again == *violation => Ok(()),
        Some(again) => Err(format!("run alone it shows\n{again}\nand not\n{violation}").into()),
        None => Err(format!("run alone it shows nothing, and not\n{violation}").into()),
    }
}

/// A scenario in which nobody who is wrong is caught has not been shown to see anything.
fn has_a_victim(scenario: &'static Scenario, seed: u64) -> Trial {
    Trial::test(format!("wrong::{}_catches_somebody", scenario.name), move || {
        let schedules = Schedules { seed, first: 0, count: SCHEDULES_A_TURN };
        let caught = strangers().map(|wrong| (wrong.entry)()).any(|entry| {
            (scenario.applies_to)(&entry)
                && explore(&entry, scenario, schedules).violation.is_some()
        });
        match caught {
            true => Ok(()),
            false => Err("catches nothing that is wrong on purpose".into()),
        }
    })
}

/// An excuse for a strategy that is no longer there would hide the next one of its name.
fn unseen_are_known() -> Result<(), Failed> {
    for Unseen { strategy, .. } in UNSEEN {
        if !WRONG.iter().any(|wrong| (wrong.entry)().strategy == *strategy) {
            return Err(format!("{strategy} is nobody who is wrong on purpose").into());
        }
    }
    Ok(())
}
