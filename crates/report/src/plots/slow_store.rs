//! Draws rates on the slow store by number of clients, with the fitted
//! [Universal Scalability Law](https://arxiv.org/abs/0808.1431).

use super::{blocks_of, estimate, machine, summary_estimate};
use crate::{
    figures::with_thousands_separators,
    plot::{Axis, Chart, Curve, CurveSeries, Fit, Heading, Point, Scale, Unit},
    scenarios::Scenarios,
    slow_store::{Fitted, SlowStore},
};
use hotrow::scenario::Workload;
use hotrow_results::stats::{Summary, Usl};

/// The number of segments of a fitted curve, enough to look smooth.
const STEPS: u32 = 24;

/// Draws the curve of every contender in the scenarios of one workload.
pub(super) fn curve(scenarios: &Scenarios<'_>, workload: Workload) -> Option<Chart> {
    let slow = SlowStore::new(scenarios, workload)?;
    let (first, last) = (slow.stops.first()?, slow.stops.last()?);
    let series = |fitted: &Fitted| {
        let fit = |usl: &Usl| Fit {
            label: match usl.curve.alpha {
                alpha if alpha >= 0.0995 => format!("alpha {alpha:.2}"),
                alpha => format!("alpha {alpha:.3}"),
            },
            points: curve_points(usl, first.x, last.x),
        };
        let point = |(clients, blocks): &(u32, hotrow_results::stats::Blocks)| {
            Some(Point { x: f64::from(*clients), y: summary_estimate(Summary::of(blocks)?) })
        };
        CurveSeries {
            name: fitted.strategy.clone(),
            points: fitted.points.iter().filter_map(point).collect(),
            fit: fitted.usl.as_ref().map(fit),
        }
    };
    let rows = match first.scenario.title.row.users {
        1 => "one row".to_owned(),
        users => format!("{} rows", with_thousands_separators(users)),
    };
    let blocks = blocks_of(slow.stops.iter().map(|stop| stop.scenario));
    Some(Chart::Curve(Curve {
        heading: Heading {
            title: format!("Slow store, {rows}: commands a second by number of clients"),
            subtitle: format!("simulated time, {blocks} each; {}", machine(scenarios)),
            caption: "Every call of the store takes the time that the assignment sets, in \
                      simulated time. Lines are X(N) of the Universal Scalability Law, bands are \
                      the 95 % intervals of the fit. Alpha is the share of the work that is \
                      serialized: if it is 1, more clients do not raise the rate."
                .to_owned(),
        },
        x: Axis { label: "clients".to_owned(), scale: Scale::Log2, unit: Unit::Plain },
        y: Axis { label: "commands a second".to_owned(), scale: Scale::Log10, unit: Unit::Plain },
        series: slow.fitted.iter().map(series).collect(),
    }))
}

fn curve_points(usl: &Usl, first: f64, last: f64) -> Vec<Point> {
    let ratio = last / first;
    let at = |step: u32| first * ratio.powf(f64::from(step) / f64::from(STEPS));
    let point = |n: f64| Point { x: n, y: estimate(usl.at(n), usl.band(n)) };
    (0..=STEPS).map(|step| point(at(step))).collect()
}
