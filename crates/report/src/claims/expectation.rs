//! The expectation of a claim, as it is written in `claims.toml`.

use serde::Deserialize;

use super::metric::Metric;
use crate::scenarios::ScenarioPattern;

/// The result that a claim needs to hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Expectation {
    /// Compares one strategy with another in one scenario.
    Ratio {
        of: Names,
        to: Names,
        metric: Metric,
        is: Relation,
        /// The factor that the ratio is compared with.
        #[serde(default = "once")]
        by: f64,
        #[serde(default)]
        scenario: ScenarioPattern,
    },
    /// Compares one strategy in one scenario with itself in another scenario.
    Across {
        of: String,
        metric: Metric,
        is: Relation,
        #[serde(default = "once")]
        by: f64,
        scenario: ScenarioPattern,
        to_scenario: ScenarioPattern,
    },
    /// Compares a metric of one strategy with a number.
    Value {
        of: String,
        metric: Metric,
        is: Relation,
        than: f64,
        #[serde(default)]
        scenario: ScenarioPattern,
    },
    /// Checks properties of a strategy. Without names, every property that it guarantees.
    Proof {
        of: Names,
        #[serde(default)]
        properties: Vec<String>,
        is: Proved,
    },
    /// Compares the bytes of an idle user or of a receipt. The bytes are counted exactly.
    Memory { of: String, to: Names, per: Per, store: String, is: Relation },
    /// Checks how a strategy runs on a store.
    Fits { of: String, store: String, is: Fit },
    /// Cannot be measured.
    Judgement { why: String },
}

fn once() -> f64 {
    1.0
}

/// Strategies. Of several, the one with the best value is taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    /// Stands for all contenders other than the ones that the claim is about.
    const OTHERS: &str = "others";

    pub(super) fn is_others(&self) -> bool {
        matches!(self, Names::One(name) if name == Names::OTHERS)
    }

    pub(super) fn list(&self) -> Vec<&str> {
        match self {
            Names::One(name) => vec![name],
            Names::Several(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// The relation of one number to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Relation {
    More,
    Less,
    /// More or less by no more than a tenth.
    Same,
    /// More, or less by no more than a tenth.
    NoLess,
    /// Less, or more by no more than a tenth.
    NoMore,
}

impl Relation {
    /// Whether the smallest value is the best.
    pub(super) fn is_downward(self) -> bool {
        matches!(self, Relation::Less | Relation::NoMore)
    }
}

/// The result of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Proved {
    Kept,
    Broken,
    NotPromised,
}

/// The unit that memory is counted per.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Per {
    IdleUser,
    Receipt,
}

/// How a strategy runs on a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fit {
    /// It runs on the store without a change.
    AsItIs,
    /// It needs a version word beside each account, which makes a commit conditional.
    Versioned,
    /// The pair does not compile.
    Never,
}
