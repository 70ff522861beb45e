//! Tests of the comparison of two runs.

use super::*;
use hotrow_results::sample;

fn run(factor: u64) -> Vec<MeasurementRow> {
    let mut rows = sample::rows(12);
    for row in rows.iter_mut().filter(|row| row.strategy == "queue") {
        row.completed = row.completed * factor / 100;
    }
    rows
}

/// A run compared with itself shows no change. A rate that falls by 30 % is reported with its
/// ratio.
#[test]
fn only_a_strategy_that_got_slower_is_reported() {
    let same = Change::between(&run(100), &run(100));
    assert_eq!(same.worse_by(0.0), Vec::<String>::new());
    assert_eq!(same.agreement(), Agreement { same: 3, different: 0, open: 0 });

    let slower = Change::between(&run(100), &run(70));
    let worse = slower.worse_by(0.1);
    assert_eq!(worse.len(), 1, "{worse:?}");
    assert!(worse[0].starts_with("queue on one hot row"), "{worse:?}");
    assert_eq!(slower.worse_by(0.6), Vec::<String>::new());
    assert_eq!(slower.agreement(), Agreement { same: 2, different: 1, open: 0 });
    assert!(slower.terminal(100).contains("SLOWER"));
}

/// Two runs in which nothing counted have nothing to agree on. Once, they were "the same".
#[test]
fn a_scenario_that_was_not_measured_is_not_compared() {
    let mut disturbed = run(100);
    disturbed.iter_mut().for_each(|row| row.excluded_because = "steal".to_owned());
    for change in [Change::between(&disturbed, &disturbed), Change::between(&run(100), &disturbed)]
    {
        assert_eq!((change.scenarios(), change.agreement()), (0, Agreement::default()));
        let text = change.terminal(120);
        assert!(text.contains("run excludes most of its blocks"), "{text}");
    }
}

/// Intervals that overlap do not show that two ratios are the same: these ratios are noisy, and one
/// of them fell by a tenth.
#[test]
fn ratios_whose_intervals_overlap_are_not_the_same() {
    let noisy = |factor: u64| {
        let mut rows = run(factor);
        for row in rows.iter_mut().filter(|row| row.strategy == "queue") {
            row.completed = row.completed * [80, 125, 95, 105][row.block as usize % 4] / 100;
        }
        rows
    };
    let change = Change::between(&noisy(100), &noisy(90));
    assert_eq!(change.agreement(), Agreement { same: 2, different: 0, open: 1 });
    let text = change.terminal(160);
    assert!(text.contains("not told apart: at most"), "{text}");
    assert!(text.contains("This comparison would have found"), "{text}");
}

/// A scenario of one run alone is listed and not silently left out.
#[test]
fn a_scenario_of_one_run_is_listed() {
    let mut other = run(100);
    other.iter_mut().for_each(|row| row.scenario = "other".to_owned());
    let change = Change::between(&run(100), &other);
    assert_eq!(change.skipped().len(), 2, "{:?}", change.skipped());
    let text = change.terminal(120);
    assert!(text.contains("only the earlier run has it"), "{text}");
    assert!(text.contains("only the later run has it"), "{text}");
}
