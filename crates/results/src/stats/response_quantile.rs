//! The quantile by which response times are ranked.
//!
//! A high quantile says most about a service, and on a machine that is not idle it says most about
//! the machine: one stall of 2 ms is 2.7 % of a window of 75 ms, so the p99 of a block only says
//! whether a stall happened in it. So the quantile is the highest that has enough samples beyond
//! it, and that the machine repeats: its value for `noop`, which does nothing, and for a strategy
//! that ran a second time under another name varies by at most a factor of 1.5. Neither is ranked,
//! so the choice does not favour a contender.
//!
//! The variation is that of the [percentile bootstrap](https://doi.org/10.1214/aos/1176344552)
//! (Efron 1979) of whole blocks, because a stall belongs to a block. It is a bound on repetition and
//! not a test, so its coverage with few blocks is enough. It assumes that blocks are independent.

use super::quantile;

/// The candidates, in millionths, from the median up.
pub const QUANTILES_PPM: [u32; 6] = [500_000, 750_000, 900_000, 950_000, 990_000, 999_000];

/// The fewest samples beyond the quantile in each block, and in all blocks together.
const BEYOND_MIN: (f64, f64) = (10.0, 100.0);

/// The largest factor between the ends of the bootstrap interval.
const VARIATION_MAX: f64 = 1.5;

const RESAMPLES: usize = 200;

/// Steps of the bisection of a logarithm that lies between those of 1 ns and of centuries.
const BISECTIONS: usize = 40;

/// The response times of one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResponseBlock {
    /// The number of response times.
    pub samples: u64,
    /// The times at [`QUANTILES_PPM`] in nanoseconds; `None` if the row does not have one.
    pub ns: [Option<u64>; QUANTILES_PPM.len()],
    /// The longest, in nanoseconds.
    pub ns_max: u64,
}

/// Returns the highest of [`QUANTILES_PPM`] that all `measured` have samples for, and that all
/// `controls` repeat. `None` if there is none.
///
/// `measured` has the blocks of every contender and control; `controls` those of `noop` and of the
/// A/A control, as far as they ran. Equal `seed` gives an equal choice.
pub fn choose_quantile(
    measured: &[Vec<ResponseBlock>],
    controls: &[Vec<ResponseBlock>],
    seed: u64,
) -> Option<u32> {
    let is_usable = |ppm: &u32| {
        measured.iter().all(|blocks| has_samples(blocks, *ppm))
            && controls.iter().all(|blocks| repeats(blocks, *ppm, seed))
    };
    QUANTILES_PPM.into_iter().rev().find(is_usable)
}

fn has_samples(blocks: &[ResponseBlock], ppm: u32) -> bool {
    let index = QUANTILES_PPM.iter().position(|known| *known == ppm);
    let is_known = |block: &ResponseBlock| index.is_some_and(|index| block.ns[index].is_some());
    let beyond = |block: &ResponseBlock| block.samples as f64 * (1.0 - share(ppm)) + 1e-6;
    blocks.iter().all(|block| is_known(block) && BEYOND_MIN.0 <= beyond(block))
        && BEYOND_MIN.1 <= blocks.iter().map(beyond).sum()
}

fn repeats(blocks: &[ResponseBlock], ppm: u32, seed: u64) -> bool {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut resample = blocks.to_vec();
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        resample.fill_with(|| blocks[random.usize(..blocks.len())]);
        values.extend(pooled_quantile(&resample, ppm));
    }
    let ends = [0.025, 0.975].map(|share| quantile(&values, share));
    matches!(ends, [Some(low), Some(high)] if high <= low * VARIATION_MAX)
}

/// Returns a quantile of the response times of all blocks together, in nanoseconds.
///
/// Between the quantiles of a block its distribution is interpolated, linearly in the logarithm of
/// the time. `None` if no block has a sample.
pub fn pooled_quantile(blocks: &[ResponseBlock], ppm: u32) -> Option<f64> {
    let curves: Vec<(f64, Vec<(f64, f64)>)> =
        blocks.iter().filter(|block| block.samples > 0).map(curve).collect();
    let samples: f64 = curves.iter().map(|(samples, _)| samples).sum();
    let ends = curves.iter().flat_map(|(_, points)| [points[0].0, points[points.len() - 1].0]);
    let (mut low, mut high) = ends.fold((f64::INFINITY, 0.0), |(low, high), ln_ns| {
        (f64::min(low, ln_ns), f64::max(high, ln_ns))
    });
    if curves.is_empty() {
        return None;
    }
    for _ in 0..BISECTIONS {
        let middle = (low + high) / 2.0;
        let below: f64 =
            curves.iter().map(|(samples, points)| samples * share_below(points, middle)).sum();
        if below < share(ppm) * samples {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high.exp())
}

/// Returns the samples of a block, and its times as logarithms with the share of samples up to
/// each. The first point extends the line between p50 and the next quantile down to a share of 0.
fn curve(block: &ResponseBlock) -> (f64, Vec<(f64, f64)>) {
    let ln = |ns: u64| (ns.max(1) as f64).ln();
    let known = QUANTILES_PPM.iter().zip(block.ns);
    let mut points: Vec<(f64, f64)> =
        known.filter_map(|(ppm, ns)| Some((ln(ns?), share(*ppm)))).collect();
    points.push((ln(block.ns_max), 1.0));
    if let [(first, below), (second, above), ..] = points[..] {
        let start = first - (second - first) * below / (above - below);
        points.insert(0, (start.max(0.0), 0.0));
    }
    (block.samples as f64, points)
}

/// Returns the share of the samples up to the logarithm of a time.
fn share_below(points: &[(f64, f64)], ln_ns: f64) -> f64 {
    let above = points.partition_point(|(at, _)| *at <= ln_ns);
    match (above.checked_sub(1).map(|below| points[below]), points.get(above)) {
        (None, _) => 0.0,
        (Some(_), None) => 1.0,
        (Some((from, below)), Some((to, share))) => {
            below + (share - below) * (ln_ns - from) / (to - from)
        }
    }
}

fn share(ppm: u32) -> f64 {
    f64::from(ppm) / 1e6
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::{ResponseBlock, choose_quantile, pooled_quantile};
    use crate::stats::recorded_noise::RecordedNoise;

    /// A block whose times are those of `noop` on an idle machine, with its upper times as given.
    fn block(samples: u64, [p95, p99, p999]: [u64; 3]) -> ResponseBlock {
        let ns = [500, 600, 700, p95, p99, p999].map(Some);
        ResponseBlock { samples, ns, ns_max: p999 * 2 }
    }

    /// Chooses a quantile for a control alone.
    fn choose_for(control: &Vec<ResponseBlock>) -> Option<u32> {
        choose_quantile(slice::from_ref(control), slice::from_ref(control), 1)
    }

    /// Ten blocks, of which one in five has a stall.
    fn stalled(calm: [u64; 3], stall: [u64; 3]) -> Vec<ResponseBlock> {
        (0..10).map(|at| block(100_000, if at % 5 == 0 { stall } else { calm })).collect()
    }

    /// One stall of 2 ms decides the p99 of its block. The p95 is out of its reach.
    #[test]
    fn a_quantile_that_says_whether_a_stall_happened_is_not_chosen() {
        let calm = [900, 2_000, 9_000];
        let noop = stalled(calm, [1_000, 1_500_000, 1_900_000]);
        assert_eq!(choose_for(&noop), Some(950_000));
        let steady = stalled(calm, calm);
        assert_eq!(choose_for(&steady), Some(999_000));
        assert_eq!(
            choose_quantile(slice::from_ref(&steady), &[steady.clone(), noop], 1),
            Some(950_000)
        );
    }

    /// The p99 of six samples would be the longest of them.
    #[test]
    fn a_quantile_needs_samples_beyond_it() {
        let of = |samples| vec![block(samples, [900, 1_000, 1_100]); 10];
        let chosen = |samples| choose_quantile(&[of(samples)], &[], 1);
        assert_eq!(chosen(6), None);
        assert_eq!(chosen(20), Some(500_000));
        assert_eq!(chosen(999), Some(950_000));
        assert_eq!(chosen(1_000), Some(990_000));
        assert_eq!(chosen(10_000), Some(999_000));
        let few = vec![block(1_000, [900, 1_000, 1_100]); 9];
        assert_eq!(choose_quantile(&[few], &[], 1), Some(950_000), "fewer than 100 together");
    }

    /// Rows of before have p50, p99 and p99.9 alone: the others cannot be chosen.
    #[test]
    fn a_quantile_that_was_not_recorded_is_not_chosen() {
        let mut old = block(5_000, [900, 1_000, 1_100]);
        (old.ns[1], old.ns[2], old.ns[3]) = (None, None, None);
        let noisy = ResponseBlock { ns: [Some(500), None, None, None, Some(90_000), None], ..old };
        let blocks: Vec<_> = (0..10).map(|at| if at % 5 == 0 { noisy } else { old }).collect();
        assert_eq!(choose_for(&blocks), Some(500_000));
    }

    /// The pooled p99 of equal blocks is their p99. If one of two blocks is a thousand times slower,
    /// three quarters of all samples end at its median.
    #[test]
    fn blocks_are_pooled_by_their_samples() {
        let calm = block(1_000, [900, 1_000, 1_100]);
        let pooled = pooled_quantile(&[calm, calm], 990_000).unwrap();
        assert!((pooled - 1_000.0).abs() < 1.0, "{pooled}");
        let ns = calm.ns.map(|ns| ns.map(|ns| ns * 1_000));
        let slow = ResponseBlock { ns, ns_max: calm.ns_max * 1_000, ..calm };
        let pooled = pooled_quantile(&[calm, slow], 750_000).unwrap();
        assert!((pooled - 500_000.0).abs() < 50_000.0, "{pooled}");
        assert_eq!(pooled_quantile(&[], 500_000), None);
    }

    /// Every open-loop scenario of the reference run has a quantile, where p99 ranked none that
    /// the machine disturbed.
    #[test]
    fn every_recorded_open_loop_has_a_quantile() {
        let noise = RecordedNoise::load();
        let chosen = noise.response_quantiles();
        assert!(chosen.len() >= 4, "{chosen:?}");
        for (scenario, quantile) in &chosen {
            assert!(quantile.is_some(), "{scenario}: {chosen:?}");
        }
    }
}
