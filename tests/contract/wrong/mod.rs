//! Strategies that are wrong on purpose, each with the properties that must catch it.
//!
//! They are the answers that people give to the exercise. Each claims to keep every promise, so
//! that it is treated as any stranger's would be. A property that catches none of them may as well
//! see nothing; a mistake that is caught by none of them is a hole in the suite.

use hotrow::registry::{self, Entry};

use crate::stage::Stage;

/// A strategy that is wrong on purpose.
pub(crate) struct Wrong {
    /// What it does wrong.
    pub(crate) mistake: &'static str,
    pub(crate) entry: fn() -> Entry,
    pub(crate) stage: Stage,
    /// The properties that must each catch it.
    pub(crate) killers: &'static [&'static str],
}

pub(crate) const WRONG: &[Wrong] = &[
    Wrong {
        mistake: "nothing is guarded",
        entry: || unguarded("slab"),
        stage: Stage::Adversary,
        killers: UNGUARDED,
    },
    Wrong {
        mistake: "nothing is guarded",
        entry: || unguarded("tables"),
        stage: Stage::Adversary,
        killers: UNGUARDED,
    },
    Wrong {
        mistake: "nothing is guarded",
        entry: || unguarded("tables"),
        stage: Stage::Delays,
        killers: UNGUARDED,
    },
];

const UNGUARDED: &[&str] = &["every_charge_is_applied"];

fn unguarded(store: &str) -> Entry {
    let mut unsound =
        registry::entries().filter(|entry| !entry.promises.sound && !entry.is_reference());
    *unsound.find(|entry| entry.store == store).expect("the registry has a control on each store")
}
