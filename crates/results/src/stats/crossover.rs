//! Crossovers: points of a sweep from which another contender leads.
//!
//! A verdict shows a leader only at some points, and the points between them may be ties. So a
//! crossover is a bracket with an estimate inside it. The bracket runs from the last point at which
//! one contender is faster to the first point at which the other is.

use super::{Better, Ratio, Verdict};

/// The largest logarithm of an `f64`: it bounds that of a ratio that overflowed.
const LN_MAX: f64 = 709.0;

/// A change of the leader along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossover {
    /// Whether the contender is faster or slower before the crossover; it is the other after it.
    pub before: Verdict,
    /// The last point with the verdict `before`.
    pub low: f64,
    /// The first point with the opposite verdict.
    pub high: f64,
    /// Where the ratio crosses one: by linear interpolation between the two points around it, of
    /// the logarithms of ratio and position. If a point of the axis lies at or below zero, the
    /// positions themselves are interpolated.
    pub estimate: f64,
}

/// One point of an axis, and the ratio of a contender to another there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SweepPoint {
    /// The position on the axis: clients, users or a share.
    pub x: f64,
    /// The ratio of the contender to the other.
    pub ratio: Ratio,
}

/// Finds every crossover along `points`, which are in the order of `x`.
///
/// There are none if no contender is faster at one point and slower at another.
pub fn crossovers(points: &[SweepPoint], better: Better) -> Vec<Crossover> {
    let mut crossovers = Vec::new();
    let mut last_leader: Option<(usize, Verdict)> = None;
    for (index, point) in points.iter().enumerate() {
        let verdict = point.ratio.verdict(better);
        if !verdict.is_difference() {
            continue;
        }
        if let Some((from, before)) = last_leader.filter(|(_, before)| *before != verdict) {
            let estimate = estimate(&points[from..=index], points.iter().all(|at| at.x > 0.0));
            crossovers.push(Crossover { before, low: points[from].x, high: point.x, estimate });
        }
        last_leader = Some((index, verdict));
    }
    crossovers
}

/// Returns where the ratio crosses one. Because of noise it may cross several times, always an odd
/// number: the middle one is taken.
fn estimate(points: &[SweepPoint], logarithmic: bool) -> f64 {
    let ln_ratio = |point: &SweepPoint| point.ratio.median.ln().clamp(-LN_MAX, LN_MAX);
    let crosses = |pair: &&[SweepPoint]| (ln_ratio(&pair[0]) < 0.0) != (ln_ratio(&pair[1]) < 0.0);
    let crossings: Vec<&[SweepPoint]> = points.windows(2).filter(crosses).collect();
    let [from, to] = crossings[crossings.len() / 2] else {
        unreachable!("windows(2) yields slices of two")
    };
    let share = ln_ratio(from) / (ln_ratio(from) - ln_ratio(to));
    match logarithmic {
        true => (from.x.ln() + share * (to.x.ln() - from.x.ln())).exp(),
        false => from.x + share * (to.x - from.x),
    }
}

#[cfg(test)]
mod tests {
    use super::{Crossover, SweepPoint, crossovers};
    use crate::stats::{Better, Interval, Ratio, Verdict};

    /// A point with an interval of 10 % on both sides.
    fn at(x: f64, median: f64) -> SweepPoint {
        let interval = Some(Interval { low: median / 1.1, high: median * 1.1 });
        SweepPoint { x, ratio: Ratio { median, interval, blocks: 20 } }
    }

    /// By hand: a ratio of 2 at 1 and of 0.5 at 16 crosses one at 4, halfway in logarithms.
    #[test]
    fn a_crossover_has_a_bracket_and_an_estimate() {
        let points = [at(1.0, 2.0), at(16.0, 0.5), at(64.0, 0.25)];
        let [Crossover { before, low, high, estimate }] = crossovers(&points, Better::Higher)[..]
        else {
            panic!("there is exactly one crossover")
        };
        assert_eq!((before, low, high), (Verdict::Faster, 1.0, 16.0));
        assert!((estimate - 4.0).abs() < 1e-12, "{estimate}");
        assert_eq!(crossovers(&points, Better::Lower)[0].before, Verdict::Slower);
    }

    /// An axis of shares begins at zero, which has no logarithm.
    #[test]
    fn an_axis_with_a_zero_is_interpolated_linearly() {
        let found = crossovers(&[at(0.0, 2.0), at(0.8, 0.5)], Better::Higher);
        assert!((found[0].estimate - 0.4).abs() < 1e-12, "{found:?}");
    }

    /// Ties widen the bracket; the estimate is still where the ratio crosses one.
    #[test]
    fn ties_lie_inside_the_bracket() {
        let points = [at(1.0, 1.5), at(2.0, 1.04), at(4.0, 0.96), at(8.0, 0.97), at(16.0, 0.7)];
        let found = crossovers(&points, Better::Higher);
        assert_eq!((found.len(), found[0].low, found[0].high), (1, 1.0, 16.0));
        assert!((2.0..=4.0).contains(&found[0].estimate), "{found:?}");
        // Noise makes the ratio cross one three times: the middle one is taken.
        let points = [at(1.0, 1.5), at(2.0, 0.98), at(4.0, 1.03), at(8.0, 0.97), at(16.0, 0.7)];
        let found = crossovers(&points, Better::Higher);
        assert!((2.0..=4.0).contains(&found[0].estimate), "{found:?}");
    }

    /// A lead within the noise, or with insufficient samples, is no crossover.
    #[test]
    fn without_two_significant_leaders_there_is_no_crossover() {
        let mut unknown = at(16.0, 0.1);
        unknown.ratio.interval = None;
        for points in
            [&[][..], &[at(1.0, 2.0)], &[at(1.0, 2.0), at(2.0, 0.97)], &[at(1.0, 2.0), unknown]]
        {
            assert_eq!(crossovers(points, Better::Higher), [], "{points:?}");
        }
    }

    /// Faster, slower and faster again are two crossovers.
    #[test]
    fn a_lead_can_change_twice() {
        let points = [at(1.0, 2.0), at(4.0, 0.5), at(16.0, 2.0)];
        let found = crossovers(&points, Better::Higher);
        let found: Vec<_> = found
            .iter()
            .map(|crossover| (crossover.before, crossover.low, crossover.high))
            .collect();
        assert_eq!(found, [(Verdict::Faster, 1.0, 4.0), (Verdict::Slower, 4.0, 16.0)]);
    }

    /// An infinite ratio counts as a large one, and the estimate stays within the bracket.
    #[test]
    fn the_estimate_of_an_infinite_ratio_lies_in_the_bracket() {
        let mut huge = at(1.0, 2.0);
        huge.ratio.median = f64::INFINITY;
        huge.ratio.interval = Some(Interval { low: 2.0, high: f64::INFINITY });
        let found = crossovers(&[huge, at(16.0, 0.5)], Better::Higher);
        assert!((1.0..=16.0).contains(&found[0].estimate), "{found:?}");
    }
}
