//! Example rows for tests: a plausible run of one scenario.

use super::{
    AuditVerdict, CapacityRow, CheckRow, ClientKind, Environment, Kind, LoadAverage,
    MeasurementRow, MemoryRow, ProbeKind, Role, SCHEMA, StoredRun,
};
use hotrow::scenario::{KeyDistribution, Latency, Mix};

/// One row of a contender on one hot row with 2 threads, over a window of one second.
pub fn row(strategy: &str, block: u32, completed: u64) -> MeasurementRow {
    MeasurementRow {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        fork: 0,
        block,
        position: 0,
        scenario: "memory/users=1/threads=2/charge:50,use:50,read:0/none".to_owned(),
        store: "memory".to_owned(),
        users: 1,
        clients: 2,
        client_kind: ClientKind::Threads,
        mix: Some(Mix::WRITE_ONLY),
        latency: Latency::None,
        strategy: strategy.to_owned(),
        family: strategy.to_owned(),
        role: Role::Contender,
        seed: 1,
        window_ns: 1_000_000_000,
        completed,
        completed_by_slowest: completed / 2,
        completed_by_fastest: completed / 2,
        samples: 10_000,
        ns_p50: 50,
        ns_p99: 1_250,
        ns_p999: 130_000,
        ns_max: 2_000_000,
        applied: completed,
        rejected: 0,
        indeterminate: 0,
        reads: 0,
        verdict: AuditVerdict::Pass,
        audited_entries: 1_000,
        violation: String::new(),
        truncated: false,
        kind: Kind::ClosedLoop,
        distribution: KeyDistribution::Uniform,
        arrivals: None,
        offered_per_s: 0,
        think_ns: 0,
        work: 0,
        ledger: true,
        due: 0,
        late_starts: 0,
        backlog_max: 0,
        response_ns_p50: 0,
        response_ns_p99: 0,
        response_ns_p999: 0,
        response_ns_max: 0,
        stalled_ns_max: 0,
        jain_ppm: 1_000_000,
        cpu_ns: 2_000_000_000,
        switches_voluntary: 0,
        switches_forced: 0,
        retries: None,
        started_ms: 1_000 * u64::from(block),
        excluded_because: String::new(),
        offered_per_1000_s: 0,
        workload: String::new(),
        response_ns_p75: 0,
        response_ns_p90: 0,
        response_ns_p95: 0,
    }
}

/// A contender whose rate alternates between 1 % above and 1 % below `rate`.
pub fn series(strategy: &str, rate: u64, blocks: u32) -> Vec<MeasurementRow> {
    let swing = rate / 100;
    let rate_of = |block: u32| if block.is_multiple_of(2) { rate + swing } else { rate - swing };
    (0..blocks).map(|block| row(strategy, block, rate_of(block))).collect()
}

/// A scenario with a leader, a tie, a slow contender, an A/A control, two references and a negative
/// control whose violation was detected.
pub fn rows(blocks: u32) -> Vec<MeasurementRow> {
    let mut rows = series("cas", 4_000_000, blocks);
    rows.extend(series("mutex", 2_000_000, blocks));
    rows.extend(series("queue", 1_990_000, blocks));
    rows.extend(series("actor", 100_000, blocks));
    let with = |role, series: Vec<MeasurementRow>| {
        series.into_iter().map(move |row| MeasurementRow { role, ..row })
    };
    rows.extend(with(Role::AaControl, series("mutex", 2_010_000, blocks)));

    let with_verdict =
        |verdict, row: MeasurementRow| MeasurementRow { verdict, audited_entries: 0, ..row };
    let references = [series("noop", 90_000_000, blocks), series("fetch-add", 20_000_000, blocks)];
    let references = references.into_iter().flatten();
    let references = references.map(|row| with_verdict(AuditVerdict::NotAudited, row));
    rows.extend(with(Role::Reference, references.collect()));
    let control = series("unsynchronized", 5_000_000, blocks).into_iter();
    rows.extend(with(Role::NegativeControl, control.collect()).map(|row| MeasurementRow {
        violation: "user 1: entry 7 begins at 40, where the one before ended at 45".to_owned(),
        ..with_verdict(AuditVerdict::Violation, row)
    }));
    for row in rows.iter_mut().filter(|row| row.strategy == "actor") {
        (row.ns_p50, row.ns_p99) = (95_000, 1_200_000);
    }
    rows
}

/// A stored run of these rows, on a machine with two cores.
pub fn run(rows: &[MeasurementRow]) -> StoredRun {
    run_on(rows, 2)
}

/// A stored run of these rows, on a machine with this many cores.
pub fn run_on(rows: &[MeasurementRow], cores: usize) -> StoredRun {
    let load = LoadAverage { one_minute: 0.25, five_minutes: 0.5 };
    let environment = Environment {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        started_at_unix_ms: 1_700_000_000_000,
        command: "hotrow --results results/box/quick".to_owned(),
        seed: 1,
        partial: false,
        cores,
        core_limits: None,
        cpu_model: Some("A Processor".to_owned()),
        os: "linux x86_64".to_owned(),
        kernel: Some("6.1".to_owned()),
        hypervisor: None,
        hotrow: "0.1.0".to_owned(),
        rustc: "rustc 1.95.0".to_owned(),
        profile: "release".to_owned(),
        commit: Some("abcdef123456".to_owned()),
        machine: "box".to_owned(),
        plan: String::new(),
        resumed: 0,
        examination: Vec::new(),
        load_before: Some(load),
        load_after: Some(load),
    };
    let mut rows = rows.to_vec();
    rows.iter_mut().for_each(|row| row.derive_workload(cores));
    StoredRun { rows, ..StoredRun::empty(environment) }
}

/// A probe of a ladder for `p99<1ms` on one hot row with 2 threads. One that fails is too slow and
/// completes all requests.
pub fn probe(strategy: &str, block: u32, offered: f64, passes: bool) -> CapacityRow {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is neither")]
    let due = offered.round() as u64;
    CapacityRow {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        block,
        position: 0,
        probe: ProbeKind::Ladder,
        scenario: "memory/users=1/threads=2/charge:50,use:50,read:0/none".to_owned(),
        store: "memory".to_owned(),
        users: 1,
        clients: 2,
        client_kind: ClientKind::Threads,
        mix: "charge:50,use:50,read:0".to_owned(),
        distribution: "uniform".to_owned(),
        latency: "none".to_owned(),
        work: 0,
        ledger: true,
        strategy: strategy.to_owned(),
        family: strategy.to_owned(),
        role: if strategy == "noop" { Role::Reference } else { Role::Contender },
        seed: 1,
        slo_quantile_ppm: 990_000,
        slo_ns: 1_000_000,
        achieved_min_ppm: 990_000,
        offered_per_1000_s: due * 1_000,
        curve_share_ppm: 0,
        window_ns: 1_000_000_000,
        due,
        completed: due,
        within_slo: if passes { due } else { due / 2 },
        response_ns_p50: 2_000,
        response_ns_slo: if passes { 90_000 } else { 7_000_000 },
        late_starts: 0,
        backlog_max: 3,
        verdict: AuditVerdict::Pass,
        violation: String::new(),
        truncated: false,
        excluded_because: String::new(),
        noise: String::new(),
        started_ms: 0,
    }
}

/// Heap memory of a strategy on the store `memory`.
pub fn memory(strategy: &str, users: u64, receipts: u64, live_bytes: u64) -> MemoryRow {
    MemoryRow {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        store: "memory".to_owned(),
        strategy: strategy.to_owned(),
        users,
        receipts,
        live_bytes,
    }
}

/// The check of a property of a strategy, with `violations` in `trials` executions.
pub fn check(strategy: &str, property: &str, trials: u64, violations: u64) -> CheckRow {
    CheckRow {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        store: "memory".to_owned(),
        strategy: strategy.to_owned(),
        linearizable: strategy != "unsynchronized",
        property: property.to_owned(),
        trials,
        violations,
        violation: if violations > 0 { "adversary: lost 5".to_owned() } else { String::new() },
        store_type: "Memory".to_owned(),
    }
}
