//! Made-up rows for tests: what an honest run of one cell could look like.

use super::{
    CheckRow, ClientKind, Environment, Finding, Kind, LoadAverage, MemoryRow, Role, Row, SCHEMA,
    SavedRun,
};

/// One row of a contender on one hot row with 2 threads, over a window of one second.
pub(crate) fn row(strategy: &str, block: u32, completed: u64) -> Row {
    Row {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        process: 0,
        block,
        position: 0,
        cell: "slab/users=1/threads=2/charge:50,use:50,read:0/none".to_owned(),
        store: "slab".to_owned(),
        users: 1,
        clients: 2,
        client_kind: ClientKind::Threads,
        mix: "charge:50,use:50,read:0".to_owned(),
        latency: "none".to_owned(),
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
        refused: 0,
        unknown: 0,
        reads: 0,
        verdict: Finding::Balanced,
        audited_entries: 1_000,
        violation: String::new(),
        cut_short: false,
        kind: Kind::Throughput,
        keys: "uniform".to_owned(),
        arrivals: "closed".to_owned(),
        offered_per_s: 0,
        think_ns: 0,
        work: 0,
        history: true,
        scheduled: 0,
        late: 0,
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
        invalid: String::new(),
        offered_per_1000_s: 0,
    }
}

/// A contender whose rate is by turns 1 % above and below `rate`.
pub(crate) fn series(strategy: &str, rate: u64, blocks: u32) -> Vec<Row> {
    let swing = rate / 100;
    let rate_of = |block: u32| if block.is_multiple_of(2) { rate + swing } else { rate - swing };
    (0..blocks).map(|block| row(strategy, block, rate_of(block))).collect()
}

/// A cell with a leader, a tie, a straggler, a twin, two limits and a control that was caught.
pub(crate) fn rows(blocks: u32) -> Vec<Row> {
    let mut rows = series("cas", 4_000_000, blocks);
    rows.extend(series("mutex", 2_000_000, blocks));
    rows.extend(series("queue", 1_990_000, blocks));
    rows.extend(series("actor", 100_000, blocks));
    let with = |role, series: Vec<Row>| series.into_iter().map(move |row| Row { role, ..row });
    rows.extend(with(Role::Twin, series("mutex", 2_010_000, blocks)));

    let books = |verdict, row: Row| Row { verdict, audited_entries: 0, ..row };
    let limits = [series("null", 90_000_000, blocks), series("fetch-add", 20_000_000, blocks)];
    let limits = limits.into_iter().flatten().map(|row| books(Finding::NoBooks, row));
    rows.extend(with(Role::Reference, limits.collect()));
    let control = series("unguarded", 5_000_000, blocks).into_iter();
    rows.extend(with(Role::Control, control.collect()).map(|row| Row {
        violation: "user 1: entry 7 begins at 40, where the one before ended at 45".to_owned(),
        ..books(Finding::Wrong, row)
    }));
    for row in rows.iter_mut().filter(|row| row.strategy == "actor") {
        (row.ns_p50, row.ns_p99) = (95_000, 1_200_000);
    }
    rows
}

/// A saved run of these rows.
pub(crate) fn run(rows: &[Row]) -> SavedRun {
    let load = LoadAverage { one_minute: 0.25, five_minutes: 0.5 };
    let environment = Environment {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        started_at_unix_ms: 1_700_000_000_000,
        command: "hotrow --results results/box/quick".to_owned(),
        seed: 1,
        partial: false,
        cores: 2,
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
    SavedRun { rows: rows.to_vec(), ..SavedRun::empty(environment) }
}

/// What a strategy has on the heap of a store in memory.
pub(crate) fn memory(strategy: &str, users: u64, receipts: u64, live_bytes: u64) -> MemoryRow {
    MemoryRow {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        store: "slab".to_owned(),
        strategy: strategy.to_owned(),
        users,
        receipts,
        live_bytes,
    }
}

/// What came of holding a property against a strategy, in so many trials.
pub(crate) fn check(strategy: &str, property: &str, trials: u64, broken: u64) -> CheckRow {
    CheckRow {
        schema: SCHEMA,
        run: "made-up".to_owned(),
        store: "slab".to_owned(),
        strategy: strategy.to_owned(),
        sound: strategy != "unguarded",
        property: property.to_owned(),
        trials,
        broken,
        violation: if broken > 0 { "adversary: lost 5".to_owned() } else { String::new() },
    }
}
