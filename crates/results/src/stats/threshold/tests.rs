//! Tests of thresholds: by hand, and by simulated runs with a known truth.

use super::*;
use crate::stats::{Bisection, ladder};

fn levels(counts: &[(f64, u32)], probes: u32) -> Vec<Level> {
    counts.iter().map(|&(load, passes)| Level { load, probes, passes }).collect()
}

/// By hand: of ten probes nine or ten are needed (11/1024), of six all (1/64).
#[test]
fn the_interval_lies_between_what_passes_and_what_fails() {
    let counts = [(80.0, 10), (90.0, 9), (100.0, 6), (110.0, 2), (120.0, 1), (130.0, 0)];
    let threshold = Threshold::of(&levels(&counts, 10));
    assert_eq!((threshold.low, threshold.high), (Some(90.0), Some(120.0)));
    // From 60 % at 100 to 20 % at 110 a quarter of the way is left to one half.
    let expected = (100f64.ln() + 0.25 * 1.1f64.ln()).exp();
    assert!((threshold.estimate.unwrap() - expected).abs() < 1e-9, "{threshold:?}");
    let six = Threshold::of(&levels(&[(80.0, 6), (90.0, 5), (100.0, 1), (110.0, 0)], 6));
    assert_eq!((six.low, six.high), (Some(80.0), Some(110.0)));
}

/// With fewer probes than the minimum no test can reject, so no end is claimed.
#[test]
fn fewer_probes_than_the_minimum_claim_nothing() {
    let few = Threshold::of(&levels(&[(1.0, 5), (2.0, 0)], PROBES_MIN - 1));
    assert_eq!((few.low, few.high), (None, None));
    let enough = Threshold::of(&levels(&[(1.0, 6), (2.0, 0)], PROBES_MIN));
    assert_eq!((enough.low, enough.high), (Some(1.0), Some(2.0)));
}

/// A threshold outside the probed loads must not be invented.
#[test]
fn a_threshold_outside_the_loads_has_an_open_end() {
    let above = Threshold::of(&levels(&[(1.0, 8), (2.0, 8)], 8));
    assert_eq!(above, Threshold { estimate: None, low: Some(2.0), high: None });
    let below = Threshold::of(&levels(&[(1.0, 0), (2.0, 0)], 8));
    assert_eq!(below, Threshold { estimate: None, low: None, high: Some(1.0) });
    assert_eq!(Threshold::of(&[]), Threshold { estimate: None, low: None, high: None });
}

/// Counts that rise with the load by chance are pooled, and loads in any order are sorted.
#[test]
fn a_share_that_rises_by_chance_is_pooled() {
    let mut counts = levels(&[(1.0, 9), (2.0, 4), (4.0, 6), (8.0, 1)], 10);
    counts.reverse();
    // 4 and 6 of 10 together are one half, from 2 to 4.
    assert_eq!(Threshold::of(&counts).estimate, Some(8f64.sqrt()));
    let split: Vec<Level> = counts
        .iter()
        .flat_map(|level| [5, 5].map(|probes| Level { probes, passes: level.passes / 2, ..*level }))
        .collect();
    assert_eq!(merged(&split).len(), 4);
}

/// A simulated machine: at load `x` a probe passes with the probability of a logistic curve in
/// `ln x`, and each block shifts the capacity of all its probes together.
struct Truth {
    capacity: f64,
    /// The factor of load over which the share of passed probes falls from 73 % to one half.
    spread: f64,
    /// The standard deviation of a block's shift, in log scale.
    shift: f64,
}

const BLOCKS: u32 = 10;

impl Truth {
    fn passes(&self, load: f64, shift: f64, rng: &mut fastrand::Rng) -> bool {
        let over = (load / self.capacity).ln() - shift;
        rng.f64() < 1.0 / (1.0 + (over / self.spread.ln()).exp())
    }

    /// Draws a whole run: the search first, then the ladder in blocks.
    fn run(&self, rng: &mut fastrand::Rng) -> Threshold {
        let shift = |rng: &mut fastrand::Rng| self.shift * gaussian(rng);
        let mut search = Bisection::between(self.capacity / 1_000.0, self.capacity * 1.5, 1.05);
        while let Some(load) = search.next_load() {
            let shift = shift(rng);
            search.record(self.passes(load, shift, rng));
        }
        let mut levels: Vec<Level> =
            ladder(search.middle()).map(|load| Level { load, probes: 0, passes: 0 }).to_vec();
        for _ in 0..BLOCKS {
            let shift = shift(rng);
            for level in &mut levels {
                level.probes += 1;
                level.passes += u32::from(self.passes(level.load, shift, rng));
            }
        }
        Threshold::of(&levels)
    }
}

/// The sum of twelve uniform numbers, less six.
fn gaussian(rng: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
}

/// Sharp, gradual, and gradual with noise that all probes of a block share.
const TRUTHS: [Truth; 4] = [
    Truth { capacity: 10_000.0, spread: 1.005, shift: 0.0 },
    Truth { capacity: 250_000.0, spread: 1.03, shift: 0.0 },
    Truth { capacity: 1e6, spread: 1.02, shift: 0.05 },
    Truth { capacity: 3e6, spread: 1.10, shift: 0.03 },
];

const RUNS: u32 = 2_000;

/// An interval that covers less than 95 % would publish a capacity that the next run contradicts.
/// Two runs of one truth agree if their intervals share a load.
#[test]
fn the_interval_covers_the_truth_and_two_runs_agree() {
    for (number, truth) in TRUTHS.iter().enumerate() {
        let mut rng = fastrand::Rng::with_seed(14);
        let (mut covered, mut agreed, mut closed, mut width) = (0, 0, 0, 0.0);
        let mut errors: Vec<f64> = Vec::new();
        for _ in 0..RUNS {
            let (one, other) = (truth.run(&mut rng), truth.run(&mut rng));
            let [low, high] = ends(&one);
            covered += u32::from((low..=high).contains(&truth.capacity));
            agreed += u32::from(low <= ends(&other)[1] && ends(&other)[0] <= high);
            if high / low < f64::INFINITY {
                closed += 1;
                width += (high / low).ln();
            }
            errors.extend(one.estimate.map(|estimate| (estimate / truth.capacity).ln()));
        }
        errors.sort_by(f64::total_cmp);
        let (share, bias) = (|count| f64::from(count) / f64::from(RUNS), errors[errors.len() / 2]);
        let (covered, agreed) = (share(covered), share(agreed));
        println!(
            "truth {number}: covered {covered:.4}, agreed {agreed:.4}, closed {:.4}, width {:.3}, \
             bias {bias:+.4}",
            share(closed),
            (width / f64::from(closed)).exp()
        );
        assert!(covered >= 0.95, "truth {number}: {covered}");
        assert!(agreed >= 0.95, "truth {number}: {agreed}");
        assert!(bias.abs() < 0.02, "truth {number}: {bias}");
        assert!(share(closed) > 0.8, "truth {number}: {}", share(closed));
    }
}

/// An interval that always covers would be useless: those of a capacity and of its double must not
/// overlap.
#[test]
fn the_intervals_of_a_capacity_and_its_double_do_not_overlap() {
    let mut rng = fastrand::Rng::with_seed(15);
    for Truth { capacity, spread, shift } in TRUTHS {
        let higher = Truth { capacity: 2.0 * capacity, spread, shift };
        let lower = Truth { capacity, spread, shift };
        let apart =
            (0..200).filter(|_| ends(&lower.run(&mut rng))[1] < ends(&higher.run(&mut rng))[0]);
        let apart = apart.count();
        println!("spread {spread}, shift {shift}: {apart} of 200 do not overlap");
        assert!(apart > 100, "{apart}");
    }
}

fn ends(threshold: &Threshold) -> [f64; 2] {
    [threshold.low.unwrap_or(0.0), threshold.high.unwrap_or(f64::INFINITY)]
}
