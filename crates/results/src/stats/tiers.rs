//! Tiers: ranks that claim only significant differences.
//!
//! The best contender leads the first tier, and every contender that was not found slower than the
//! leader is in that tier too. The best of the remaining contenders leads the next tier, and so on.
//! So a contender below the first tier was found slower than the leader of every tier above.
//! Members of a tier are tied with their leader, but not necessarily with each other.
//!
//! Ranks are dense (1, 1, 2 and not 1, 1, 3): a rank is the number of the tier, and does not grow
//! with the number of ties above.

use std::cmp::Ordering;

use super::{BLOCKS_MIN, Better, Blocks, NoiseFloor, Ratio, Verdict};

/// A contender to rank: its name and its values.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The name under which it appears in the ranking.
    pub name: &'a str,
    /// Its values, by the same blocks as those of every other contender.
    pub blocks: &'a Blocks,
}

/// The rank of a contender.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement<'a> {
    /// The name of the contender.
    pub name: &'a str,
    /// Its tier, from 1; `None` if it shares too few blocks with a leader.
    pub rank: Option<usize>,
    /// Its ratio to the best contender; `None` if they share no block or there is no best.
    pub ratio: Option<Ratio>,
}

/// Ranks contenders in tiers, over the blocks that each pair shares.
///
/// The result is ordered by rank and then by the ratio to the best, with the unranked last.
/// Contenders that are equal in both keep their order in the input. A contender with fewer than
/// [`BLOCKS_MIN`] blocks is not ranked, and cannot be the best.
pub fn tiers<'a>(
    contenders: &[Subject<'a>],
    noise: NoiseFloor,
    better: Better,
) -> Vec<Placement<'a>> {
    let (mut remaining, mut unranked): (Vec<_>, Vec<_>) = contenders
        .iter()
        .copied()
        .partition(|contender| contender.blocks.measured().len() >= BLOCKS_MIN);
    let best = best(&remaining, better);
    sort_by_ratio(&mut remaining, best, better);
    let mut placements = Vec::new();

    for rank in 1.. {
        let Some(&leader) = remaining.first() else { break };
        let mut slower = Vec::new();
        for contender in remaining {
            match verdict(contender, leader, noise, better) {
                Verdict::Faster | Verdict::Tie => {
                    placements.push(placement(contender, Some(rank), best));
                }
                Verdict::Slower => slower.push(contender),
                Verdict::Unknown => unranked.push(contender),
            }
        }
        remaining = slower;
    }

    sort_by_ratio(&mut unranked, best, better);
    placements.extend(unranked.into_iter().map(|contender| placement(contender, None, best)));
    placements
}

/// Finds the best contender by knockout over shared blocks, so that drift does not decide. A
/// contender that is ahead of every other one wins in any order of the input.
fn best<'a>(contenders: &[Subject<'a>], better: Better) -> Option<Subject<'a>> {
    contenders.iter().copied().reduce(|best, next| match Ratio::of(next.blocks, best.blocks) {
        Some(ratio) if best_first(ratio.median, 1.0, better) == Ordering::Less => next,
        _ => best,
    })
}

/// Sorts the best ratio first, and contenders without a ratio last.
fn sort_by_ratio(contenders: &mut [Subject<'_>], best: Option<Subject<'_>>, better: Better) {
    contenders.sort_by(|one, other| match (ratio_to(*one, best), ratio_to(*other, best)) {
        (Some(one), Some(other)) => best_first(one.median, other.median, better),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
}

/// Orders the better of two ratios first.
fn best_first(one: f64, other: f64, better: Better) -> Ordering {
    match better {
        Better::Higher => other.total_cmp(&one),
        Better::Lower => one.total_cmp(&other),
    }
}

/// Compares a contender with a leader. A leader has enough blocks, so it ties with itself, and each
/// tier has at least one member.
fn verdict(
    contender: Subject<'_>,
    leader: Subject<'_>,
    noise: NoiseFloor,
    better: Better,
) -> Verdict {
    match Ratio::of(contender.blocks, leader.blocks) {
        Some(ratio) => ratio.verdict(noise, better),
        None => Verdict::Unknown,
    }
}

fn ratio_to(contender: Subject<'_>, best: Option<Subject<'_>>) -> Option<Ratio> {
    Ratio::of(contender.blocks, best?.blocks)
}

fn placement<'a>(
    contender: Subject<'a>,
    rank: Option<usize>,
    best: Option<Subject<'_>>,
) -> Placement<'a> {
    Placement { name: contender.name, rank, ratio: ratio_to(contender, best) }
}

#[cfg(test)]
mod tests {
    use super::{Subject, tiers};
    use crate::stats::{Better, Blocks, NoiseFloor};

    fn ranks<'a>(
        contenders: &'a [(&'a str, Blocks)],
        better: Better,
    ) -> Vec<(&'a str, Option<usize>)> {
        let contenders: Vec<_> =
            contenders.iter().map(|(name, blocks)| Subject { name, blocks }).collect();
        let placements = tiers(&contenders, NoiseFloor::MIN, better);
        placements.iter().map(|placement| (placement.name, placement.rank)).collect()
    }

    /// Eight blocks that alternate between a share `spread` above and below `rate`.
    fn contender(rate: f64, spread: f64) -> Blocks {
        let signs = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0];
        Blocks::of(signs.map(|sign| Some(rate * (1.0 + sign * spread)))).unwrap()
    }

    fn without(blocks: &Blocks, missing: std::ops::Range<usize>) -> Blocks {
        let values = blocks.measured().into_iter().enumerate();
        let values = values.map(|(block, value)| (!missing.contains(&block)).then_some(value));
        Blocks::of(values).unwrap()
    }

    /// Two pairs, one half as fast as the other: ties share a rank, and the next rank is the next
    /// number.
    #[test]
    fn ties_share_a_tier_and_ranks_are_dense() {
        let contenders = [
            ("lock", contender(99.0, 0.05)),
            ("cas", contender(200.0, 0.0)),
            ("queue", contender(100.0, 0.0)),
            ("actor", contender(199.0, 0.05)),
        ];
        let up = [("cas", Some(1)), ("actor", Some(1)), ("queue", Some(2)), ("lock", Some(2))];
        let down = [("lock", Some(1)), ("queue", Some(1)), ("actor", Some(2)), ("cas", Some(2))];
        assert_eq!(ranks(&contenders, Better::Higher), up);
        assert_eq!(ranks(&contenders, Better::Lower), down);
    }

    /// Each contender is tied with its neighbour, and the first is not tied with the last. Ties
    /// with neighbours would put all in one tier, so only ties with the leader count.
    #[test]
    fn a_chain_of_ties_is_split_by_ties_with_the_leader() {
        let chain = [("a", 103.0), ("b", 101.5), ("c", 100.0), ("d", 98.5)];
        let contenders = chain.map(|(name, rate)| (name, contender(rate, 0.0)));
        let expected = [("a", Some(1)), ("b", Some(1)), ("c", Some(2)), ("d", Some(2))];
        assert_eq!(ranks(&contenders, Better::Higher), expected);
    }

    /// The noisy contender was not found slower than the leader, although its ratio is worse than
    /// that of a steady one that was. It must not be ranked with its neighbour.
    #[test]
    fn a_noisy_contender_is_not_ranked_lower_without_evidence() {
        let contenders = [
            ("leader", contender(100.0, 0.0)),
            ("steady", contender(95.0, 0.0)),
            ("noisy", contender(94.0, 0.2)),
        ];
        let expected = [("leader", Some(1)), ("noisy", Some(1)), ("steady", Some(2))];
        assert_eq!(ranks(&contenders, Better::Higher), expected);
    }

    /// The only block of "short" is the fastest of all. It must not lead, must not be ranked last,
    /// and must not change the ranks of the others.
    #[test]
    fn a_contender_with_too_few_blocks_is_listed_without_a_rank() {
        let contenders = [
            ("short", without(&contender(900.0, 0.0), 1..8)),
            ("none", Blocks::default()),
            ("slow", contender(50.0, 0.0)),
            ("fast", contender(100.0, 0.0)),
        ];
        let expected = [("fast", Some(1)), ("slow", Some(2)), ("short", None), ("none", None)];
        assert_eq!(ranks(&contenders, Better::Higher), expected);
        assert_eq!(ranks(&contenders[..2], Better::Higher), [("short", None), ("none", None)]);
        assert_eq!(ranks(&[], Better::Higher), []);
    }

    /// The machine loses most of its speed halfway, and "absent" has no blocks of the fast half. By
    /// its own median it is far behind; in the blocks that both have it is ahead.
    #[test]
    fn a_missing_block_is_left_out_for_both() {
        let drifting = |rate: f64| {
            let speeds = [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
            Blocks::of(speeds.map(|speed| Some(rate * speed))).unwrap()
        };
        let contenders =
            [("present", drifting(100.0)), ("absent", without(&drifting(110.0), 0..6))];
        let expected = [("absent", Some(1)), ("present", Some(2))];
        assert_eq!(ranks(&contenders, Better::Higher), expected);
    }

    /// The ratio of each contender is to the best, also for the best itself.
    #[test]
    fn ratios_are_to_the_best() {
        let (fast, slow) = (contender(100.0, 0.0), contender(80.0, 0.0));
        let contenders =
            [Subject { name: "slow", blocks: &slow }, Subject { name: "fast", blocks: &fast }];
        let placements = tiers(&contenders, NoiseFloor::MIN, Better::Higher);
        let shown = placements.iter().map(|placement| placement.ratio.unwrap().to_string());
        assert!(shown.eq(["1.00 x [1.00, 1.00]", "0.80 x [0.80, 0.80]"]));
    }
}
