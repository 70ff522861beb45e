//! What every strategy must keep: each property, held against each strategy on each of its stores,
//! on each stage.
//!
//! A trial is named `stage::store::strategy::property`, so any part of a name runs a row, a column
//! or a corner of the matrix: `cargo test --test contract -- threads::slab`. No property knows a
//! strategy; what a strategy promises decides which properties it must keep. Whether the
//! properties see anything is tested too: the trials under `wrong` hold them against strategies
//! that are wrong on purpose, and fail where one survives.

mod table;
#[path = "../wrong/mod.rs"]
mod wrong;

use hotrow::{
    proof::{self, Case, Effort, PROPERTIES, Property},
    registry,
};
use libtest_mimic::{Arguments, Failed, Trial};

use self::wrong::{WRONG, Wrong};

fn main() {
    let (arguments, effort) = (Arguments::from_args(), Effort::from_environment());
    let all = registry::entries().flat_map(|entry| proof::Trial::all_of(entry, effort));
    let mut trials: Vec<Trial> = all.map(won).collect();
    trials.extend(WRONG.iter().map(dies));
    trials.push(Trial::test("wrong::every_killer_is_a_property", every_killer_is_a_property));
    trials.push(Trial::test("wrong::every_property_has_a_victim", every_property_has_a_victim));
    trials.push(Trial::test("wrong::the_page_is_fresh", table::the_page_is_fresh));
    libtest_mimic::run(&arguments, trials).exit();
}

/// The trial that passes if nothing is found.
fn won(trial: proof::Trial) -> Trial {
    Trial::test(trial.to_string(), move || trial.play().map_err(Failed::from))
}

/// The trial that passes if `wrong` dies by each of its killers and by nothing else.
fn dies(wrong: &'static Wrong) -> Trial {
    let effort = Effort::default();
    let case = Case { entry: (wrong.entry)(), stage: wrong.stage, effort };
    Trial::test(format!("wrong::{case}"), move || {
        let mut surprises = Vec::new();
        for property in PROPERTIES {
            let found = case.hold_against(property);
            match (wrong.killers.contains(&property.name), found) {
                (true, Ok(())) => surprises.push(format!("{} lets it live", property.name)),
                (false, Err(found)) => {
                    surprises.push(format!("{} kills it too: {found}", property.name));
                }
                (true, Err(_)) | (false, Ok(())) => {}
            }
        }
        match surprises.is_empty() {
            true => Ok(()),
            false => Err(format!("{}\n{}", wrong.mistake, surprises.join("\n")).into()),
        }
    })
}

/// A killer that is no property would never be asked.
fn every_killer_is_a_property() -> Result<(), Failed> {
    for killer in WRONG.iter().flat_map(|wrong| wrong.killers) {
        if !PROPERTIES.iter().any(|property| property.name == *killer) {
            return Err(format!("{killer} is no property").into());
        }
    }
    Ok(())
}

/// A property that catches nobody has not been shown to see anything.
fn every_property_has_a_victim() -> Result<(), Failed> {
    for Property { name, .. } in PROPERTIES {
        if !WRONG.iter().any(|wrong| wrong.killers.contains(name)) {
            return Err(format!("{name} is the killer of nothing that is wrong on purpose").into());
        }
    }
    Ok(())
}
