//! Where a ranking changes hands: up to so many clients one is ahead, from so many on the other.
//!
//! Beyond doubt only at the points where the verdict says so, and between them there may be several
//! that are tied. So what is told is a bracket, from the last point where the one is ahead beyond
//! doubt to the first where the other is, and within it a guess.

use super::{Better, Floor, Ratio, Verdict};

/// Keeps the logarithm of a ratio that overflowed a number.
const LN_MAX: f64 = 709.0;

/// One place where the lead changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// What the subject was before: faster or slower. From then on it is the other.
    pub before: Verdict,
    /// The last point at which it was.
    pub low: f64,
    /// The first at which it is the other.
    pub high: f64,
    /// Where the ratio goes through one, by a straight line between the two points around that, of
    /// the logarithms of both; of the point itself where an axis has a point at or below zero.
    pub estimate: f64,
}

/// One point of an axis: the ratio of a subject to the other there, and what can be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Along {
    /// The place on the axis: clients, users, a share.
    pub x: f64,
    /// The subject against the other.
    pub ratio: Ratio,
    /// The floor there.
    pub floor: Floor,
}

/// Finds every place where the lead changes along `points`, which are in the order of `x`.
///
/// None if one is ahead wherever that is beyond doubt.
pub fn crossings(points: &[Along], better: Better) -> Vec<Crossing> {
    let mut crossings = Vec::new();
    let mut last: Option<(usize, Verdict)> = None;
    for (index, point) in points.iter().enumerate() {
        let verdict = point.ratio.verdict(point.floor, better);
        if !matches!(verdict, Verdict::Faster | Verdict::Slower) {
            continue;
        }
        if let Some((from, before)) = last.filter(|(_, before)| *before != verdict) {
            let estimate = estimate(&points[from..=index], points.iter().all(|at| at.x > 0.0));
            crossings.push(Crossing { before, low: points[from].x, high: point.x, estimate });
        }
        last = Some((index, verdict));
    }
    crossings
}

/// Where the ratio goes through one. Noise may have it go there and back, and so an odd number of
/// times: then it is the one in the middle.
fn estimate(points: &[Along], logarithmic: bool) -> f64 {
    let ln_ratio = |point: &Along| point.ratio.median.ln().clamp(-LN_MAX, LN_MAX);
    let through = |pair: &&[Along]| (ln_ratio(&pair[0]) < 0.0) != (ln_ratio(&pair[1]) < 0.0);
    let changes: Vec<&[Along]> = points.windows(2).filter(through).collect();
    let [from, to] = changes[changes.len() / 2] else { unreachable!("windows of two are two") };
    let share = ln_ratio(from) / (ln_ratio(from) - ln_ratio(to));
    match logarithmic {
        true => (from.x.ln() + share * (to.x.ln() - from.x.ln())).exp(),
        false => from.x + share * (to.x - from.x),
    }
}

#[cfg(test)]
mod tests {
    use super::{Along, Crossing, crossings};
    use crate::stats::{Better, Floor, Interval, Ratio, Verdict};

    /// A point with an interval of 10 % to both sides.
    fn at(x: f64, median: f64) -> Along {
        let interval = Some(Interval { low: median / 1.1, high: median * 1.1 });
        Along { x, ratio: Ratio { median, interval, blocks: 20 }, floor: Floor::MIN }
    }

    /// By hand: twice at 1 and half at 16 is even at 4, halfway in logarithms.
    #[test]
    fn a_lead_that_changes_is_bracketed_and_guessed() {
        let points = [at(1.0, 2.0), at(16.0, 0.5), at(64.0, 0.25)];
        let [Crossing { before, low, high, estimate }] = crossings(&points, Better::Higher)[..]
        else {
            panic!("it changes once")
        };
        assert_eq!((before, low, high), (Verdict::Faster, 1.0, 16.0));
        assert!((estimate - 4.0).abs() < 1e-12, "{estimate}");
        assert_eq!(crossings(&points, Better::Lower)[0].before, Verdict::Slower);
    }

    /// An axis of shares begins at zero, which has no logarithm.
    #[test]
    fn an_axis_with_a_zero_is_straight() {
        let found = crossings(&[at(0.0, 2.0), at(0.8, 0.5)], Better::Higher);
        assert!((found[0].estimate - 0.4).abs() < 1e-12, "{found:?}");
    }

    /// Ties widen the bracket; the guess is still where the ratio goes through one.
    #[test]
    fn ties_between_are_inside_the_bracket() {
        let points = [at(1.0, 1.5), at(2.0, 1.04), at(4.0, 0.96), at(8.0, 0.97), at(16.0, 0.7)];
        let found = crossings(&points, Better::Higher);
        assert_eq!((found.len(), found[0].low, found[0].high), (1, 1.0, 16.0));
        assert!((2.0..=4.0).contains(&found[0].estimate), "{found:?}");
        // There and back and there again within the noise: the middle of the three.
        let points = [at(1.0, 1.5), at(2.0, 0.98), at(4.0, 1.03), at(8.0, 0.97), at(16.0, 0.7)];
        let found = crossings(&points, Better::Higher);
        assert!((2.0..=4.0).contains(&found[0].estimate), "{found:?}");
    }

    /// A lead that is only within the noise, or of which too few blocks are known, is no change.
    #[test]
    fn without_two_leaders_beyond_doubt_nothing_changes_hands() {
        let mut unknown = at(16.0, 0.1);
        unknown.ratio.interval = None;
        for points in
            [&[][..], &[at(1.0, 2.0)], &[at(1.0, 2.0), at(2.0, 0.97)], &[at(1.0, 2.0), unknown]]
        {
            assert_eq!(crossings(points, Better::Higher), [], "{points:?}");
        }
    }

    /// Ahead, behind and ahead again is told as it is.
    #[test]
    fn a_lead_can_change_twice() {
        let points = [at(1.0, 2.0), at(4.0, 0.5), at(16.0, 2.0)];
        let found = crossings(&points, Better::Higher);
        let told: Vec<_> = found.iter().map(|one| (one.before, one.low, one.high)).collect();
        assert_eq!(told, [(Verdict::Faster, 1.0, 4.0), (Verdict::Slower, 4.0, 16.0)]);
    }

    /// A ratio beyond a number is a large one, and the guess stays within the bracket.
    #[test]
    fn extremes_do_not_leave_the_bracket() {
        let mut huge = at(1.0, 2.0);
        huge.ratio.median = f64::INFINITY;
        huge.ratio.interval = Some(Interval { low: 2.0, high: f64::INFINITY });
        let found = crossings(&[huge, at(16.0, 0.5)], Better::Higher);
        assert!((1.0..=16.0).contains(&found[0].estimate), "{found:?}");
    }
}
