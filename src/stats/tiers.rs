//! Ranks that claim no more than was shown.
//!
//! The best subject leads the first tier, and every subject that was not found slower than it is in
//! that tier too. The best of those left leads the next tier, and so on. So a rank below the first
//! is always evidence: the subject was found slower than the leader of every tier above. Members of
//! a tier need not be tied with each other, only with their leader.
//!
//! Ranks are dense, 1, 1, 2 and not 1, 1, 3: the number is that of the tier, and does not grow
//! because more subjects were tied above.

use std::cmp::Ordering;

use super::{BLOCKS_MIN, Better, Blocks, Floor, Ratio, Verdict};

/// Something to be ranked: its name and what it measured.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The name under which it appears in the ranking.
    pub name: &'a str,
    /// Its values, by the same blocks as those of every other subject.
    pub blocks: &'a Blocks,
}

/// Where a subject stands in a ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing<'a> {
    /// The name of the subject.
    pub name: &'a str,
    /// Its tier, from 1; `None` if it shares too few blocks with a leader to be placed.
    pub rank: Option<usize>,
    /// Its ratio to the best subject; `None` if they share no block or there is no best.
    pub ratio: Option<Ratio>,
}

/// Ranks the subjects in tiers, over the blocks that each pair shares.
///
/// The result is ordered by rank and then by the ratio to the best, the unranked last; subjects
/// that are equal in both keep the order they came in. A subject with fewer than [`BLOCKS_MIN`]
/// blocks is neither ranked nor the best.
pub fn tiers<'a>(subjects: &[Subject<'a>], floor: Floor, better: Better) -> Vec<Standing<'a>> {
    let (mut waiting, mut unranked): (Vec<_>, Vec<_>) =
        subjects.iter().copied().partition(|subject| subject.blocks.measured().len() >= BLOCKS_MIN);
    let best = best(&waiting, better);
    by_ratio(&mut waiting, best, better);
    let mut standings = Vec::new();

    for rank in 1.. {
        let Some(&leader) = waiting.first() else { break };
        let mut slower = Vec::new();
        for subject in waiting {
            match verdict(subject, leader, floor, better) {
                Verdict::Faster | Verdict::Tie => {
                    standings.push(standing(subject, Some(rank), best));
                }
                Verdict::Slower => slower.push(subject),
                Verdict::Unknown => unranked.push(subject),
            }
        }
        waiting = slower;
    }

    by_ratio(&mut unranked, best, better);
    standings.extend(unranked.into_iter().map(|subject| standing(subject, None, best)));
    standings
}

/// Finds the best by knockout, over shared blocks, so that drift cannot choose it. Whoever is ahead
/// of each other subject wins, in whatever order they come.
fn best<'a>(subjects: &[Subject<'a>], better: Better) -> Option<Subject<'a>> {
    subjects.iter().copied().reduce(|best, next| match Ratio::of(next.blocks, best.blocks) {
        Some(ratio) if ahead(ratio.median, 1.0, better) == Ordering::Less => next,
        _ => best,
    })
}

/// Sorts the best ratio first and those without one last.
fn by_ratio(subjects: &mut [Subject<'_>], best: Option<Subject<'_>>, better: Better) {
    subjects.sort_by(|one, other| match (ratio_to(*one, best), ratio_to(*other, best)) {
        (Some(one), Some(other)) => ahead(one.median, other.median, better),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
}

/// Orders the better of two ratios first.
fn ahead(one: f64, other: f64, better: Better) -> Ordering {
    match better {
        Better::Higher => other.total_cmp(&one),
        Better::Lower => one.total_cmp(&other),
    }
}

/// A leader ties with itself, as it has blocks enough: so each round places at least one subject.
fn verdict(subject: Subject<'_>, leader: Subject<'_>, floor: Floor, better: Better) -> Verdict {
    match Ratio::of(subject.blocks, leader.blocks) {
        Some(ratio) => ratio.verdict(floor, better),
        None => Verdict::Unknown,
    }
}

fn ratio_to(subject: Subject<'_>, best: Option<Subject<'_>>) -> Option<Ratio> {
    Ratio::of(subject.blocks, best?.blocks)
}

fn standing<'a>(
    subject: Subject<'a>,
    rank: Option<usize>,
    best: Option<Subject<'_>>,
) -> Standing<'a> {
    Standing { name: subject.name, rank, ratio: ratio_to(subject, best) }
}

#[cfg(test)]
mod tests {
    use super::{Subject, tiers};
    use crate::stats::{Better, Blocks, Floor};

    fn ranks<'a>(
        subjects: &'a [(&'a str, Blocks)],
        better: Better,
    ) -> Vec<(&'a str, Option<usize>)> {
        let subjects: Vec<_> =
            subjects.iter().map(|(name, blocks)| Subject { name, blocks }).collect();
        let standings = tiers(&subjects, Floor::MIN, better);
        standings.iter().map(|standing| (standing.name, standing.rank)).collect()
    }

    /// Eight blocks that are by turns a share `spread` above and below `rate`.
    fn subject(rate: f64, spread: f64) -> Blocks {
        let signs = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0];
        Blocks::of(signs.map(|sign| Some(rate * (1.0 + sign * spread)))).unwrap()
    }

    fn missing(blocks: &Blocks, gone: std::ops::Range<usize>) -> Blocks {
        let values = blocks.measured().into_iter().enumerate();
        Blocks::of(values.map(|(block, value)| (!gone.contains(&block)).then_some(value))).unwrap()
    }

    /// Two pairs, the one half as fast: ties share a rank, and the rank after is the next number.
    #[test]
    fn ties_share_a_tier_and_ranks_are_dense() {
        let subjects = [
            ("lock", subject(99.0, 0.05)),
            ("cas", subject(200.0, 0.0)),
            ("queue", subject(100.0, 0.0)),
            ("actor", subject(199.0, 0.05)),
        ];
        let up = [("cas", Some(1)), ("actor", Some(1)), ("queue", Some(2)), ("lock", Some(2))];
        let down = [("lock", Some(1)), ("queue", Some(1)), ("actor", Some(2)), ("cas", Some(2))];
        assert_eq!(ranks(&subjects, Better::Higher), up);
        assert_eq!(ranks(&subjects, Better::Lower), down);
    }

    /// Each is tied with its neighbour and the ends are not with each other. Tying along the chain
    /// would put all in one tier; the leader decides instead.
    #[test]
    fn a_chain_of_ties_is_cut_where_the_leader_is_out_of_reach() {
        let chain = [("a", 103.0), ("b", 101.5), ("c", 100.0), ("d", 98.5)];
        let subjects = chain.map(|(name, rate)| (name, subject(rate, 0.0)));
        let expected = [("a", Some(1)), ("b", Some(1)), ("c", Some(2)), ("d", Some(2))];
        assert_eq!(ranks(&subjects, Better::Higher), expected);
    }

    /// A noisy subject behind a steady slower one was not found slower than the leader. Walking
    /// down the order would rank it second for its neighbour's sake.
    #[test]
    fn a_noisy_subject_is_not_ranked_down_without_evidence() {
        let subjects = [
            ("leader", subject(100.0, 0.0)),
            ("steady", subject(95.0, 0.0)),
            ("noisy", subject(94.0, 0.2)),
        ];
        let expected = [("leader", Some(1)), ("noisy", Some(1)), ("steady", Some(2))];
        assert_eq!(ranks(&subjects, Better::Higher), expected);
    }

    /// The only block of "short" is the quickest of all. It must not lead, it must not be called
    /// last, and it must not take the others down with it.
    #[test]
    fn a_subject_with_too_few_blocks_is_shown_and_not_ranked() {
        let subjects = [
            ("short", missing(&subject(900.0, 0.0), 1..8)),
            ("none", Blocks::default()),
            ("slow", subject(50.0, 0.0)),
            ("fast", subject(100.0, 0.0)),
        ];
        let expected = [("fast", Some(1)), ("slow", Some(2)), ("short", None), ("none", None)];
        assert_eq!(ranks(&subjects, Better::Higher), expected);
        assert_eq!(ranks(&subjects[..2], Better::Higher), [("short", None), ("none", None)]);
        assert_eq!(ranks(&[], Better::Higher), []);
    }

    /// The machine loses most of its speed half-way, and "absent" missed the quick half. By its own
    /// median it is far behind; in the blocks that both have it is ahead.
    #[test]
    fn a_missing_block_is_left_out_for_both() {
        let drifting = |rate: f64| {
            let speeds = [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
            Blocks::of(speeds.map(|speed| Some(rate * speed))).unwrap()
        };
        let subjects = [("present", drifting(100.0)), ("absent", missing(&drifting(110.0), 0..6))];
        let expected = [("absent", Some(1)), ("present", Some(2))];
        assert_eq!(ranks(&subjects, Better::Higher), expected);
    }

    /// The ratio shown beside a rank is to the best, also for the best itself.
    #[test]
    fn ratios_are_to_the_best() {
        let (fast, slow) = (subject(100.0, 0.0), subject(80.0, 0.0));
        let subjects =
            [Subject { name: "slow", blocks: &slow }, Subject { name: "fast", blocks: &fast }];
        let standings = tiers(&subjects, Floor::MIN, Better::Higher);
        let shown = standings.iter().map(|standing| standing.ratio.unwrap().to_string());
        assert!(shown.eq(["1.00 x [1.00, 1.00]", "0.80 x [0.80, 0.80]"]));
    }
}
