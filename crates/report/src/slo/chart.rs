//! The response time by offered load, as a chart.

use hotrow_results::{CapacityRow, StoredRun};

use super::{
    SloCapacity,
    contender::{loads, median_ns},
    quantile_name, slo_capacities,
};
use crate::{
    figures::short_rate,
    plot::{Axis, Chart, Curve, CurveSeries, Estimate, Heading, Point, Scale, Unit},
    plots::estimate,
};
use hotrow_results::stats::Interval;

/// Draws the first capacity of a run: response time by offered load.
pub(crate) fn response_by_load(run: &StoredRun) -> Option<Chart> {
    capacity_chart(slo_capacities(&run.capacity).first()?, run.environment.cpu_model.as_deref())
}

/// Draws the response times of all contenders by offered load. Returns `None` without a probe that
/// counts.
pub fn capacity_chart(capacity: &SloCapacity<'_>, processor: Option<&str>) -> Option<Chart> {
    let quantile = quantile_name(capacity.row.slo_quantile_ppm);
    let mut series: Vec<CurveSeries> = Vec::new();
    let contenders = capacity.contenders.iter().filter(|contender| contender.violation.is_none());
    for contender in contenders.chain(&capacity.noop) {
        let curve = capacity.curve.iter().filter(|row| row.strategy == contender.strategy);
        let rows: Vec<&CapacityRow> =
            contender.probes.iter().chain(curve.filter(|row| row.counts())).copied().collect();
        let point = |load: u64| {
            let own: Vec<&CapacityRow> =
                rows.iter().filter(|row| row.offered_per_1000_s == load).copied().collect();
            Some(Point { x: load as f64 / 1e3, y: response(&own)? })
        };
        let points: Vec<Point> = loads(&rows).into_iter().filter_map(point).collect();
        if !points.is_empty() {
            series.push(CurveSeries { name: contender.strategy.to_owned(), points, fit: None });
        }
    }
    // Sorted by name as in the other charts, so that a strategy has the same colour in all of them.
    series.sort_by(|one, other| one.name.cmp(&other.name));
    if series.is_empty() {
        return None;
    }
    let noisy = if capacity.noise.is_some() { "NOISY; " } else { "" };
    Some(Chart::Curve(Curve {
        heading: Heading {
            title: format!("Response time by load, for {}", capacity.objective()),
            subtitle: format!(
                "{noisy}{} blocks; {}; {}",
                capacity.blocks,
                capacity.row.scenario,
                processor.unwrap_or("unknown processor")
            ),
            caption: format!(
                "Points are medians over the blocks of the {quantile} of the response time, with \
                 their 95 % intervals, at the probed loads. Beyond its capacity a strategy has a \
                 backlog, and the times show the length of the measurement."
            ),
        },
        x: Axis {
            label: "offered load, requests a second".to_owned(),
            scale: Scale::Log10,
            unit: Unit::Plain,
        },
        y: Axis {
            label: format!("response time, {quantile}"),
            scale: Scale::Log10,
            unit: Unit::Nanoseconds,
        },
        series,
    }))
}

fn response(rows: &[&CapacityRow]) -> Option<Estimate> {
    let values: Vec<f64> = rows.iter().map(|row| row.response_ns_slo.max(1) as f64).collect();
    Some(estimate(median_ns(rows, |row| row.response_ns_slo.max(1))?, Interval::of_median(&values)))
}

/// A column of the curve: a share of the own closed rate, or a common rate.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Position {
    /// A share of the closed-loop rate, as an index into [`SHARES`].
    Share(usize),
    /// A rate in thousandths of a request a second, common to several contenders.
    Common(u64),
}

/// The loads of a curve as shares of the closed-loop rate, in millionths.
pub const SHARES: [u32; 6] = [300_000, 500_000, 700_000, 800_000, 900_000, 950_000];

impl Position {
    /// Returns every position that the rows have.
    pub(super) fn all(rows: &[&CapacityRow]) -> Vec<Position> {
        let mut all: Vec<Position> = Vec::new();
        for row in rows {
            let position = Position::of(row);
            if !all.contains(&position) {
                all.push(position);
            }
        }
        all.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
        all
    }

    fn of(row: &CapacityRow) -> Position {
        let share = SHARES.iter().position(|share| row.curve_share_ppm == *share);
        share.map_or(Position::Common(row.offered_per_1000_s), Position::Share)
    }

    pub(super) fn has(self, row: &CapacityRow) -> bool {
        Position::of(row) == self
    }

    pub(super) fn name(self) -> String {
        match self {
            Position::Share(index) => format!("{} C", f64::from(SHARES[index]) / 1e6),
            Position::Common(load) => short_rate(load as f64 / 1e3),
        }
    }
}
