//! X(N) on a slow store, with the law fitted to it.

use super::{blocks_of, estimate, machine, of_summary};
use crate::{
    plot::{Axis, Chart, Curve, CurveSeries, Fit, Heading, Point, Scale, Unit},
    report::{
        cells::Cells,
        figures::grouped,
        slow_store::{Fitted, SlowStore},
    },
    stats::{Summary, Usl},
};

/// Points of a fitted curve, enough to look like one.
const STEPS: u32 = 24;

/// The curve of every contender over clients, on one row or on many.
pub(super) fn curve(cells: &Cells<'_>, is_one: bool) -> Option<Chart> {
    let slow = SlowStore::of(cells, is_one)?;
    let (first, last) = (slow.stops.first()?, slow.stops.last()?);
    let series = |fitted: &Fitted| {
        let fit = |usl: &Usl| Fit {
            label: match usl.curve.alpha {
                alpha if alpha >= 0.0995 => format!("alpha {alpha:.2}"),
                alpha => format!("alpha {alpha:.3}"),
            },
            points: drawn(usl, first.x, last.x),
        };
        let point = |(clients, blocks): &(u32, crate::stats::Blocks)| {
            Some(Point { x: f64::from(*clients), y: of_summary(Summary::of(blocks)?) })
        };
        CurveSeries {
            name: fitted.strategy.clone(),
            points: fitted.points.iter().filter_map(point).collect(),
            fit: fitted.usl.as_ref().map(fit),
        }
    };
    let rows = match first.cell.row.users {
        1 => "one row".to_owned(),
        users => format!("{} rows", grouped(users)),
    };
    let blocks = blocks_of(slow.stops.iter().map(|stop| stop.cell));
    Some(Chart::Curve(Curve {
        heading: Heading {
            title: format!("A slow store, {rows}: commands a second over clients"),
            subtitle: format!("simulated time, {blocks} each; {}", machine(cells)),
            caption: "Every call takes its time as the assignment sets it, on a simulated clock. \
                      Lines are X(N) of the Universal Scalability Law, bands the 95 % intervals of \
                      the fit. Alpha reads as the share that waits in one line: of 1, more clients \
                      get nothing more done."
                .to_owned(),
        },
        x: Axis { label: "clients".to_owned(), scale: Scale::Log2, unit: Unit::Plain },
        y: Axis { label: "commands a second".to_owned(), scale: Scale::Log10, unit: Unit::Plain },
        series: slow.fitted.iter().map(series).collect(),
    }))
}

fn drawn(usl: &Usl, first: f64, last: f64) -> Vec<Point> {
    let ratio = last / first;
    let at = |step: u32| first * ratio.powf(f64::from(step) / f64::from(STEPS));
    let point = |n: f64| Point { x: n, y: estimate(usl.at(n), usl.band(n)) };
    (0..=STEPS).map(|step| point(at(step))).collect()
}
