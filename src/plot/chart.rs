//! What all charts are made of, and the list of them.

use serde::Serialize;

use super::{
    curve::Curve,
    drawing::{Drawing, Mark},
    forest::Forest,
    scatter::Scatter,
    spectrum::Spectrum,
    timeline::Timeline,
    unit::Unit,
};

/// A chart of one of the kinds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Chart {
    /// Ratios to one baseline, a row each.
    Forest(Forest),
    /// Times over the share of commands that took no longer.
    Spectrum(Spectrum),
    /// A rate over a count or a setting.
    Curve(Curve),
    /// Two measures of each subject against one another.
    Scatter(Scatter),
    /// Blocks in the order in which they ran.
    Timeline(Timeline),
}

/// The words around a chart. Any of them may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// What is shown, or better: what it says.
    pub title: String,
    /// Under the title: the cell, the machine, how many blocks.
    pub subtitle: String,
    /// Below the chart: how to read it, and what to keep in mind.
    pub caption: String,
}

/// From `low` to `high`, both in the unit of what they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A measured or fitted value and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The value that is taken: a median, a fit.
    pub mid: f64,
    /// Where it lies with the confidence that the chart's words state; `None` where too little was
    /// measured to say.
    pub interval: Option<Range>,
}

/// A value over a position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Where.
    pub x: f64,
    /// How much.
    pub y: Estimate,
}

/// How a subject stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Is ranked.
    Contender,
    /// Does less work than was asked and shows what could be reached at most.
    Limit,
    /// Its books did not balance, so that its speed is worth nothing.
    Wrong,
}

impl Chart {
    /// Draws the chart as a document of its own, 760 units wide, for light and dark.
    pub fn svg(&self) -> String {
        self.drawing().document()
    }

    /// The words around it.
    pub fn heading(&self) -> &Heading {
        match self {
            Chart::Forest(chart) => &chart.heading,
            Chart::Spectrum(chart) => &chart.heading,
            Chart::Curve(chart) => &chart.heading,
            Chart::Scatter(chart) => &chart.heading,
            Chart::Timeline(chart) => &chart.heading,
        }
    }

    pub(super) fn drawing(&self) -> Drawing {
        match self {
            Chart::Forest(chart) => chart.draw(),
            Chart::Spectrum(chart) => chart.draw(),
            Chart::Curve(chart) => chart.draw(),
            Chart::Scatter(chart) => chart.draw(),
            Chart::Timeline(chart) => chart.draw(),
        }
    }
}

impl Role {
    /// The class of its colour, and its mark.
    pub(super) fn look(self) -> (&'static str, Mark) {
        match self {
            Role::Contender => ("s0", Mark::Circle),
            Role::Limit => ("null", Mark::Diamond),
            Role::Wrong => ("wrong", Mark::Cross),
        }
    }
}

impl Estimate {
    /// A value of which no more is known.
    pub fn bare(mid: f64) -> Estimate {
        Estimate { mid, interval: None }
    }

    /// A value that lies between `low` and `high`.
    pub fn within(mid: f64, low: f64, high: f64) -> Estimate {
        Estimate { mid, interval: Some(Range { low, high }) }
    }

    /// The interval, if both its ends are finite.
    pub(super) fn finite_interval(&self) -> Option<Range> {
        self.interval.filter(|range| range.low.is_finite() && range.high.is_finite())
    }

    /// The value and the ends of its interval, as far as they are finite.
    pub(super) fn values(self) -> impl Iterator<Item = f64> {
        let ends = self.finite_interval().map(|range| [range.low, range.high]);
        [self.mid].into_iter().chain(ends.into_iter().flatten()).filter(|value| value.is_finite())
    }

    /// `1.83 x [1.71, 1.96]`.
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
