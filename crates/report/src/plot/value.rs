//! The values of charts: estimates, points, and the roles of contenders.

use super::{style::Mark, unit::Unit};

/// The text around a chart. Each part may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// The title.
    pub title: String,
    /// Below the title: the scenario, the machine, the number of blocks.
    pub subtitle: String,
    /// Below the chart: how to read it, and its limitations.
    pub caption: String,
}

/// A range from `low` to `high`, in the unit of its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A measured or fitted value with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value: a median or a fit.
    pub mid: f64,
    /// The interval, with the confidence that the text of the chart states; `None` with
    /// insufficient samples.
    pub interval: Option<Range>,
}

/// A value at a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The position.
    pub x: f64,
    /// The value.
    pub y: Estimate,
}

/// The role of a contender or reference in a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It can be ranked.
    Contender,
    /// It does less work than a contender and shows a cost.
    Reference,
    /// Its audit found a violation, or it is a negative control: its speed has no value.
    Violation,
}

impl Role {
    /// The roles that a key explains, with their text.
    pub(super) const KEY: [(Role, &str); 2] = [
        (Role::Reference, "reference, not a contender"),
        (Role::Violation, "violation or negative control: not ranked"),
    ];

    /// Returns the class of its colour, and its mark.
    pub(super) fn look(self) -> (&'static str, Mark) {
        match self {
            Role::Contender => ("s0", Mark::Circle),
            Role::Reference => ("reference", Mark::Diamond),
            Role::Violation => ("violation", Mark::Cross),
        }
    }
}

impl Estimate {
    /// Creates a value without an interval.
    pub fn bare(mid: f64) -> Estimate {
        Estimate { mid, interval: None }
    }

    /// Creates a value with an interval from `low` to `high`.
    pub fn within(mid: f64, low: f64, high: f64) -> Estimate {
        Estimate { mid, interval: Some(Range { low, high }) }
    }

    /// Returns the interval, if both its ends are finite.
    pub(super) fn finite_interval(&self) -> Option<Range> {
        self.interval.filter(|range| range.low.is_finite() && range.high.is_finite())
    }

    /// Returns the finite ones of the value and the ends of its interval.
    pub(super) fn values(self) -> impl Iterator<Item = f64> {
        let ends = self.finite_interval().map(|range| [range.low, range.high]);
        [self.mid].into_iter().chain(ends.into_iter().flatten()).filter(|value| value.is_finite())
    }

    /// Formats the value with its interval: `1.83 x [1.71, 1.96]`.
    pub(super) fn show(&self, unit: Unit) -> String {
        match self.finite_interval() {
            Some(Range { low, high }) => {
                let [low, high] = unit.ends([low, high], self.mid);
                format!("{} [{low}, {high}]", unit.exact(self.mid))
            }
            None => unit.exact(self.mid),
        }
    }
}
