//! The seeded bugs of the test suite, and the properties that detect each.
//!
//! A property that holds for a strategy is evidence only if the property can fail. The seeded bugs
//! show that it can.

use serde::Deserialize;

/// The table of seeded bugs. The test suite writes it, and compares it with its own list.
const TABLE: &str = include_str!("seeded_bugs.csv");

/// A strategy with a seeded bug, and one property that detects the bug.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct SeededBug {
    /// The bug, in words.
    pub(super) mistake: String,
    pub(super) strategy: String,
    pub(super) store: String,
    pub(super) stage: String,
    pub(super) property: String,
}

impl SeededBug {
    /// Returns the rows of the table, in the order of the test suite.
    pub(super) fn all() -> Vec<SeededBug> {
        let mut reader = csv::Reader::from_reader(TABLE.as_bytes());
        let rows: Result<Vec<SeededBug>, csv::Error> = reader.deserialize().collect();
        rows.expect("the test suite writes this table, and compares it with its own list")
    }

    /// Whether both rows are of one bug on one store and in one execution mode. Such rows differ
    /// only in the property, and stand next to each other.
    pub(super) fn is_same(&self, other: &SeededBug) -> bool {
        (&self.mistake, &self.strategy, &self.store, &self.stage)
            == (&other.mistake, &other.strategy, &other.store, &other.stage)
    }
}

/// Returns the number of seeded bugs that a property detects.
pub(super) fn detected_by(property: &str) -> usize {
    SeededBug::all().iter().filter(|bug| bug.property == property).count()
}
