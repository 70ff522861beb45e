//! Which strategies that are wrong on purpose the suite holds its properties against, and which of
//! them catches each: what shows that a property that is kept could have been seen broken.

use serde::Deserialize;

/// The table, which the suite writes from its own and compares with its own.
const TABLE: &str = include_str!("../../results/proof/planted.csv");

/// One strategy that is wrong on purpose, and one property that catches it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Planted {
    /// The mistake, in words.
    pub(super) mistake: String,
    pub(super) strategy: String,
    pub(super) store: String,
    pub(super) stage: String,
    pub(super) property: String,
}

impl Planted {
    /// All of them, in the order of the suite.
    pub(super) fn all() -> Vec<Planted> {
        let mut reader = csv::Reader::from_reader(TABLE.as_bytes());
        let rows: Result<Vec<Planted>, csv::Error> = reader.deserialize().collect();
        rows.expect("the suite writes this table, and compares it with its own")
    }

    /// Those of one strategy on its stage stand together: the first property of each.
    pub(super) fn is_same(&self, other: &Planted) -> bool {
        (&self.mistake, &self.strategy, &self.store, &self.stage)
            == (&other.mistake, &other.strategy, &other.store, &other.stage)
    }
}

/// How many strategies that are wrong on purpose a property catches.
pub(super) fn victims(property: &str) -> usize {
    Planted::all().iter().filter(|planted| planted.property == property).count()
}
