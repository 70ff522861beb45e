//! How many requests are answered as one thing is turned up.

use super::{blocks_of, machine, of_summary};
use crate::{
    plot::{self, Axis, Chart, Curve, CurveSeries, Heading, Point, Scale, Unit},
    report::{
        cells::{Cells, Stop},
        figures::grouped,
    },
};

/// A line needs two ends.
const STOPS_MIN: usize = 2;

/// Over threads on one row, up to the cores.
pub(super) fn over_clients(cells: &Cells<'_>) -> Option<Chart> {
    let title = "One hot row: threads up to the number of cores";
    lines(cells, &cells.parallel(), title, ("threads", Scale::Log2))
}

/// Over threads on one row, past the cores. A chart of its own: these do not run side by side.
pub(super) fn over_too_many_clients(cells: &Cells<'_>) -> Option<Chart> {
    let title = "One hot row: more threads than cores";
    lines(cells, &cells.oversubscribed(), title, ("threads", Scale::Log2))
}

/// Over rows.
pub(super) fn over_users(cells: &Cells<'_>) -> Option<Chart> {
    let stops = cells.users();
    let first = stops.first()?.cell;
    let clients = first.clients();
    let title = format!("From one row to {}, {clients}", grouped(stops.last()?.cell.row.users));
    lines(cells, &stops, &title, ("rows", Scale::Log10))
}

/// Over theta.
pub(super) fn over_skew(cells: &Cells<'_>) -> Option<Chart> {
    let stops = cells.skew();
    let first = stops.first()?.cell;
    let clients = first.clients();
    let title =
        format!("{} rows, asked for more and more unevenly, {clients}", grouped(first.row.users));
    lines(cells, &stops, &title, ("Zipf's theta, of which 0 is uniform", Scale::Linear))
}

/// A line for each contender that balances.
fn lines(
    cells: &Cells<'_>,
    stops: &[Stop<'_, '_>],
    title: &str,
    (label, scale): (&str, Scale),
) -> Option<Chart> {
    let (measured, missing): (Vec<Stop<'_, '_>>, Vec<Stop<'_, '_>>) =
        stops.iter().partition(|stop| stop.cell.is_measured());
    if measured.len() < STOPS_MIN {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for one in measured.iter().flat_map(|stop| &stop.cell.comparison.contenders) {
        if !names.contains(&one.strategy.as_str()) {
            names.push(&one.strategy);
        }
    }
    names.sort_unstable();
    let point = |stop: &Stop<'_, '_>, name: &str| {
        let contenders = &stop.cell.comparison.contenders;
        let one = contenders.iter().find(|one| one.strategy == name)?;
        Some(Point { x: stop.x, y: of_summary(one.rate?) })
    };
    let series = |name: &&str| CurveSeries {
        name: (*name).to_owned(),
        points: measured.iter().filter_map(|stop| point(stop, name)).collect(),
        fit: None,
    };
    let missing = match missing.is_empty() {
        true => String::new(),
        false => format!(" {} not measured on this machine today.", missing.len()),
    };
    let blocks = blocks_of(measured.iter().map(|stop| stop.cell));
    Some(Chart::Curve(Curve {
        heading: Heading {
            title: title.to_owned(),
            subtitle: format!("{blocks} each; {}", machine(cells)),
            caption: format!(
                "Points are medians over the blocks with their 95 % intervals; lines only lead the \
                 eye. Who is ahead at one place is told by the ratios within its blocks, not by two \
                 points here.{missing}"
            ),
        },
        x: Axis { label: label.to_owned(), scale, unit: Unit::Plain },
        y: plot::Axis {
            label: "requests a second".to_owned(),
            scale: Scale::Log10,
            unit: Unit::Plain,
        },
        series: names.iter().map(series).collect(),
    }))
}
