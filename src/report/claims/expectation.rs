//! What a claim expects to find, as it is written in `claims.toml`.

use serde::Deserialize;

use super::{cell::CellPattern, metric::Metric};

/// What would have to be seen for a claim to hold, by where it is looked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Expectation {
    /// One strategy against another in one cell.
    Ratio {
        of: Names,
        to: Names,
        metric: Metric,
        is: Than,
        /// So many times as much, or as little.
        #[serde(default = "once")]
        by: f64,
        #[serde(default)]
        cell: CellPattern,
    },
    /// One strategy in one cell against itself in another.
    Across {
        of: String,
        metric: Metric,
        is: Than,
        #[serde(default = "once")]
        by: f64,
        cell: CellPattern,
        to_cell: CellPattern,
    },
    /// What one strategy measured, against a number.
    Value {
        of: String,
        metric: Metric,
        is: Than,
        than: f64,
        #[serde(default)]
        cell: CellPattern,
    },
    /// What is proved of a strategy; all that it promises where no property is named.
    Proof {
        of: Names,
        #[serde(default)]
        properties: Vec<String>,
        is: Proved,
    },
    /// What a user who is left alone costs, or a receipt, exactly.
    Memory { of: String, to: Names, per: Per, store: String, is: Than },
    /// How long the code of a strategy is, beside what all share.
    Lines { of: String, to: Names, is: Than },
    /// What a strategy needs to run on a store.
    Fits { of: String, store: String, is: Fit },
    /// Nothing that could be measured.
    Judgement { why: String },
}

fn once() -> f64 {
    1.0
}

/// Some strategies; of several the one that does best is meant.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    /// All contenders but the one that the claim is of.
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

/// How one number lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Than {
    More,
    Less,
    /// Within a tenth, beyond doubt.
    Same,
    /// More, or less by no more than a tenth.
    NoLess,
    /// Less, or more by no more than a tenth.
    NoMore,
}

impl Than {
    /// Whether the one with the least does best.
    pub(super) fn is_downward(self) -> bool {
        matches!(self, Than::Less | Than::NoMore)
    }
}

/// What becomes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Proved {
    Kept,
    Broken,
    NotPromised,
}

/// What memory is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Per {
    IdleUser,
    Receipt,
}

/// Whether a strategy and a store fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fit {
    /// As the store is.
    AsItIs,
    /// Only with a version word beside each account, which makes a commit conditional.
    Versioned,
    /// The compiler refuses the pair.
    Never,
}
