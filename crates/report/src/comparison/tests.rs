//! Tests of `comparison.rs`.

use super::*;
use hotrow_results::{AuditVerdict, sample};

fn names(summaries: &[ContenderSummary]) -> Vec<(&str, Option<usize>)> {
    summaries.iter().map(|summary| (summary.strategy.as_str(), summary.rank)).collect()
}

/// A contender that is fast in one block and slow in the next is not significantly slower than
/// the leader. A tie would mean that it is as fast, so it is marked as inconclusive.
#[test]
fn a_contender_with_a_wide_interval_is_inconclusive_and_not_a_tie() {
    let mut rows = sample::rows(8);
    let mut noisy = sample::series("noisy", 5_000_000, 8);
    noisy.iter_mut().step_by(2).for_each(|row| row.completed /= 50);
    rows.extend(noisy);
    let comparison = &comparisons(&rows)[0];
    let is_inconclusive = |summary: &&ContenderSummary| summary.inconclusive;
    let inconclusive: Vec<&ContenderSummary> =
        comparison.contenders.iter().filter(is_inconclusive).collect();
    assert_eq!(inconclusive.len(), 1);
    assert_eq!(inconclusive[0].strategy, "noisy");
}

/// The fastest contender has a violation in one of eight blocks. It must not be ranked first.
#[test]
fn a_contender_with_a_violation_is_not_ranked() {
    let mut rows = sample::rows(8);
    rows.extend(sample::series("lucky", 9_000_000, 8));
    let last = rows.last_mut().unwrap();
    (last.verdict, last.violation) = (AuditVerdict::Violation, "user 1: lost 5".to_owned());

    let comparison = &comparisons(&rows)[0];
    let ranked = [("cas", Some(1)), ("mutex", Some(2)), ("queue", Some(2)), ("actor", Some(3))];
    assert_eq!(names(&comparison.contenders), ranked);
    assert_eq!(names(&comparison.unranked), [("lucky", None), ("unsynchronized", None)]);
    let AuditSummary::Violation { blocks: 1, violation } = &comparison.unranked[0].audit else {
        panic!()
    };
    assert_eq!(violation, "user 1: lost 5");
}

/// The rate of a truncated measurement is over a part of the window. It must not be used, but
/// its audit must.
#[test]
fn a_truncated_row_is_audited_and_never_ranked() {
    let mut rows = sample::rows(8);
    for row in rows.iter_mut().filter(|row| row.strategy == "queue" && row.block > 4) {
        row.truncated = true;
    }
    let comparison = &comparisons(&rows)[0];
    let last = comparison.contenders.last().unwrap();
    assert_eq!((last.strategy.as_str(), last.rank), ("queue", None));
    assert_eq!(last.rate.unwrap().blocks, 5);
    assert_eq!(last.audit, AuditSummary::Pass { entries: 8_000 });
    assert!(comparison.partial);
}

/// The order of rows is shuffled. A table that depends on it would differ from run to run.
#[test]
fn the_order_of_rows_does_not_matter() {
    let mut rows = sample::rows(8);
    let before = comparisons(&rows);
    rows.reverse();
    assert_eq!(comparisons(&rows), before);
}

/// Without the preferred baseline another contender is taken, and never one with a violation.
#[test]
fn the_baseline_passes_its_audit() {
    let without = |removed: &[&str]| {
        let mut rows = sample::rows(8);
        rows.retain(|row| !removed.contains(&row.strategy.as_str()));
        comparisons(&rows)[0].baseline.clone()
    };
    assert_eq!(without(&[]).as_deref(), Some("mutex"));
    assert_eq!(without(&["mutex"]).as_deref(), Some("actor"));
    assert_eq!(without(&["mutex", "cas", "queue", "actor"]), None);
    let mut rows = sample::rows(8);
    rows.iter_mut().find(|row| row.strategy == "mutex").unwrap().verdict = AuditVerdict::Violation;
    assert_eq!(comparisons(&rows)[0].baseline.as_deref(), Some("actor"));
}
