//! Charts of rates along one axis.

use super::{blocks_of, machine, summary_estimate};
use crate::{
    figures::with_thousands_separators,
    plot::{self, Axis, Chart, Curve, CurveSeries, Heading, Point, Scale, Unit},
    scenarios::{AxisPoint, Scenarios},
};

/// A line needs two points.
const POINTS_MIN: usize = 2;

/// Draws rates by number of threads on one row, up to the number of cores.
pub(super) fn over_clients(scenarios: &Scenarios<'_>) -> Option<Chart> {
    let title = "One hot row: threads up to the number of cores";
    lines(scenarios, &scenarios.parallel(), title, ("threads", Scale::Log2))
}

/// Draws rates by number of threads on one row, with more threads than cores. This is a chart of
/// its own because these threads do not all run in parallel.
pub(super) fn oversubscribed(scenarios: &Scenarios<'_>) -> Option<Chart> {
    let title = "One hot row: more threads than cores";
    lines(scenarios, &scenarios.oversubscribed(), title, ("threads", Scale::Log2))
}

/// Draws rates by number of rows.
pub(super) fn over_users(scenarios: &Scenarios<'_>) -> Option<Chart> {
    let stops = scenarios.users();
    let first = stops.first()?.scenario;
    let clients = first.title.clients();
    let title = format!(
        "From one row to {}, {clients}",
        with_thousands_separators(stops.last()?.scenario.title.row.users)
    );
    lines(scenarios, &stops, &title, ("rows", Scale::Log10))
}

/// Draws rates by skew.
pub(super) fn over_skew(scenarios: &Scenarios<'_>) -> Option<Chart> {
    let stops = scenarios.skew();
    let first = stops.first()?.scenario;
    let clients = first.title.clients();
    let title = format!(
        "{} rows, by skew of the distribution, {clients}",
        with_thousands_separators(first.title.row.users)
    );
    let label = "theta of the Zipf distribution (0 = uniform)";
    lines(scenarios, &stops, &title, (label, Scale::Linear))
}

/// Draws a line for each contender whose audit passes.
fn lines(
    scenarios: &Scenarios<'_>,
    stops: &[AxisPoint<'_>],
    title: &str,
    (label, scale): (&str, Scale),
) -> Option<Chart> {
    let (measured, missing): (Vec<AxisPoint<'_>>, Vec<AxisPoint<'_>>) =
        stops.iter().partition(|stop| stop.scenario.is_shown());
    if measured.len() < POINTS_MIN {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for contender in measured.iter().flat_map(|stop| &stop.scenario.contenders) {
        if !names.contains(&contender.strategy.as_str()) {
            names.push(&contender.strategy);
        }
    }
    names.sort_unstable();
    let point = |stop: &AxisPoint<'_>, name: &str| {
        let contenders = &stop.scenario.contenders;
        let contender = contenders.iter().find(|contender| contender.strategy == name)?;
        Some(Point { x: stop.x, y: summary_estimate(contender.rate?) })
    };
    let series = |name: &&str| CurveSeries {
        name: (*name).to_owned(),
        points: measured.iter().filter_map(|stop| point(stop, name)).collect(),
        fit: None,
    };
    let missing = match missing.is_empty() {
        true => String::new(),
        false => {
            format!(" Points that could not be measured on this machine today: {}.", missing.len())
        }
    };
    let blocks = blocks_of(measured.iter().map(|stop| stop.scenario));
    Some(Chart::Curve(Curve {
        heading: Heading {
            title: title.to_owned(),
            subtitle: format!("{blocks} each; {}", machine(scenarios)),
            caption: format!(
                "Points are medians over the blocks with their 95 % intervals; lines only guide \
                 the eye. To compare two strategies at one position, use the ratios within blocks, \
                 not two points of this chart.{missing}"
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
