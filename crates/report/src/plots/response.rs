//! Draws the response times of an open-loop scenario by percentile.

use std::collections::BTreeSet;

use super::{capitalized, measured, values_estimate};
use crate::{
    comparison::Comparison,
    contender_summary::ContenderSummary,
    figures::{rate_as_given, rough},
    plot::{Chart, Heading, PercentilePlot, PercentileSeries, Point, Times},
    row_quantile::BEYOND_P99_PPM,
    scenarios::Scenarios,
};
use hotrow_results::{LADDER_PPM, QuantileRow, Role, TimeKind, stats::has_samples_beyond};

/// The reference whose response time is that of the machine alone.
const NOOP: &str = "noop";

/// `response-poisson-20k-tasks`.
pub(super) fn name(scenario: &Comparison) -> String {
    let row = &scenario.title.row;
    let arrivals = row.arrivals.unwrap_or_default().to_string().replace(':', "-");
    let rate = match row.offered_per_s {
        0 => rate_as_given(row.offered_per_1000_s),
        whole => rough(whole),
    };
    format!("response-{arrivals}-{rate}-{}", row.client_kind.name())
}

/// Draws the response times of every contender and of `noop`, and the service times of the
/// contenders if `with_service` is true.
pub(crate) fn spectrum(
    scenarios: &Scenarios<'_>,
    scenario: &Comparison,
    with_service: bool,
) -> Option<Chart> {
    let quantiles = Quantiles::new(scenarios, scenario);
    let times = [Some(Times::Response), with_service.then_some(Times::Service)];
    let mut series = Vec::new();
    // Sorted by name as in the other charts, so that a strategy has the same colour in all of them.
    let mut contenders: Vec<&ContenderSummary> = scenario.contenders.iter().collect();
    contenders.sort_by_key(|contender| &contender.strategy);
    for contender in contenders {
        let saturated = contender.is_saturated();
        let suffix = if saturated { " (saturated)" } else { "" };
        let name = format!("{}{suffix}", contender.strategy);
        for times in times.into_iter().flatten() {
            series.push(quantiles.series(&contender.strategy, &name, times));
        }
    }
    series.push(quantiles.series(NOOP, NOOP, Times::Noop));
    series.retain(|series| !series.points.is_empty());
    if !series.iter().any(|series| series.times == Times::Response) {
        return None;
    }
    let service = match with_service {
        true => " Service time is measured from when the client sent the request.",
        false => "",
    };
    Some(Chart::PercentilePlot(PercentilePlot {
        heading: Heading {
            title: capitalized(&scenario.title.to_string()),
            subtitle: measured(scenarios, scenario),
            caption: format!(
                "Response time is measured from when a request was due to its answer, whether or \
                 not its client was free.{service} Lines are medians over the blocks, bands are \
                 their 95 % intervals. A time that is not above that of noop shows the machine and \
                 not the strategy. Saturated: achieved less than 99 % of the offered load, or less \
                 than 95 % in one block, so the tail grows as long as the measurement lasts."
            ),
        },
        axis: "time to the answer".to_owned(),
        series,
    }))
}

/// The quantile rows of one scenario, of the evaluated blocks.
struct Quantiles<'a> {
    rows: Vec<&'a QuantileRow>,
}

impl<'a> Quantiles<'a> {
    fn new(scenarios: &Scenarios<'a>, scenario: &Comparison) -> Quantiles<'a> {
        let own = scenarios.run.rows.iter().filter(|row| row.scenario == scenario.scenario);
        // If too few blocks are valid, the chart shows all blocks, as the table does.
        let is_shown = |complete: bool, valid: bool| complete && (valid || !scenario.is_shown());
        let shown: BTreeSet<(u32, u32, &str)> = own
            .filter(|row| row.role != Role::AaControl)
            .filter(|row| is_shown(!row.truncated, row.excluded_because.is_empty()))
            .map(|row| (row.fork, row.block, row.strategy.as_str()))
            .collect();
        let rows = scenarios.run.quantiles.iter().filter(|row| {
            row.scenario == scenario.scenario
                && row.role != Role::AaControl
                && shown.contains(&(row.fork, row.block, row.strategy.as_str()))
        });
        Quantiles { rows: rows.collect() }
    }

    fn series(&self, strategy: &str, name: &str, times: Times) -> PercentileSeries {
        let time_kind = match times {
            Times::Service => TimeKind::Service,
            Times::Response | Times::Noop => TimeKind::Response,
        };
        let own = |row: &&&QuantileRow| row.strategy == strategy && row.time_kind == time_kind;
        let rows: Vec<&QuantileRow> = self.rows.iter().filter(own).copied().collect();
        let samples: Vec<u64> = rows.iter().map(|row| row.samples).collect();
        let mut points: Vec<Point> = Vec::new();
        let mut push = |x: f64, ns: &dyn Fn(&QuantileRow) -> u64| {
            let values: Vec<(u32, f64)> =
                rows.iter().map(|row| (row.fork, ns(row) as f64)).collect();
            points.extend(values_estimate(&values).map(|y| Point { x, y }));
        };
        for (index, ppm) in LADDER_PPM.into_iter().enumerate() {
            if has_samples_beyond(&samples, u64::from(1_000_000 - ppm)) {
                push(f64::from(ppm) / 1e6, &|row| row.ladder_ns()[index]);
            }
        }
        if has_samples_beyond(&samples, BEYOND_P99_PPM) {
            push(1.0, &|row| row.ns_max);
        }
        PercentileSeries { name: name.to_owned(), times, points }
    }
}
