//! The [Universal Scalability Law](https://arxiv.org/abs/0808.1431) (Gunther): throughput as a
//! function of clients, in three numbers with intervals.
//!
//! `gamma` is the rate of one client alone. `alpha` is contention: the share of the work that is
//! serialised. With `alpha` one, all work waits for a single lock and X(N) is flat. `beta` is
//! coherence: the cost that each client adds to each other client. If it is above zero, there is a
//! best N, and more clients complete less.
//!
//! The [`Curve`] is fitted to the medians of the blocks. The intervals are percentiles of a
//! bootstrap over blocks, which draws each block for all N together. They show how far noise moves
//! the curve, and not whether the law fits: [`Usl::misfit`] shows that. In the simulations below,
//! of 8 blocks with 5 % of noise, they cover 90 % and more.

use fastrand::Rng;

use super::{BLOCKS_MIN, Blocks, Curve, Interval, curve::fitted, median, quantile};

/// The fewest different N: there are three numbers to fit.
const POINTS_MIN: usize = 3;

/// Bootstrap resamples: enough that 50 curves lie outside the interval.
const RESAMPLES: usize = 1_000;

/// 95 % intervals of the three numbers of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurveIntervals {
    /// The interval of gamma.
    pub gamma: Interval,
    /// The interval of alpha.
    pub alpha: Interval,
    /// The interval of beta.
    pub beta: Interval,
}

/// A fitted curve, with its intervals and its misfit.
#[derive(Clone, Debug, PartialEq)]
pub struct Usl {
    /// The fitted curve.
    pub curve: Curve,
    /// The intervals; `None` if one of the points has fewer than [`BLOCKS_MIN`] blocks.
    pub intervals: Option<CurveIntervals>,
    /// The largest distance of a point's median from the curve, as a ratio of at least one. If
    /// noise does not explain it, the law does not hold here.
    pub misfit: f64,
    resamples: Vec<Curve>,
}

impl Usl {
    /// Fits the law to the rates at each number of clients.
    ///
    /// Points without a measured block are skipped. Returns `None` if fewer than three different N
    /// are left, or if one is 0.
    pub fn fit(points: &[(u32, Blocks)], seed: u64) -> Option<Self> {
        let points: Vec<Point<'_>> = points.iter().filter_map(Point::new).collect();
        let mut clients: Vec<u32> = points.iter().map(|point| point.clients).collect();
        clients.sort_unstable();
        clients.dedup();
        if clients.len() < POINTS_MIN || clients[0] == 0 {
            return None;
        }
        let measured: Vec<(f64, f64)> = points.iter().map(Point::measured).collect();
        let curve = fitted(&measured);
        let distance = |&(n, ln_rate): &(f64, f64)| (ln_rate - curve.at(n).ln()).abs();
        let misfit = measured.iter().map(distance).fold(0.0, f64::max).exp();
        let resamples = resampled(&points, seed);
        let intervals = intervals(&resamples);
        Some(Self { curve, intervals, misfit, resamples })
    }

    /// Returns the fitted rate at `n` clients.
    pub fn at(&self, n: f64) -> f64 {
        self.curve.at(n)
    }

    /// Returns the 95 % interval of the curve at `n` clients, pointwise for each `n`.
    pub fn band(&self, n: f64) -> Option<Interval> {
        percentile_interval(&self.resamples, |curve| curve.at(n))
    }
}

/// The logarithms of the rates at one number of clients.
struct Point<'a> {
    clients: u32,
    blocks: &'a Blocks,
    ln_rates: Vec<f64>,
}

impl<'a> Point<'a> {
    fn new((clients, blocks): &'a (u32, Blocks)) -> Option<Self> {
        let ln_rates: Vec<f64> = blocks.measured().into_iter().map(f64::ln).collect();
        (!ln_rates.is_empty()).then_some(Self { clients: *clients, blocks, ln_rates })
    }

    /// Returns N and the median of its logarithms.
    fn measured(&self) -> (f64, f64) {
        let ln_rate = median(&self.ln_rates).expect("a point has at least one block");
        (f64::from(self.clients), ln_rate)
    }
}

/// Fits curves to blocks drawn with replacement. Returns none if a point has too few blocks.
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
            // Only missing blocks were drawn, which is rare: the point keeps its measured median.
            let ln_rate = median(&ln_rates).unwrap_or_else(|| point.measured().1);
            (f64::from(point.clients), ln_rate)
        });
        curves.push(fitted(&redrawn.collect::<Vec<_>>()));
    }
    curves
}

fn intervals(curves: &[Curve]) -> Option<CurveIntervals> {
    Some(CurveIntervals {
        gamma: percentile_interval(curves, |curve| curve.gamma)?,
        alpha: percentile_interval(curves, |curve| curve.alpha)?,
        beta: percentile_interval(curves, |curve| curve.beta)?,
    })
}

/// Returns the interval without the outer 2.5 % on both sides.
fn percentile_interval(curves: &[Curve], value: impl Fn(&Curve) -> f64) -> Option<Interval> {
    let values: Vec<f64> = curves.iter().map(value).collect();
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
        CLIENTS.map(|n| (n, simulation.contender(curve.at(f64::from(n)), blocks))).to_vec()
    }

    /// The fit must find the parameters from which exact points were computed.
    #[test]
    fn parameters_of_exact_points_are_found() {
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

    /// An interval that covers much less than it claims would take noise for contention. There are
    /// 8 blocks with 5 % of noise at seven N. Parameters of zero are covered from one side only.
    #[test]
    fn the_intervals_cover_the_true_parameters() {
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

    /// Two pages from the same rows must be identical.
    #[test]
    fn equal_input_gives_equal_output() {
        let points = noisy(CURVES[4], 8, &mut Simulation::with_seed(43));
        assert_eq!(Usl::fit(&points, 7), Usl::fit(&points, 7));
        assert_ne!(
            Usl::fit(&points, 7).unwrap().intervals,
            Usl::fit(&points, 8).unwrap().intervals
        );
    }

    /// Three parameters fit any two points exactly, and few blocks do not show their spread.
    #[test]
    fn too_few_points_have_no_curve_and_few_blocks_no_interval() {
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

    /// Points of another shape must be reported as far from the curve.
    #[test]
    fn points_that_do_not_follow_the_law_have_a_misfit() {
        let mut points = exact(CURVES[4]);
        points[3].1 = Blocks::of([Some(2.0 * CURVES[4].at(8.0)); 8]).unwrap();
        assert!(Usl::fit(&points, 1).unwrap().misfit > 1.3);
    }
}
