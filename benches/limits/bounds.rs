//! The bounds on the cost of each probe, relative to a reference or in nanoseconds.

use std::ops::RangeBounds;

use hotrow_results::stats::{Blocks, Interval, Ratio, Summary};

/// A bound on the cost of a probe.
pub(crate) enum Bound {
    /// The first probe costs at most this many times the second.
    AtMost(&'static str, f64, &'static str),
    /// The first probe costs at least this many times the second.
    AtLeast(&'static str, f64, &'static str),
    /// The probe costs at most this many nanoseconds.
    Nanoseconds(&'static str, f64),
}

use Bound::{AtLeast, AtMost, Nanoseconds};

pub(crate) const BOUNDS: &[Bound] = &[
    AtMost("cas", 2.5, "fetch_add"),
    AtMost("mutex", 1.5, "bare lock"),
    AtMost("queue", 1.5, "bare lock"),
    AtMost("read of cas", 1.2, "atomic load"),
    AtMost("read of mutex", 1.2, "atomic load"),
    AtMost("read of queue", 1.2, "atomic load"),
    AtMost("cas, 1,024 users", 1.5, "append, 1,024 users"),
    AtMost("mutex, 1,024 users", 1.5, "append, 1,024 users"),
    AtMost("queue, 1,024 users", 1.5, "append, 1,024 users"),
    AtLeast("map of locks", 3.0, "mutex"),
    AtLeast("fair mutex, 8 threads", 20.0, "queue, 8 threads"),
    Nanoseconds("sharded-actor, 64 in flight", 60.0),
    Nanoseconds("sharded-actor, 256 in flight", 60.0),
    Nanoseconds("actor, 1 in flight", 1_000.0),
    Nanoseconds("longest growth of a ledger", 100_000.0),
];

impl Bound {
    /// Returns a line with the bound, the measured value, and whether the bound is met; `None` if a
    /// probe was not measured.
    pub(crate) fn verdict<'a>(
        &self,
        values_of: impl Fn(&str) -> Option<&'a Blocks>,
    ) -> Option<String> {
        Some(match *self {
            AtMost(probe, most, reference) => {
                let ratio = ratio(values_of(probe)?, values_of(reference)?);
                let outcome = within(ratio.interval, ..=most);
                line(&format!("{probe} / {reference}"), &format!("<= {most}"), &ratio, outcome)
            }
            AtLeast(probe, least, reference) => {
                let ratio = ratio(values_of(probe)?, values_of(reference)?);
                let outcome = within(ratio.interval, least..);
                line(&format!("{probe} / {reference}"), &format!(">= {least}"), &ratio, outcome)
            }
            Nanoseconds(probe, most) => {
                let summary = Summary::of(values_of(probe)?).expect("every block has a value");
                let interval = match summary.interval {
                    Some(interval) => format!(" [{:.0}, {:.0}]", interval.low, interval.high),
                    None => String::new(),
                };
                let measured = format!("{:.0} ns{interval}", summary.median);
                let outcome = within(summary.interval, ..=most);
                line(probe, &format!("<= {most} ns"), &measured, outcome)
            }
        })
    }
}

fn ratio(probe: &Blocks, reference: &Blocks) -> Ratio {
    Ratio::of(probe, reference).expect("every block has a value of both")
}

/// Returns whether all of the interval is within the bound, none of it, or only a part.
fn within(interval: Option<Interval>, bound: impl RangeBounds<f64>) -> &'static str {
    let ends =
        interval.map(|interval| (bound.contains(&interval.low), bound.contains(&interval.high)));
    match ends {
        Some((true, true)) => "met",
        Some((false, false)) => "MISSED",
        Some(_) => "inconclusive",
        None => "insufficient samples",
    }
}

fn line(name: &str, bound: &str, measured: &impl ToString, outcome: &str) -> String {
    format!("{name:<44} {bound:>11}   {:<24} {outcome}", measured.to_string())
}
