//! Computes the result of a comparison as one or two sentences.

use super::{
    comparison::Comparison,
    confidence::effect,
    contender_summary::{AuditSummary, COMPLETED_MIN, ContenderSummary},
    figures::{RateUnit, listed},
};
use hotrow_results::{
    Kind, Role,
    stats::{BLOCKS_MIN, Margin, Verdict},
};

/// Describes which contender leads, by how much, and which audits found a violation.
pub fn answer(comparison: &Comparison) -> String {
    let mut text = format!("On {}: {}.", comparison.title, finding(comparison));
    for sentence in [violations(comparison), missed(comparison)].into_iter().flatten() {
        text.push(' ');
        text.push_str(&sentence);
    }
    text
}

fn finding(comparison: &Comparison) -> String {
    if let Some((excluded, reason)) =
        comparison.excluded_because.as_ref().filter(|_| !comparison.is_measured())
    {
        let all = excluded + comparison.blocks;
        return format!(
            "NOT MEASURED on this machine today: {excluded} of {all} blocks are excluded, the last \
             because of {reason}; nothing is ranked"
        );
    }
    let tiers = comparison.tiers();
    let Some(first) = tiers.first() else { return unranked(comparison) };
    let Some(second) = tiers.get(1) else { return only_tier(comparison, first) };
    let lead = comparison.leads.first().map_or_else(String::new, ToString::to_string);
    let (leader, next) = (&first[0].strategy, &second[0].strategy);
    let head = match comparison.quantile_name() {
        Some(quantile) => {
            format!("the {quantile} response time of {next} is {lead} that of {leader}")
        }
        None => format!("{leader} answers {lead} as many requests as {next}"),
    };
    let head = match first[0].ns_per_request.zip(second[0].ns_per_request) {
        Some(([leader, _], [next, _])) => format!("{head}, {}", effect([leader, next])),
        None => head,
    };
    let tied = members(first);
    let last = tiers.last().filter(|_| tiers.len() > 2);
    let last = last.map(|last| slowest(comparison, last));
    [Some(head), tied, members(second), last, inconclusive(comparison), saturated(comparison)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}

/// Describes how the contenders of a tier compare with its leader, if there are several.
fn members(tier: &[&ContenderSummary]) -> Option<String> {
    let tier = conclusive(tier);
    let (leader, others) = tier.split_first()?;
    let is_equal =
        |other: &&&ContenderSummary| matches!(other.within_tier, Some(Verdict::Equal(_)));
    let (equal, open): (Vec<&ContenderSummary>, Vec<&ContenderSummary>) =
        others.iter().copied().partition(|other| is_equal(&other));
    let verb = |several: &[&ContenderSummary]| if several.len() == 1 { "is" } else { "are" };
    let largest = |at_most: f64, other: &&ContenderSummary| match other.within_tier {
        Some(Verdict::NotToldApart { at_most: other }) => at_most.max(other),
        _ => at_most,
    };
    let leader = &leader.strategy;
    let equal = (!equal.is_empty()).then(|| {
        let (names, verb, margin) = (names(&equal), verb(&equal), Margin::DIFFERENCE);
        format!("{names} {verb} equal to {leader} within {margin}")
    });
    let open = (!open.is_empty()).then(|| {
        let (names, verb) = (names(&open), verb(&open));
        let at_most = open.iter().fold(1.0, largest);
        format!("{names} {verb} not told apart from {leader}: at most {at_most:.2} x")
    });
    let found: Vec<String> = equal.into_iter().chain(open).collect();
    (!found.is_empty()).then(|| found.join(", "))
}

/// Returns the contenders of a tier whose rank is conclusive.
fn conclusive<'a>(tier: &[&'a ContenderSummary]) -> Vec<&'a ContenderSummary> {
    tier.iter().copied().filter(|contender| !contender.inconclusive).collect()
}

/// Names the contenders whose rank is inconclusive.
fn inconclusive(comparison: &Comparison) -> Option<String> {
    let contenders = comparison.contenders.iter();
    let inconclusive: Vec<_> = contenders.filter(|contender| contender.inconclusive).collect();
    let verb = if inconclusive.len() == 1 { "is" } else { "are" };
    (!inconclusive.is_empty()).then(|| {
        format!("{} {verb} inconclusive (interval wider than a factor of 2)", names(&inconclusive))
    })
}

/// Names the contenders that are saturated.
fn saturated(comparison: &Comparison) -> Option<String> {
    let saturated: Vec<_> = comparison.contenders.iter().filter(|it| it.is_saturated()).collect();
    let verb = if saturated.len() == 1 { "is" } else { "are" };
    (!saturated.is_empty()).then(|| {
        let names = names(&saturated);
        format!("{names} {verb} saturated (achieved less than 99 % of the offered load, or less than 95 % in a block)")
    })
}

fn slowest(comparison: &Comparison, tier: &[&ContenderSummary]) -> String {
    let slowest = tier.last().expect("a tier has a leader");
    let value = comparison.quantile_name().unwrap_or_else(|| "rate".to_owned());
    match (&comparison.baseline, slowest.ratio) {
        (Some(baseline), Some(ratio)) if *baseline != slowest.strategy => {
            format!("{} is last with {ratio} the {value} of {baseline}", slowest.strategy)
        }
        _ => format!("{} is last", slowest.strategy),
    }
}

/// Describes a comparison in which all contenders are in one tier.
fn only_tier(comparison: &Comparison, tier: &[&ContenderSummary]) -> String {
    match tier {
        [only] => {
            let rate = only.rate.map_or(0.0, |rate| rate.median);
            let unit = RateUnit::for_largest(rate);
            let rate = unit.show(rate);
            format!(
                "{} answers {rate} {}; there is no other contender to compare it with",
                only.strategy, unit.name
            )
        }
        several => {
            let inconclusive = inconclusive(comparison);
            let open = [members(several), inconclusive].into_iter().flatten().collect::<Vec<_>>();
            format!(
                "no contender was found slower than {}; {}",
                several[0].strategy,
                open.join("; ")
            )
        }
    }
}

/// Describes why no contender is ranked.
fn unranked(comparison: &Comparison) -> String {
    let is_contender = |summary: &ContenderSummary| summary.role == Role::Contender;
    let contenders = &comparison.contenders;
    match contenders.iter().filter_map(|it| it.rate).map(|rate| rate.blocks).max() {
        _ if !comparison.summaries().any(is_contender) => {
            "no contender ran, so nothing is ranked".to_owned()
        }
        _ if contenders.is_empty() => "no contender passed the audit".to_owned(),
        _ if contenders.iter().any(|contender| contender.insufficient) => {
            format!(
                "insufficient samples: fewer than {COMPLETED_MIN} requests a block, so nothing is \
                 ranked"
            )
        }
        None => "no block was measured to its end".to_owned(),
        Some(BLOCKS_MIN..) if lacks_quantile(comparison) => {
            "no quantile has 10 samples beyond it in each block and is repeated by this machine, \
             so no response time is ranked"
                .to_owned()
        }
        Some(BLOCKS_MIN..) if saturated(comparison).is_some() => {
            "every contender is saturated, so no tail is ranked".to_owned()
        }
        Some(blocks) => {
            format!("insufficient samples: {blocks} blocks, a rank needs at least {BLOCKS_MIN}")
        }
    }
}

/// Whether an open loop has no quantile that it can be ranked by.
fn lacks_quantile(comparison: &Comparison) -> bool {
    comparison.kind == Kind::OpenLoop && comparison.quantile_ppm.is_none()
}

/// Names the contenders with a violation, then the negative controls whose violation was detected.
fn violations(comparison: &Comparison) -> Option<String> {
    let has_violation =
        |summary: &&ContenderSummary| matches!(summary.audit, AuditSummary::Violation { .. });
    let (controls, contenders): (Vec<_>, Vec<_>) = comparison
        .unranked
        .iter()
        .filter(has_violation)
        .partition(|summary| summary.role == Role::NegativeControl);
    let contenders =
        (!contenders.is_empty()).then(|| format!("VIOLATION, not ranked: {}.", names(&contenders)));
    let controls = (!controls.is_empty())
        .then(|| format!("Negative control {}: violation detected (expected).", names(&controls)));
    let sentences: Vec<String> = contenders.into_iter().chain(controls).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Names the negative controls without a violation. They do not show that the audit detects one.
fn missed(comparison: &Comparison) -> Option<String> {
    let passes = |summary: &&ContenderSummary| matches!(summary.audit, AuditSummary::Pass { .. });
    let controls = comparison.unranked.iter().filter(|it| it.role == Role::NegativeControl);
    let missed: Vec<_> = controls.filter(passes).collect();
    let names = (!missed.is_empty()).then(|| names(&missed))?;
    Some(format!(
        "Negative control {names}: no violation detected, too few commands met on one account."
    ))
}

/// `a`, `a and b`, `a, b and c`.
fn names(summaries: &[&ContenderSummary]) -> String {
    let names: Vec<&str> = summaries.iter().map(|summary| summary.strategy.as_str()).collect();
    listed(&names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparisons;
    use hotrow::scenario::Arrivals;
    use hotrow_results::{MeasurementRow, sample};

    fn answer_to(rows: &[MeasurementRow]) -> String {
        answer(&comparisons(rows)[0])
    }

    /// Other pages quote the sentence. Each kind of result occurs once.
    #[test]
    fn the_answer_names_leaders_ties_and_violations() {
        let title = "On one hot row with 2 threads on memory:";
        assert_eq!(
            answer_to(&sample::rows(8)),
            format!(
                "{title} cas answers 2.00 x [2.00, 2.00] as many requests as mutex, 250 ns a \
                 request less (250 ns against 500 ns); queue is equal to mutex within 3 %; actor \
                 is last with 0.050 x [0.050, 0.050] the rate of mutex. Negative control unsynchronized: violation detected (expected)."
            )
        );
        let mut without_cas = sample::rows(8);
        without_cas.retain(|row| row.strategy != "cas");
        let text = answer_to(&without_cas);
        assert!(text.contains("mutex answers 20.00 x [20.00, 20.00] as many"), "{text}");
        assert!(text.contains("; queue is equal to mutex within 3 %."), "{text}");

        let mut tied = sample::rows(8);
        tied.retain(|row| ["mutex", "queue"].contains(&row.strategy.as_str()));
        assert_eq!(
            answer_to(&tied),
            format!(
                "{title} no contender was found slower than mutex; queue is equal to mutex within \
                 3 %."
            )
        );
        tied.retain(|row| row.strategy == "queue");
        assert_eq!(
            answer_to(&tied),
            format!(
                "{title} queue answers 1.99 Mops/s; there is no other contender to compare it with."
            )
        );
    }

    /// Equal and not told apart are two results: of the second a reader learns how large a
    /// difference may be hidden.
    #[test]
    fn what_is_not_told_apart_is_not_called_equal() {
        let mut rows = sample::rows(8);
        rows.retain(|row| ["mutex", "queue"].contains(&row.strategy.as_str()));
        for row in rows.iter_mut().filter(|row| row.strategy == "queue") {
            row.completed = row.completed * [90, 112][row.block as usize % 2] / 100;
        }
        let text = answer_to(&rows);
        let bound = "not told apart from ";
        assert!(text.contains(bound) && text.contains(": at most 1.1"), "{text}");
        assert!(!text.contains("equal"), "{text}");
    }

    /// Five blocks are too few for a rank, and the answer must say so.
    #[test]
    fn five_blocks_rank_nothing() {
        let text = answer_to(&sample::rows(5));
        let few = "insufficient samples: 5 blocks, a rank needs at least 6.";
        assert!(text.contains(few), "{text}");
    }

    /// With one request a block, the rate only reflects the length of the window.
    #[test]
    fn few_requests_in_a_block_rank_nothing() {
        let mut rows = sample::rows(8);
        let mut complete = |completed: u64| {
            rows.iter_mut().for_each(|row| row.completed = completed);
            answer_to(&rows)
        };
        let one = complete(1);
        assert!(one.contains("insufficient samples: fewer than 20 requests a block"), "{one}");
        assert!(!complete(20).contains("insufficient"), "{}", complete(20));
    }

    /// The p50 of 19 requests has fewer than 10 beyond it. Eight blocks are enough for a rank, but
    /// such a response time is not.
    #[test]
    fn a_response_time_of_few_samples_ranks_nothing() {
        let mut rows = sample::rows(8);
        let mut with_samples = |samples: u64| {
            for row in &mut rows {
                (row.kind, row.arrivals) = (Kind::OpenLoop, Some(Arrivals::Poisson));
                (row.offered_per_s, row.due) = (row.completed, row.completed);
                let ns = 2_000_000_000 / row.completed;
                (row.response_ns_p50, row.response_ns_p99, row.response_ns_max) = (ns, ns, ns);
                row.samples = samples;
            }
            answer_to(&rows)
        };
        let few = with_samples(19);
        assert!(few.contains("no quantile has 10 samples beyond it"), "{few}");
        let enough = with_samples(100);
        assert!(enough.contains("the p50 response time of mutex is 2.00 x ["), "{enough}");
        let many = with_samples(1_250);
        assert!(many.contains("the p99 response time of mutex is 2.00 x ["), "{many}");
    }

    /// Two unexpected audits: a contender with a violation, and a negative control without one.
    #[test]
    fn unexpected_audit_verdicts_are_reported() {
        let mut rows = sample::rows(8);
        for row in &mut rows {
            row.verdict = match row.strategy.as_str() {
                "queue" => hotrow_results::AuditVerdict::Violation,
                _ => hotrow_results::AuditVerdict::Pass,
            };
        }
        let text = answer_to(&rows);
        assert!(text.contains("VIOLATION, not ranked: queue."), "{text}");
        let missed = "Negative control unsynchronized: no violation detected";
        assert!(text.contains(missed), "{text}");
    }
}
