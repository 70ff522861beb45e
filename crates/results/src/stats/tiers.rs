//! Tiers: ranks that claim only differences that were shown.
//!
//! The best contender leads the first tier, and every contender that was not found slower than the
//! leader is in that tier too. The best of the remaining contenders leads the next tier, and so on.
//! So a contender below the first tier was found slower than the leader of every tier above.
//! Members of a tier were compared with their leader, but not with each other: their order within
//! the tier claims nothing.
//!
//! A table compares many pairs, and with a 95 % interval for each of them eight identical
//! contenders would be split in a third of all tables. So each of the `k - 1` comparisons with a
//! leader may be wrong with probability `0.05 / (2 (k - 1))` only
//! ([Bonferroni](https://doi.org/10.1080/01621459.1961.10482090), Dunn 1961). The factor of 2 pays
//! for the choice of the leader from the same blocks: the luckiest of `k` contenders leads. Few
//! blocks cannot be as sure as that; their interval is then the range of the blocks, and
//! [`Confidence::error_max`] says what that costs.
//!
//! The rule assumes that blocks are independent of each other. Tests hold it against the recorded
//! noise of the reference run.
//!
//! Ranks are dense (1, 1, 2 and not 1, 1, 3): a rank is the number of the tier, and does not grow
//! with the number of ties above.

use std::cmp::Ordering;

use super::{
    BLOCKS_MIN, Better, Blocks, Interval, MISS_MAX, Margin, Ratio, Verdict, median, normal_quantile,
};

/// The share of true differences that [`Confidence::detectable`] is about: four of five.
const POWER: f64 = 0.8;

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
    /// Its ratio to the best contender, with a plain 95 % interval; `None` if they share no block
    /// or there is no best.
    pub ratio: Option<Ratio>,
    /// How it compares with the leader of its tier: equal or not told apart. `None` for the leader
    /// itself and without a rank.
    pub within_tier: Option<Verdict>,
}

/// How far a ranking can be relied on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    /// The probability, at most, that a table of identical contenders is split into tiers.
    pub error_max: f64,
    /// The difference that four of five such measurements find, as a ratio above one. `None` if
    /// there is no pair of contenders.
    pub detectable: Option<f64>,
}

/// A ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiers<'a> {
    /// Each contender, ordered by rank and then by the ratio to the best, with the unranked last.
    pub placements: Vec<Placement<'a>>,
    /// How far the ranking can be relied on; `None` if fewer than two contenders are ranked.
    pub confidence: Option<Confidence>,
}

/// Ranks contenders in tiers, over the blocks that each pair shares.
///
/// Contenders that are equal in rank and ratio keep their order in the input. A contender with
/// fewer than [`BLOCKS_MIN`] blocks is not ranked, and cannot be the best.
pub fn tiers<'a>(contenders: &[Subject<'a>], better: Better) -> Tiers<'a> {
    let (mut remaining, mut unranked): (Vec<_>, Vec<_>) = contenders
        .iter()
        .copied()
        .partition(|contender| contender.blocks.measured().len() >= BLOCKS_MIN);
    let best = leader(&remaining, better);
    sort_by_ratio(&mut remaining, best, better);
    let confidence = best.and_then(|best| confidence(&remaining, best));
    let mut placements = Vec::new();

    for rank in 1.. {
        let Some(leader) = leader(&remaining, better) else { break };
        let (mut tier, mut slower) = (Vec::new(), Vec::new());
        let contenders = remaining.len();
        for contender in remaining {
            let verdict = verdict(contender, leader, contenders, better);
            match verdict {
                Verdict::Slower => slower.push(contender),
                Verdict::Unknown => unranked.push(contender),
                _ => {
                    let within_tier = Some(verdict).filter(|_| contender.name != leader.name);
                    let ratio = ratio_to(contender, best);
                    let name = contender.name;
                    tier.push(Placement { name, rank: Some(rank), ratio, within_tier });
                }
            }
        }
        // The leader was found in shared blocks, and may be behind by the ratio to the best.
        tier.sort_by_key(|placement| placement.name != leader.name);
        placements.extend(tier);
        remaining = slower;
    }

    sort_by_ratio(&mut unranked, best, better);
    placements.extend(unranked.into_iter().map(|contender| Placement {
        name: contender.name,
        rank: None,
        ratio: ratio_to(contender, best),
        within_tier: None,
    }));
    Tiers { placements, confidence }
}

/// Returns how often the interval of one of the comparisons with a leader may miss.
///
/// `contenders` is the number of contenders that are still to be placed, with the leader.
fn miss(contenders: usize, blocks: usize) -> f64 {
    let comparisons = contenders.saturating_sub(1).max(1) as f64;
    (MISS_MAX / (2.0 * comparisons)).max((1.0 - blocks as f64).exp2())
}

/// Computes what the first tier decides, where all contenders are compared.
///
/// The interval of a median is about as wide as that of a normal mean: its half width is the
/// standard error times the quantile of `miss`. A true difference is found in [`POWER`] of all
/// measurements if it exceeds the half width by the quantile of [`POWER`] in standard errors.
fn confidence(ranked: &[Subject<'_>], best: Subject<'_>) -> Option<Confidence> {
    let contenders = ranked.len();
    let others = ranked.iter().filter(|contender| contender.name != best.name);
    let (mut error_max, mut detectable) = (0.0, Vec::new());
    for other in others {
        let ln_ratios = other.blocks.ln_ratios(best.blocks);
        let miss = miss(contenders, ln_ratios.len());
        error_max += 2.0 * miss;
        if let Some(Interval { low, high }) = Interval::of_median_missing(&ln_ratios, miss) {
            let half_width = (high - low) / 2.0;
            let error = half_width / normal_quantile(1.0 - miss / 2.0);
            let beyond = half_width.max(Margin::DIFFERENCE.ratio().ln());
            detectable.push((beyond + normal_quantile(POWER) * error).exp());
        }
    }
    let detectable = median(&detectable);
    (contenders > 1).then(|| Confidence { error_max: f64::min(error_max, 1.0), detectable })
}

/// Finds the best contender by knockout over shared blocks, so that drift does not decide. A
/// contender that is ahead of every other one wins in any order of the input.
fn leader<'a>(contenders: &[Subject<'a>], better: Better) -> Option<Subject<'a>> {
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

/// Compares a contender with a leader. A leader has enough blocks, so it equals itself, and each
/// tier has at least one member.
fn verdict(
    contender: Subject<'_>,
    leader: Subject<'_>,
    contenders: usize,
    better: Better,
) -> Verdict {
    let blocks = contender.blocks.ln_ratios(leader.blocks).len();
    match Ratio::missing(contender.blocks, leader.blocks, miss(contenders, blocks)) {
        Some(ratio) => ratio.verdict(better),
        None => Verdict::Unknown,
    }
}

fn ratio_to(contender: Subject<'_>, best: Option<Subject<'_>>) -> Option<Ratio> {
    Ratio::of(contender.blocks, best?.blocks)
}

#[cfg(test)]
mod tests;
