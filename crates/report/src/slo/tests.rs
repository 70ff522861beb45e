//! Tests of capacities from made-up ladders.

use super::*;
use hotrow_results::{AuditVerdict, sample};

const LOADS: [f64; 3] = [80_000.0, 100_000.0, 120_000.0];

/// A ladder of eight blocks whose probes pass up to the load `keeps`.
fn ladder(strategy: &str, keeps: f64) -> Vec<CapacityRow> {
    let block = |block| LOADS.map(|load| sample::probe(strategy, block, load, load <= keeps));
    (0..8).flat_map(block).collect()
}

fn rows(ladders: &[(&str, f64)]) -> Vec<CapacityRow> {
    ladders.iter().flat_map(|(strategy, keeps)| ladder(strategy, *keeps)).collect()
}

fn limits(capacity: &SloCapacity<'_>) -> Vec<(String, Limit)> {
    capacity.contenders.iter().map(|it| (it.strategy.to_owned(), it.limit)).collect()
}

/// The table names the leader, the interval of each, and why each stops.
#[test]
fn the_table_has_each_capacity_and_why_it_ends() {
    let mut rows = rows(&[("mutex", 80_000.0), ("cas", 100_000.0)]);
    for row in rows.iter_mut().filter(|row| row.strategy == "mutex" && !row.passes()) {
        row.completed /= 2;
    }
    let capacities = slo_capacities(&rows);
    let [capacity] = &capacities[..] else { panic!("{capacities:?}") };
    assert_eq!(capacity.objective(), "p99<1ms");
    let text = capacity.markdown();
    let answer = "cas takes the most requests a second with p99<1ms and at least 99 % completed, \
        on memory/users=1/threads=2/charge:50,use:50,read:0/none: 110 k, 95 % interval [100 k, \
        120 k].";
    assert!(text.starts_with(answer), "{text}");
    assert!(text.contains("| cas | 110 k | [100 k, 120 k] | leader | slo |"), "{text}");
    let mutex = "| mutex | 89.4 k | [80.0 k, 100 k] | 0.82 x [0.67, 1.00] | achieved |";
    assert!(text.contains(mutex), "{text}");
    assert!(text.contains("8 blocks"), "{text}");
}

/// A contender that breaks its promise in one probe must not appear with a capacity.
#[test]
fn a_violation_has_no_capacity() {
    let mut rows = rows(&[("mutex", 80_000.0), ("cas", 100_000.0)]);
    let violated = rows.iter_mut().find(|row| row.strategy == "cas").unwrap();
    violated.verdict = AuditVerdict::Violation;
    violated.violation = "user 1: lost 5".to_owned();
    rows.push(CapacityRow {
        probe: ProbeKind::Closed,
        slo_quantile_ppm: 0,
        slo_ns: 0,
        verdict: AuditVerdict::Violation,
        ..sample::probe("rwlock", 0, 0.0, false)
    });
    let capacities = slo_capacities(&rows);
    let text = capacities[0].terminal(100);
    assert!(text.contains("rwlock: VIOLATION"), "{text}");
    assert!(text.starts_with("mutex takes the most"), "{text}");
    assert!(text.contains("cas: VIOLATION: user 1: lost 5"), "{text}");
    assert_eq!(capacities[0].contenders[1].capacity(), None);
}

/// Two intervals that share loads do not say which strategy takes more, and the first sentence must
/// not claim it.
#[test]
fn overlapping_intervals_have_no_winner() {
    let mut close = rows(&[("mutex", 100_000.0), ("cas", 100_000.0)]);
    let of_mutex = |row: &&mut CapacityRow| row.strategy == "mutex" && row.offered() > 90_000.0;
    for row in close.iter_mut().filter(of_mutex).take(2) {
        row.within_slo = 0;
    }
    let answer = slo_capacities(&close)[0].answer();
    assert!(answer.starts_with("The highest capacity is not told apart"), "{answer}");
    assert!(answer.ends_with("which reaches those of mutex."), "{answer}");
}

/// If `noop` stops at the same load, the number is of the machine and must say so.
#[test]
fn where_noop_stops_too_the_machine_is_the_limit() {
    let both = rows(&[("cas", 100_000.0), ("mutex", 10_000.0), ("noop", 100_000.0)]);
    let capacities = slo_capacities(&both);
    let answer = capacities[0].answer();
    assert!(answer.starts_with("No order is known"), "{answer}");
    let expected = [("cas", Limit::Machine), ("mutex", Limit::BelowLadder)];
    assert_eq!(limits(&capacities[0]), expected.map(|(name, limit)| (name.to_owned(), limit)));
    // Noise at the highest load leaves the upper end open, far below where noop stops.
    let mut open = rows(&[("mutex", 80_000.0)]);
    for row in open.iter_mut().filter(|row| row.offered() > 110_000.0 && row.block < 3) {
        row.within_slo = row.due;
    }
    let above = |load: f64| (0..8).map(move |block| sample::probe("noop", block, load, true));
    open.extend(above(500_000.0));
    let capacities = slo_capacities(&open);
    assert_eq!(capacities[0].contenders[0].threshold.high, None);
    assert_eq!(limits(&capacities[0]), [("mutex".to_owned(), Limit::Response)]);
    let quiet = rows(&[("mutex", 80_000.0), ("noop", 1e6)]);
    assert_eq!(limits(&slo_capacities(&quiet)[0]), [("mutex".to_owned(), Limit::Response)]);
}

/// Excluded blocks, too few of them, and probes with too few requests claim nothing.
#[test]
fn what_cannot_be_resolved_claims_nothing() {
    let mut excluded = rows(&[("cas", 100_000.0)]);
    for row in excluded.iter_mut().filter(|row| row.block > 4) {
        row.excluded_because = "steal 9 %".to_owned();
    }
    let capacities = slo_capacities(&excluded);
    assert_eq!(limits(&capacities[0]), [("cas".to_owned(), Limit::Blocks)]);
    assert!(capacities[0].caption().contains("Excluded blocks: 3 (steal 9 %)"));
    let mut few = rows(&[("cas", 100_000.0)]);
    few[0].due = 999;
    assert_eq!(limits(&slo_capacities(&few)[0]), [("cas".to_owned(), Limit::Samples)]);
    let mut noisy = rows(&[("cas", 100_000.0)]);
    noisy[0].noise = "other programs used 40 %".to_owned();
    assert!(slo_capacities(&noisy)[0].answer().starts_with("NOISY: cas"), "{noisy:?}");
}

/// The chart has the probed loads of each contender, and the curve its own table.
#[test]
fn the_chart_and_the_curve_show_response_by_load() {
    let mut rows = rows(&[("cas", 100_000.0)]);
    let curve = |share, load, passes| CapacityRow {
        probe: ProbeKind::Curve,
        curve_share_ppm: share,
        ..sample::probe("cas", 0, load, passes)
    };
    rows.push(curve(300_000, 30_000.0, true));
    rows.push(CapacityRow { completed: 1, ..curve(950_000, 95_000.0, false) });
    rows.push(curve(0, 50_000.0, true));
    let capacities = slo_capacities(&rows);
    let text = capacities[0].markdown();
    assert!(text.contains("| strategy | 0.3 C | 0.95 C | 50.0 k |"), "{text}");
    assert!(text.contains("| cas | 2.00 us / 90.0 us | sat | 2.00 us / 90.0 us |"), "{text}");
    let svg = capacity_chart(&capacities[0], None).unwrap().svg();
    assert!(svg.contains("Response time by load, for p99&lt;1ms"), "{svg}");
    assert!(svg.contains("cas"), "{svg}");
    let run = StoredRun { capacity: rows.clone(), ..sample::run(&[]) };
    assert!(response_by_load(&run).is_some());
    assert_eq!(
        markdown(&sample::run(&[])).unwrap_err(),
        "the run has no probes of `hotrow capacity`"
    );
}

/// An objective is shown as it is typed, so that it can be pasted.
#[test]
fn an_objective_is_shown_as_it_is_typed() {
    assert_eq!(objective(990_000, 1_000_000), "p99<1ms");
    assert_eq!(objective(999_000, 1_500), "p99.9<1.5us");
    assert_eq!(objective(500_000, 100_000), "p50<100us");
}
