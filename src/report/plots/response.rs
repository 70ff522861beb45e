//! Tails under a promised rate.

use std::collections::BTreeSet;

use super::{measured, of_values, sentence};
use crate::{
    plot::{Chart, Heading, Point, Spectrum, SpectrumSeries, Times},
    record::{Clocked, LADDER_PPM, QuantileRow, Role},
    report::{
        cells::{Cell, Cells},
        figures::{rate_as_given, rough},
        row_quantile::BEYOND_P99_PPM,
        standing::Standing,
    },
    stats::has_samples_beyond,
};

/// The reference whose response is that of the machine alone.
const NULL: &str = "null";

/// `response-poisson-20k-tasks`.
pub(super) fn name(cell: &Cell<'_>) -> String {
    let row = cell.row;
    let arrivals = row.arrivals.replace(':', "-");
    let rate = match row.offered_per_s {
        0 => rate_as_given(row.offered_per_1000_s),
        whole => rough(whole),
    };
    format!("response-{arrivals}-{rate}-{}", row.client_kind.name())
}

/// The response of every contender and of what answers at once, and with it, where it is asked for,
/// the service.
pub(in crate::report) fn spectrum(
    cells: &Cells<'_>,
    cell: &Cell<'_>,
    with_service: bool,
) -> Option<Chart> {
    let tails = Tails::of(cells, cell);
    let clocks = [Some(Times::Response), with_service.then_some(Times::Service)];
    let mut series = Vec::new();
    // By name, as everywhere: a strategy then keeps its colour from chart to chart.
    let mut contenders: Vec<&Standing> = cell.comparison.contenders.iter().collect();
    contenders.sort_by_key(|one| &one.strategy);
    for one in contenders {
        let saturated = one.promise.is_some_and(|promise| promise.is_saturated());
        let shown = if saturated { " (saturated)" } else { "" };
        let name = format!("{}{shown}", one.strategy);
        for times in clocks.into_iter().flatten() {
            series.push(tails.series(&one.strategy, &name, times));
        }
    }
    series.push(tails.series(NULL, NULL, Times::Null));
    series.retain(|one| !one.points.is_empty());
    if !series.iter().any(|one| one.times == Times::Response) {
        return None;
    }
    let service = match with_service {
        true => " Service runs from when a client got round to asking.",
        false => "",
    };
    Some(Chart::Spectrum(Spectrum {
        heading: Heading {
            title: sentence(&cell.comparison.title.to_string()),
            subtitle: measured(cells, cell),
            caption: format!(
                "Response runs from when a request was due to its answer, whether or not its client \
                 was free.{service} Lines are medians over the blocks, bands their 95 % intervals. \
                 What is not above null is the machine and not the strategy. Saturated: less than \
                 99 % of the promise was kept, so that the tail grows as long as it is measured."
            ),
        },
        axis: "time to the answer".to_owned(),
        series,
    }))
}

/// The quantiles of one cell, of the blocks that count.
struct Tails<'a> {
    rows: Vec<&'a QuantileRow>,
}

impl<'a> Tails<'a> {
    fn of(cells: &Cells<'a>, cell: &Cell<'_>) -> Tails<'a> {
        let own = cells.run.rows.iter().filter(|row| row.cell == cell.row.cell);
        // Where too few blocks count for anything to be said, all are shown, as in the table.
        let counts = |whole: bool, valid: bool| whole && (valid || !cell.is_measured());
        let counted: BTreeSet<(u32, u32, &str)> = own
            .filter(|row| row.role != Role::Twin)
            .filter(|row| counts(!row.cut_short, row.invalid.is_empty()))
            .map(|row| (row.process, row.block, row.strategy.as_str()))
            .collect();
        let rows = cells.run.quantiles.iter().filter(|row| {
            row.cell == cell.row.cell
                && row.role != Role::Twin
                && counted.contains(&(row.process, row.block, row.strategy.as_str()))
        });
        Tails { rows: rows.collect() }
    }

    fn series(&self, strategy: &str, name: &str, times: Times) -> SpectrumSeries {
        let clocked = match times {
            Times::Service => Clocked::Service,
            Times::Response | Times::Null => Clocked::Response,
        };
        let own = |row: &&&QuantileRow| row.strategy == strategy && row.clocked == clocked;
        let rows: Vec<&QuantileRow> = self.rows.iter().filter(own).copied().collect();
        let samples: Vec<u64> = rows.iter().map(|row| row.samples).collect();
        let mut points: Vec<Point> = Vec::new();
        let mut push = |x: f64, ns: &dyn Fn(&QuantileRow) -> u64| {
            let values: Vec<(u32, f64)> =
                rows.iter().map(|row| (row.process, ns(row) as f64)).collect();
            points.extend(of_values(&values).map(|y| Point { x, y }));
        };
        for (index, ppm) in LADDER_PPM.into_iter().enumerate() {
            if has_samples_beyond(&samples, u64::from(1_000_000 - ppm)) {
                push(f64::from(ppm) / 1e6, &|row| row.ladder_ns()[index]);
            }
        }
        if has_samples_beyond(&samples, BEYOND_P99_PPM) {
            push(1.0, &|row| row.ns_max);
        }
        SpectrumSeries { name: name.to_owned(), times, points }
    }
}
