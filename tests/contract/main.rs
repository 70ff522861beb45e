//! What every strategy must keep: each property, held against each strategy on each of its stores,
//! on each stage.
//!
//! A trial is named `stage::store::strategy::property`, so any part of a name runs a row, a column
//! or a corner of the matrix: `cargo test --test contract -- threads::slab`. No property knows a
//! strategy; what a strategy promises decides which properties it must keep. Whether the
//! properties see anything is tested too: the trials under `wrong` hold them against strategies
//! that are wrong on purpose, and fail where one survives.

#[path = "../wrong/mod.rs"]
mod wrong;

use hotrow::{
    proof::{Case, PROPERTIES, Property, Stage},
    registry::{self, Entry},
};
use libtest_mimic::{Arguments, Failed, Trial};

use self::wrong::{WRONG, Wrong};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for stage in Stage::ALL {
        for entry in registry::entries().filter(|entry| must_be_right(entry) && stage.suits(entry))
        {
            let kept = PROPERTIES.iter().filter(|property| (property.applies_to)(entry.promises));
            trials.extend(kept.map(|property| right(Case { entry: *entry, stage }, property)));
        }
    }
    for wrong in WRONG {
        trials.extend(wrong.killers.iter().map(|killer| caught(wrong, killer)));
    }
    trials.push(Trial::test("wrong::every_property_has_a_victim", every_property_has_a_victim));
    libtest_mimic::run(&arguments, trials).exit();
}

/// References keep no books, and what does not claim to be sound is to be caught instead.
fn must_be_right(entry: &Entry) -> bool {
    !entry.is_reference() && entry.promises.sound
}

fn right(case: Case, property: &'static Property) -> Trial {
    let name = format!("{case}::{}", property.name);
    Trial::test(name.clone(), move || case.hold_against(property, &name).map_err(Failed::from))
}

/// The trial that passes if `killer` catches `wrong`.
fn caught(wrong: &'static Wrong, killer: &'static str) -> Trial {
    let case = Case { entry: (wrong.entry)(), stage: wrong.stage };
    let property = PROPERTIES.iter().find(|property| property.name == killer);
    let name = format!("wrong::{case}::{killer}");
    Trial::test(name.clone(), move || {
        let property = property.ok_or("no property has the name of this killer")?;
        match case.hold_against(property, &name) {
            Ok(()) => Err(format!("survives, though wrong: {}", wrong.mistake).into()),
            Err(_found) => Ok(()),
        }
    })
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
