//! The contract suite: checks each property against each strategy, on each of its stores, in each
//! execution mode.
//!
//! A trial is named `mode::store::strategy::property`. A part of a name selects trials: `cargo test
//! --test contract -- threads::memory`. A property does not know the strategy that it checks, and
//! the guarantees of a strategy decide which properties apply to it. The properties are tested too:
//! the trials under `seeded_bugs` run them against seeded bugs, and fail if a bug is not detected.

#[path = "../seeded_bugs/mod.rs"]
mod seeded_bugs;
mod table;

use hotrow_verify::contract::{self, PROPERTIES, Property, SearchBudget, TestCase};
use libtest_mimic::{Arguments, Failed, Trial};

use self::seeded_bugs::{SeededBug, seeded_bugs};

fn main() {
    let (arguments, budget) = (Arguments::from_args(), SearchBudget::from_environment());
    let all = hotrow_registry::all().flat_map(|entry| contract::Trial::all_of(entry, budget));
    let mut trials: Vec<Trial> = all.map(passes).collect();
    trials.extend(seeded_bugs().map(detects_seeded_bug));
    trials.push(Trial::test("seeded_bugs::every_detector_is_a_property", detectors_are_properties));
    trials.push(Trial::test("seeded_bugs::every_property_detects_a_bug", properties_detect_bugs));
    trials.push(Trial::test("seeded_bugs::the_page_is_up_to_date", table::the_page_is_up_to_date));
    libtest_mimic::run(&arguments, trials).exit();
}

/// A trial that passes if the property finds no violation.
fn passes(trial: contract::Trial) -> Trial {
    Trial::test(trial.to_string(), move || trial.play().map_err(Failed::from))
}

/// A trial that passes if exactly the properties in `must_fail` detect `bug`.
fn detects_seeded_bug(bug: &'static SeededBug) -> Trial {
    let budget = SearchBudget::default();
    let case = TestCase { candidate: (bug.candidate)(), mode: bug.mode, budget };
    Trial::test(format!("seeded_bugs::{case}"), move || {
        let mut unexpected = Vec::new();
        for property in PROPERTIES {
            let result = case.run_property(property);
            match (bug.must_fail.contains(&property.name), result) {
                (true, Ok(())) => unexpected.push(format!("{} does not detect it", property.name)),
                (false, Err(violation)) => {
                    unexpected.push(format!("{} detects it too: {violation}", property.name));
                }
                (true, Err(_)) | (false, Ok(())) => {}
            }
        }
        match unexpected.is_empty() {
            true => Ok(()),
            false => Err(format!("{}\n{}", bug.mistake, unexpected.join("\n")).into()),
        }
    })
}

/// A misspelt name in `must_fail` would never be checked.
fn detectors_are_properties() -> Result<(), Failed> {
    for name in seeded_bugs().flat_map(|bug| bug.must_fail) {
        if !PROPERTIES.iter().any(|property| property.name == *name) {
            return Err(format!("{name} is not a property: correct `must_fail`").into());
        }
    }
    Ok(())
}

/// A property that detects no seeded bug is not known to detect anything.
fn properties_detect_bugs() -> Result<(), Failed> {
    for Property { name, .. } in PROPERTIES {
        if !seeded_bugs().any(|bug| bug.must_fail.contains(name)) {
            return Err(format!("{name} detects no seeded bug: add one").into());
        }
    }
    Ok(())
}
