//! How much each may cost, beside a limit or in nanoseconds.

use std::ops::RangeBounds;

use hotrow::stats::{Blocks, Interval, Ratio, Summary};

/// What is held against what.
pub(crate) enum Bound {
    /// The first costs at most so many times the second.
    AtMost(&'static str, f64, &'static str),
    /// The first costs at least so many times the second.
    AtLeast(&'static str, f64, &'static str),
    /// It costs at most so many nanoseconds.
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
    /// The bound, what was measured, and whether it was met, in one line; none if not all of it was
    /// measured.
    pub(crate) fn judged<'a>(&self, of: impl Fn(&str) -> Option<&'a Blocks>) -> Option<String> {
        Some(match *self {
            AtMost(subject, most, limit) => {
                let ratio = ratio(of(subject)?, of(limit)?);
                let verdict = within(ratio.interval, ..=most);
                line(&format!("{subject} / {limit}"), &format!("<= {most}"), &ratio, verdict)
            }
            AtLeast(subject, least, limit) => {
                let ratio = ratio(of(subject)?, of(limit)?);
                let verdict = within(ratio.interval, least..);
                line(&format!("{subject} / {limit}"), &format!(">= {least}"), &ratio, verdict)
            }
            Nanoseconds(subject, most) => {
                let summary = Summary::of(of(subject)?).expect("every block has a value");
                let interval = match summary.interval {
                    Some(interval) => format!(" [{:.0}, {:.0}]", interval.low, interval.high),
                    None => String::new(),
                };
                let measured = format!("{:.0} ns{interval}", summary.median);
                let verdict = within(summary.interval, ..=most);
                line(subject, &format!("<= {most} ns"), &measured, verdict)
            }
        })
    }
}

fn ratio(subject: &Blocks, limit: &Blocks) -> Ratio {
    Ratio::of(subject, limit).expect("every block has a value of both")
}

/// Whether all of the interval is within the bound, none of it, or neither can be said.
fn within(interval: Option<Interval>, bound: impl RangeBounds<f64>) -> &'static str {
    let ends =
        interval.map(|interval| (bound.contains(&interval.low), bound.contains(&interval.high)));
    match ends {
        Some((true, true)) => "met",
        Some((false, false)) => "MISSED",
        Some(_) => "undecided",
        None => "too few blocks",
    }
}

fn line(what: &str, bound: &str, measured: &impl ToString, verdict: &str) -> String {
    format!("{what:<44} {bound:>11}   {:<24} {verdict}", measured.to_string())
}
