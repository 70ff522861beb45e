//! How throughput grows with clients, in three numbers with intervals: the Universal Scalability Law.
//!
//! By [Gunther](https://arxiv.org/abs/0808.1431): `gamma` is the rate of one client alone, `alpha`
//! reads as the share of the work that waits in one line (one is a single lock, and X(N) then is
//! flat), `beta` as what each client costs each other one (above zero there is a best N, and more
//! clients do less).
//!
//! The [`Curve`] goes through the medians of the blocks. The intervals are percentiles of a bootstrap
//! over blocks, a block at all N together. They tell how far noise moves the curve, and not whether
//! the law is the right curve: that is what [`Usl::misfit`] is for. In the simulations below, of 8
//! blocks that differ by 5 %, they cover 90 % and more.

use fastrand::Rng;

use super::{BLOCKS_MIN, Blocks, Curve, Interval, curve::fitted, median, quantile};

/// As many different N as there are numbers to find.
const POINTS_MIN: usize = 3;

/// So many curves that 50 are outside the interval.
const RESAMPLES: usize = 1_000;

/// 95 % intervals of the three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurveIntervals {
    /// Of gamma.
    pub gamma: Interval,
    /// Of alpha.
    pub alpha: Interval,
    /// Of beta.
    pub beta: Interval,
}

/// A curve that was fitted, and how far to trust it.
#[derive(Clone, Debug, PartialEq)]
pub struct Usl {
    /// The fitted curve.
    pub curve: Curve,
    /// `None` if one of the points has fewer than [`BLOCKS_MIN`] blocks.
    pub intervals: Option<CurveIntervals>,
    /// The furthest that a point's median is from the curve, as a ratio of at least one. Beyond
    /// what noise explains, the law does not hold here.
    pub misfit: f64,
    resamples: Vec<Curve>,
}

impl Usl {
    /// Fits the law to the rates at each number of clients.
    ///
    /// A point without a measured block is passed over. `None` when fewer than three different N
    /// are left, or when one is 0.
    pub fn fit(points: &[(u32, Blocks)], seed: u64) -> Option<Self> {
        let points: Vec<Point<'_>> = points.iter().filter_map(Point::of).collect();
        let mut clients: Vec<u32> = points.iter().map(|point| point.clients).collect();
        clients.sort_unstable();
        clients.dedup();
        if clients.len() < POINTS_MIN || clients[0] == 0 {
            return None;
        }
        let measured: Vec<(f64, f64)> = points.iter().map(Point::measured).collect();
        let curve = fitted(&measured);
        let apart = |&(n, ln_rate): &(f64, f64)| (ln_rate - curve.at(n).ln()).abs();
        let misfit = measured.iter().map(apart).fold(0.0, f64::max).exp();
        let resamples = resampled(&points, seed);
        let intervals = intervals(&resamples);
        Some(Self { curve, intervals, misfit, resamples })
    }

    /// The fitted rate at `n` clients.
    pub fn at(&self, n: f64) -> f64 {
        self.curve.at(n)
    }

    /// The 95 % interval of the curve at `n` clients, for each `n` alone.
    pub fn band(&self, n: f64) -> Option<Interval> {
        middle(&self.resamples, |curve| curve.at(n))
    }
}

/// The logarithms of the rates at one number of clients.
struct Point<'a> {
    clients: u32,
    blocks: &'a Blocks,
    ln_rates: Vec<f64>,
}

impl<'a> Point<'a> {
    fn of((clients, blocks): &'a (u32, Blocks)) -> Option<Self> {
        let ln_rates: Vec<f64> = blocks.measured().into_iter().map(f64::ln).collect();
        (!ln_rates.is_empty()).then_some(Self { clients: *clients, blocks, ln_rates })
    }

    /// N, and the median of its logarithms.
    fn measured(&self) -> (f64, f64) {
        let ln_rate = median(&self.ln_rates).expect("a point has a block, and blocks logarithms");
        (f64::from(self.clients), ln_rate)
    }
}

/// Curves through blocks drawn with replacement; none where a point has too few.
fn resampled(points: &[Point<'_>], seed: u64) -> Vec<Curve> {
    if points.iter().any(|point| point.ln_rates.len() < BLOCKS_MIN) {
        return Vec::new();
    }
    let by_block: Vec<Vec<Option<f64>>> = points
        .iter()
        .map(|point| point.blocks.iter().map(|rate| Some(rate?.ln())).collect())
        .collect();
    let blocks = by_block.iter().map(Vec::len).max().unwrap_or(0);
    let mut rng = Rng::with_seed(seed);
    let mut curves = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let drawn: Vec<usize> = (0..blocks).map(|_| rng.usize(..blocks)).collect();
        let redrawn = points.iter().zip(&by_block).map(|(point, by_block)| {
            let ln_rates: Vec<f64> =
                drawn.iter().filter_map(|&block| *by_block.get(block)?).collect();
            // Only holes were drawn: rare, and the point then stays as it was measured.
            let ln_rate = median(&ln_rates).unwrap_or_else(|| point.measured().1);
            (f64::from(point.clients), ln_rate)
        });
        curves.push(fitted(&redrawn.collect::<Vec<_>>()));
    }
    curves
}

fn intervals(curves: &[Curve]) -> Option<CurveIntervals> {
    Some(CurveIntervals {
        gamma: middle(curves, |curve| curve.gamma)?,
        alpha: middle(curves, |curve| curve.alpha)?,
        beta: middle(curves, |curve| curve.beta)?,
    })
}

/// What lies between the outer 2.5 % of both sides.
fn middle(curves: &[Curve], of: impl Fn(&Curve) -> f64) -> Option<Interval> {
    let values: Vec<f64> = curves.iter().map(of).collect();
    Some(Interval { low: quantile(&values, 0.025)?, high: quantile(&values, 0.975)? })
}

#[cfg(test)]
mod tests {
    use super::Usl;
    use crate::stats::{
        BLOCKS_MIN, Blocks, Curve,
        curve::examples::{CLIENTS, CURVES},
        simulation::Simulation,
    };

    fn exact(curve: Curve) -> Vec<(u32, Blocks)> {
        let blocks = |n| Blocks::of([Some(curve.at(f64::from(n))); 8]).unwrap();
        CLIENTS.map(|n| (n, blocks(n))).to_vec()
    }

    fn noisy(curve: Curve, blocks: usize, simulation: &mut Simulation) -> Vec<(u32, Blocks)> {
        CLIENTS.map(|n| (n, simulation.subject(curve.at(f64::from(n)), blocks))).to_vec()
    }

    /// A fit that does not find the numbers that made the points finds none in real ones.
    #[test]
    fn known_curves_are_found() {
        for known in CURVES {
            let usl = Usl::fit(&exact(known), 1).unwrap();
            let Curve { gamma, alpha, beta } = usl.curve;
            assert!((gamma / known.gamma - 1.0).abs() < 1e-6, "{known:?}: {gamma}");
            assert!((alpha - known.alpha).abs() < 1e-6, "{known:?}: {alpha}");
            assert!((beta - known.beta).abs() < 1e-7, "{known:?}: {beta}");
            assert!(usl.misfit < 1.0 + 1e-6, "{known:?}: {}", usl.misfit);
            let band = usl.band(24.0).unwrap();
            assert!((band.low / known.at(24.0) - 1.0).abs() < 1e-6, "{known:?}");
        }
    }

    /// An interval that covers much less than it says makes an alpha of noise. 8 blocks at seven N
    /// that differ by 5 %; numbers at the border of zero are covered from one side alone.
    #[test]
    fn the_intervals_cover_the_numbers() {
        const RUNS: usize = 100;
        for known in CURVES {
            let mut simulation = Simulation::with_seed(41);
            let mut covered = [0; 4];
            for seed in 0..RUNS as u64 {
                let usl = Usl::fit(&noisy(known, 8, &mut simulation), seed).unwrap();
                let intervals = usl.intervals.unwrap();
                let hits = [
                    intervals.gamma.contains(known.gamma),
                    intervals.alpha.contains(known.alpha),
                    intervals.beta.contains(known.beta),
                    usl.band(24.0).unwrap().contains(known.at(24.0)),
                ];
                covered.iter_mut().zip(hits).for_each(|(all, hit)| *all += usize::from(hit));
            }
            println!("{known:?}: {covered:?} of {RUNS}");
            assert!(covered.iter().all(|&covered| covered >= RUNS * 84 / 100), "{covered:?}");
        }
    }

    /// A page rendered twice from the same rows must be the same page.
    #[test]
    fn equal_input_gives_equal_output() {
        let points = noisy(CURVES[4], 8, &mut Simulation::with_seed(43));
        assert_eq!(Usl::fit(&points, 7), Usl::fit(&points, 7));
        assert_ne!(
            Usl::fit(&points, 7).unwrap().intervals,
            Usl::fit(&points, 8).unwrap().intervals
        );
    }

    /// Three numbers go through any two points, and few blocks say nothing of their spread.
    #[test]
    fn too_few_points_or_blocks_claim_nothing() {
        let mut points = exact(CURVES[4]);
        points[1].1 = Blocks::of([Some(1.0); BLOCKS_MIN - 1]).unwrap();
        let few = Usl::fit(&points, 1).unwrap();
        assert_eq!((few.intervals, few.band(2.0)), (None, None));
        points[1].1 = Blocks::default();
        assert_eq!(Usl::fit(&points, 1).map(|usl| usl.intervals.is_some()), Some(true));
        assert_eq!(Usl::fit(&points[..3], 1), None);
        assert_eq!(Usl::fit(&[], 1), None);
        points[0].0 = 0;
        assert_eq!(Usl::fit(&points, 1), None);
        let same: Vec<_> = points.iter().map(|(_, blocks)| (4, blocks.clone())).collect();
        assert_eq!(Usl::fit(&same, 1), None);
    }

    /// A curve through points of another shape is told to be far from them.
    #[test]
    fn what_does_not_follow_the_law_has_a_misfit() {
        let mut points = exact(CURVES[4]);
        points[3].1 = Blocks::of([Some(2.0 * CURVES[4].at(8.0)); 8]).unwrap();
        assert!(Usl::fit(&points, 1).unwrap().misfit > 1.3);
    }
}
