//! What a comparison comes to, in one or two sentences that are computed and never written.

use super::{
    comparison::Comparison,
    figures::{RateUnit, percent_above_one},
    standing::{Books, COMPLETED_MIN, Standing},
};
use crate::{
    record::{Kind, Role},
    stats::{BLOCKS_MIN, SAMPLES_BEYOND_MIN},
};

/// Says who answers most, by how much, and what was found wrong.
pub fn answer(comparison: &Comparison) -> String {
    let mut text = format!("On {}: {}.", comparison.title, finding(comparison));
    for sentence in [wrong(comparison), missed(comparison)].into_iter().flatten() {
        text.push(' ');
        text.push_str(&sentence);
    }
    text
}

fn finding(comparison: &Comparison) -> String {
    if let Some((invalid, reason)) =
        comparison.invalid.as_ref().filter(|_| !comparison.is_measured())
    {
        let all = invalid + comparison.blocks;
        return format!(
            "NOT MEASURED on this machine today: {invalid} of {all} blocks do not count, the last \
             for this: {reason}; nothing is ranked"
        );
    }
    let tiers = comparison.tiers();
    let Some(first) = tiers.first() else { return unranked(comparison) };
    let Some(second) = tiers.get(1) else { return alone(comparison, first) };
    let lead = comparison.leads.first().map_or_else(String::new, ToString::to_string);
    let (leader, next) = (&first[0].strategy, &second[0].strategy);
    let tied = settled(first);
    let tied = (tied.len() > 1).then(|| format!("{} tie for first", names(&tied)));
    let head = match comparison.kind {
        Kind::Latency => {
            format!("the response of {next} takes {lead} as long at p99 as that of {leader}")
        }
        _ => format!("{leader} answers {lead} as many requests as {next}"),
    };
    let last = tiers.last().filter(|_| tiers.len() > 2);
    let last = last.map(|last| farthest(comparison, last));
    [tied, Some(head), tie(second), last, uneven(comparison), saturated(comparison)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}

/// A tier of several that is not the first.
fn tie(tier: &[&Standing]) -> Option<String> {
    let tier = settled(tier);
    (tier.len() > 1).then(|| format!("{} tie behind", names(&tier)))
}

/// Those of a tier whose place can be told.
fn settled<'a>(tier: &[&'a Standing]) -> Vec<&'a Standing> {
    tier.iter().copied().filter(|one| !one.unsettled).collect()
}

/// Those that differ so much from block to block that their rank means little.
fn uneven(comparison: &Comparison) -> Option<String> {
    let uneven: Vec<_> = comparison.contenders.iter().filter(|one| one.unsettled).collect();
    let verb = if uneven.len() == 1 { "is" } else { "are" };
    (!uneven.is_empty()).then(|| format!("{} {verb} too uneven to place", names(&uneven)))
}

/// Those that did not keep what was promised.
fn saturated(comparison: &Comparison) -> Option<String> {
    let is_saturated = |one: &&Standing| one.promise.is_some_and(|promise| promise.is_saturated());
    let saturated: Vec<_> = comparison.contenders.iter().filter(is_saturated).collect();
    let verb = if saturated.len() == 1 { "does" } else { "do" };
    (!saturated.is_empty()).then(|| format!("{} {verb} not keep the promise", names(&saturated)))
}

fn farthest(comparison: &Comparison, tier: &[&Standing]) -> String {
    let slowest = tier.last().expect("a tier has a leader");
    let of = if comparison.kind == Kind::Latency { "the p99 " } else { "" };
    match (&comparison.baseline, slowest.ratio) {
        (Some(baseline), Some(ratio)) if *baseline != slowest.strategy => {
            format!("{} comes last with {ratio} {of}of {baseline}", slowest.strategy)
        }
        _ => format!("{} comes last", slowest.strategy),
    }
}

/// All in one tier.
fn alone(comparison: &Comparison, tier: &[&Standing]) -> String {
    match tier {
        [only] => {
            let rate = only.rate.map_or(0.0, |rate| rate.median);
            let unit = RateUnit::for_largest(rate);
            let rate = unit.show(rate);
            format!(
                "{} answers {rate} {}, and nothing is compared with it",
                only.strategy, unit.name
            )
        }
        tied => {
            let floor = percent_above_one(comparison.floor.ratio());
            format!("{} tie, none slower beyond chance and the floor of {floor}", names(tied))
        }
    }
}

fn unranked(comparison: &Comparison) -> String {
    let ran = |one: &Standing| one.role == Role::Contender;
    match comparison.contenders.iter().filter_map(|one| one.rate).map(|rate| rate.blocks).max() {
        _ if !comparison.standings().any(ran) => {
            "no contender ran, so nothing is ranked".to_owned()
        }
        _ if comparison.contenders.is_empty() => "no contender whose books balance".to_owned(),
        _ if comparison.contenders.iter().any(|one| one.insufficient) => {
            format!(
                "insufficient samples: fewer than {COMPLETED_MIN} requests a block rank nothing"
            )
        }
        None => "no block was measured to its end".to_owned(),
        Some(BLOCKS_MIN..) if lacks_tail(comparison) => format!(
            "insufficient samples: a p99 needs {SAMPLES_BEYOND_MIN} beyond it, so no tail is ranked"
        ),
        Some(BLOCKS_MIN..) if saturated(comparison).is_some() => {
            "no contender completed what was offered, so no tail is ranked".to_owned()
        }
        Some(blocks) => {
            format!("too few blocks to rank anything, {blocks} of at least {BLOCKS_MIN}")
        }
    }
}

/// Whether contenders of an open loop that completed what was offered have too few samples for a p99.
fn lacks_tail(comparison: &Comparison) -> bool {
    let is_saturated = |one: &Standing| one.promise.is_some_and(|promise| promise.is_saturated());
    let mut achieved = comparison.contenders.iter().filter(|one| !is_saturated(one));
    comparison.kind == Kind::Latency && achieved.any(|one| one.response[1].is_none())
}

/// What is wrong and claimed otherwise comes first; a control is wrong as it should be.
fn wrong(comparison: &Comparison) -> Option<String> {
    let is_wrong = |one: &&Standing| matches!(one.books, Books::Wrong { .. });
    let (controls, contenders): (Vec<_>, Vec<_>) =
        comparison.unsound.iter().filter(is_wrong).partition(|one| one.role == Role::Control);
    match (&contenders[..], &controls[..]) {
        ([], []) => None,
        ([], controls) => Some(format!("Found wrong, as it should be: {}.", names(controls))),
        (wrong, []) => Some(format!("WRONG and not ranked: {}.", names(wrong))),
        (wrong, controls) => Some(format!(
            "WRONG and not ranked: {}; found wrong, as it should be: {}.",
            names(wrong),
            names(controls)
        )),
    }
}

/// A control that balances shows nothing: neither that it is sound nor that the audit sees.
fn missed(comparison: &Comparison) -> Option<String> {
    let balances = |one: &&Standing| matches!(one.books, Books::Balanced { .. });
    let controls = comparison.unsound.iter().filter(|one| one.role == Role::Control);
    let missed: Vec<_> = controls.filter(balances).collect();
    let names = (!missed.is_empty()).then(|| names(&missed))?;
    Some(format!("{names}, wrong on purpose, was not caught here: too little met at one account."))
}

/// `a`, `a and b`, `a, b and c`.
fn names(standings: &[&Standing]) -> String {
    let names: Vec<&str> = standings.iter().map(|one| one.strategy.as_str()).collect();
    match &names[..] {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::{Row, sample},
        report::comparisons,
    };

    fn told(rows: &[Row]) -> String {
        answer(&comparisons(rows)[0])
    }

    /// The sentence is what is quoted; each kind of outcome once.
    #[test]
    fn the_answer_says_who_leads_who_ties_and_who_is_wrong() {
        let place = "On one hot row with 2 threads on slab:";
        assert_eq!(
            told(&sample::rows(8)),
            format!(
                "{place} cas answers 2.00 x [2.00, 2.00] as many requests as mutex; \
                 mutex and queue tie behind; actor comes last with 0.050 x [0.050, 0.050] of mutex. \
                 Found wrong, as it should be: unguarded."
            )
        );
        let mut level = sample::rows(8);
        level.retain(|row| row.strategy != "cas");
        let leaders = "mutex and queue tie for first; mutex answers 20.00 x [20.00, 20.00] as many";
        assert!(told(&level).contains(leaders), "{}", told(&level));

        let mut tied = sample::rows(8);
        tied.retain(|row| ["mutex", "queue"].contains(&row.strategy.as_str()));
        assert_eq!(
            told(&tied),
            format!(
                "{place} mutex and queue tie, none slower beyond chance and the floor of 2.0 %."
            )
        );
        tied.retain(|row| row.strategy == "queue");
        assert_eq!(
            told(&tied),
            format!("{place} queue answers 1.99 Mops/s, and nothing is compared with it.")
        );
    }

    /// Five blocks cannot rank anything, and an answer that does not say so would be read as one.
    #[test]
    fn too_few_blocks_are_no_answer() {
        let told = told(&sample::rows(5));
        assert!(told.contains("too few blocks to rank anything, 5 of at least 6."), "{told}");
    }

    /// With one request a block, the rate is one over the length of the window.
    #[test]
    fn few_requests_in_a_block_rank_nothing() {
        let mut rows = sample::rows(8);
        let mut complete = |completed: u64| {
            rows.iter_mut().for_each(|row| row.completed = completed);
            told(&rows)
        };
        let one = complete(1);
        assert!(one.contains("insufficient samples: fewer than 20 requests a block"), "{one}");
        assert!(!complete(20).contains("insufficient"), "{}", complete(20));
    }

    /// A p99 of 99 requests is the longest of them: six blocks of it are enough blocks, and no tail.
    #[test]
    fn a_tail_of_few_samples_ranks_nothing() {
        let mut rows = sample::rows(8);
        let mut time = |samples: u64| {
            for row in &mut rows {
                (row.kind, row.arrivals) = (Kind::Latency, "poisson".to_owned());
                (row.offered_per_s, row.scheduled) = (row.completed, row.completed);
                (row.samples, row.response_ns_p99) = (samples, 2_000_000_000 / row.completed);
            }
            told(&rows)
        };
        let few = time(99);
        assert!(few.contains("insufficient samples: a p99 needs 10 beyond it"), "{few}");
        assert!(time(200).contains("as long at p99 as that of cas"), "{}", time(200));
    }

    /// Both ways to be wrong about wrongness: a contender that is, and a control that is not.
    #[test]
    fn a_wrong_contender_and_a_balanced_control_are_told() {
        let mut rows = sample::rows(8);
        for row in &mut rows {
            row.verdict = match row.strategy.as_str() {
                "queue" => crate::record::Finding::Wrong,
                _ => crate::record::Finding::Balanced,
            };
        }
        let told = told(&rows);
        assert!(told.contains("WRONG and not ranked: queue."), "{told}");
        assert!(told.contains("unguarded, wrong on purpose, was not caught here"), "{told}");
    }
}
