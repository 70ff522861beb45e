use super::*;
use crate::source::Source;
use hotrow_results::{AuditVerdict, ClientKind, Role, StoredRun, sample, stats::Better};

/// Rows of a server whose request takes `cpu_ns`, alternately 1 % more and less. It uses one core
/// all the time.
fn server(
    strategy: &str,
    role: Role,
    request: &str,
    cores: &str,
    cpu_ns: u64,
) -> Vec<MeasurementRow> {
    let row = |block: u32| {
        let swing = if block.is_multiple_of(2) { 101 } else { 99 };
        MeasurementRow {
            scenario: format!("http/{request}/connections=32/cores={cores}"),
            clients: 32,
            client_kind: ClientKind::Connections,
            role,
            kind: Kind::Http,
            cpu_ns: 1_000_000_000,
            completed: 100_000_000_000 / (cpu_ns * swing),
            completed_by_slowest: 0,
            completed_by_fastest: 0,
            ..sample::row(strategy, block, 1)
        }
    };
    (0..8).map(row).collect()
}

/// A service that costs a little less than twice hyper's hello, three strategies that tie, an
/// actor, and an A/A control.
fn rows() -> Vec<MeasurementRow> {
    let mut rows = server("noop", Role::Reference, "charge", "one", 9_500);
    rows.extend(server("hyper", Role::Reference, "charge", "one", 8_000));
    rows.extend(server("queue", Role::Contender, "read", "one", 8_000));
    rows.extend(server("hyper", Role::Reference, "charge", "each", 8_000));
    for cores in ["one", "each"] {
        rows.extend(server("hyper", Role::Reference, "hello", cores, 5_100));
        rows.extend(server("node", Role::Reference, "hello", cores, 30_000));
        rows.extend(server("node", Role::Reference, "charge", cores, 40_000));
        rows.extend(server("queue", Role::Contender, "charge", cores, 10_000));
    }
    for cores in ["one", "all"] {
        for (strategy, cpu_ns) in [("mutex", 10_010), ("cas", 9_990), ("actor", 12_000)] {
            rows.extend(server(strategy, Role::Contender, "charge", cores, cpu_ns));
        }
        rows.extend(server("queue", Role::AaControl, "charge", cores, 10_300));
    }
    rows.extend(server("queue", Role::Contender, "charge", "all", 10_000));
    for row in rows.iter_mut().filter(|row| row.role == Role::Reference) {
        row.verdict = AuditVerdict::NotAudited;
    }
    rows
}

/// The same strategies in process, with two threads and with one.
fn process() -> StoredRun {
    let mut rows = sample::rows(8);
    let single = rows.clone().into_iter().map(|row| MeasurementRow {
        scenario: "memory/users=1/threads=1/charge:50,use:50,read:0/none".to_owned(),
        clients: 1,
        cpu_ns: row.cpu_ns / 4,
        ..row
    });
    let single: Vec<MeasurementRow> = single.collect();
    rows.extend(single);
    sample::run(&rows)
}

fn rendered(rows: &[MeasurementRow]) -> Result<String, String> {
    let (run, process) = (sample::run(rows), process());
    let sources =
        [Source { name: "box/http", run: &run }, Source { name: "box/standard", run: &process }];
    http(&RenderContext { source: sources[0], sources: &sources, rest: "box/standard" })
}

/// Each bound can hold or not hold, or be inconclusive.
#[test]
fn a_bound_is_judged_by_the_interval() {
    let text = http_terminal(&rows());
    let bounds = "A charge with queue takes 1.96 x [1.96, 1.96] the processor time of a hello of \
        bare hyper (the bound, at most 2 x, holds), and the service answers 3.00 x [3.00, 3.00] as \
        many charges a second as Node answers hellos (the bound, at least 2.5 x, holds) and 4.00 x \
        [4.00, 4.00] as many as Node answers charges without checks.";
    assert!(text.contains(bounds), "{text}");

    let mut expensive = rows();
    expensive.retain(|row| row.strategy != "hyper" && row.strategy != "node");
    // Each bound must be judged on its own cores: on the other cores it would hold.
    expensive.extend(server("hyper", Role::Reference, "hello", "one", 4_900));
    expensive.extend(server("hyper", Role::Reference, "hello", "each", 9_000));
    expensive.extend(server("node", Role::Reference, "hello", "one", 90_000));
    expensive.extend(server("node", Role::Reference, "hello", "each", 20_000));
    let text = http_terminal(&expensive);
    assert_eq!(text.matches("does not hold").count(), 2, "{text}");

    // The values lie on both sides of the bound.
    for row in expensive.iter_mut().filter(|row| row.strategy == "hyper" && row.block < 4) {
        row.completed = row.completed * 9 / 10;
    }
    assert!(http_terminal(&expensive).contains("is inconclusive: the interval contains it"));
    expensive.retain(|row| row.block < 3);
    assert!(http_terminal(&expensive).contains("is inconclusive: insufficient samples"));
}

/// A request of 10 us, of which half a microsecond is beyond `noop`. The share of the strategy is
/// shown by both methods, which are independent.
#[test]
fn the_share_is_shown_in_process_and_beyond_noop() {
    let text = rendered(&rows()).unwrap();
    let sentence = "A charge with queue takes 10.0 us of processor time over HTTP, and a command in \
        process with 1 thread 251 ns: the share of the strategy is 2.51 %.";
    assert!(text.contains(sentence), "{text}");
    let queue = "| one, shared | queue | charge | 10.0 us | 1.96 x [1.96, 1.96] | +500 ns (5.0 % \
        [5.0, 5.0]) | 251 ns |";
    assert!(text.contains(queue), "{text}");
    assert!(
        text.contains("| noop | charge | 9.50 us | 1.86 x [1.86, 1.86] | - | 6 ns |"),
        "{text}"
    );
    let origin = "_In process: `hotrow --results results/box/quick`, run made-up in \
        `results/box/standard`._";
    assert!(text.contains(origin), "{text}");
    assert_eq!(rendered(&rows()), Ok(text));
}

/// Differences that are smaller than that of two servers with one strategy must not be reported as
/// significant, and larger ones must be.
#[test]
fn only_differences_beyond_the_noise_are_counted() {
    let text = http_terminal(&rows());
    let sentence = "Two servers with queue differ by at most 3.0 % in the processor time per request \
        (A/A, 95 % confidence); pairs of strategies that differ in requests a second: 3 of 6 with \
        cores=all and 3 of 6 with cores=one.";
    assert!(text.contains(sentence), "{text}");
    let few: Vec<MeasurementRow> = rows().into_iter().filter(|row| row.block < 3).collect();
    assert!(http_terminal(&few).contains("0 of 6 with cores=one"));
}

/// A violation or an excluded block invalidates what the table shows.
#[test]
fn violations_and_excluded_blocks_are_reported() {
    let quiet = http_terminal(&rows());
    assert!(quiet.contains("pass") && !quiet.contains("Excluded"), "{quiet}");
    let mut rows = rows();
    for row in &mut rows {
        if row.strategy == "cas" && row.block == 0 {
            row.verdict = AuditVerdict::Violation;
            row.violation = "the balance is 5".to_owned();
        }
        if row.block == 7 {
            row.excluded_because = "foreign cpu 7.1 % > 3 %".to_owned();
        }
    }
    let text = http_terminal(&rows);
    assert!(text.contains("VIOLATION\n"), "{text}");
    assert!(text.contains("cas: violation: the balance is 5.\n"), "{text}");
    let excluded = "Excluded blocks: 1, the last because of foreign cpu 7.1 % > 3 %. The table \
        leaves them out.";
    assert!(text.contains(excluded), "{text}");
    rows.iter_mut()
        .filter(|row| row.block > 2)
        .for_each(|row| row.excluded_because = "steal".to_owned());
    assert!(http_terminal(&rows).contains("Nothing is measured: the table shows all blocks."));
}

/// The share needs the in-process run. Without the default strategy, the table has no sentences.
#[test]
fn a_missing_run_is_reported_and_a_missing_strategy_has_no_sentence() {
    let run = sample::run(&rows());
    let source = Source { name: "box/http", run: &run };
    let missing = http(&RenderContext { source, sources: &[source], rest: "box/standard" });
    assert!(missing.unwrap_err().ends_with("there is no run in results/box/standard"));
    let others: Vec<MeasurementRow> =
        rows().into_iter().filter(|row| row.strategy != "queue").collect();
    let text = http_terminal(&others);
    assert!(text.contains("hyper") && !text.contains("with queue"), "{text}");
    assert!(http_terminal(&[]).contains("server"));
}

/// Other pages of the run show a server as any scenario: with its cores, and without the fairness,
/// which was not counted.
#[test]
fn a_server_has_a_title_and_no_fairness() {
    let rows: Vec<MeasurementRow> =
        rows().into_iter().filter(|row| row.scenario.contains("charge")).collect();
    let comparisons = comparisons(&rows);
    let titles: Vec<String> = comparisons.iter().map(|it| it.title.to_string()).collect();
    let title =
        |cores| format!("one hot row with 32 connections on memory, over HTTP, cores={cores}");
    assert_eq!(titles, ["all", "each", "one"].map(title));
    assert!(comparisons[2].contenders.iter().all(|contender| contender.fairness.is_none()));
    assert_eq!(comparisons[2].better(), Better::Higher);
}
