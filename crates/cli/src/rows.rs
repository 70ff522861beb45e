//! Turns measurements of the engine into rows of results.

use std::time::Duration;

use hotrow::scenario::{Clients, Latency, Load, Scenario};
use hotrow_engine::{LatencyHistogram, Measurement, OpenLoop};
use hotrow_registry::Entry;
use hotrow_results::{
    AuditVerdict, Build, ClientKind, Kind, LADDER_PPM, MeasurementRow, QuantileRow, Role,
    RowContext, SCHEMA, TimeKind, stats,
};

/// What this program was built from.
pub const BUILD: Build = Build {
    hotrow: env!("CARGO_PKG_VERSION"),
    rustc: env!("HOTROW_RUSTC"),
    profile: env!("HOTROW_PROFILE"),
    commit: env!("HOTROW_COMMIT"),
};

/// The row of a measurement.
pub fn measurement_row(
    context: RowContext<'_>,
    scenario: &Scenario,
    entry: &Entry,
    role: Role,
    measured: &Measurement,
) -> MeasurementRow {
    let (verdict, audited_entries, violation) = match &measured.verdict {
        Some(Ok(audited)) => (AuditVerdict::Pass, audited.entries, String::new()),
        Some(Err(violation)) => (AuditVerdict::Violation, 0, violation.to_string()),
        None => (AuditVerdict::NotAudited, 0, String::new()),
    };
    let (arrivals, offered_per_s, think) = match scenario.load {
        Load::Closed { think } => (None, 0.0, think),
        Load::Open { arrivals, per_second } => (Some(arrivals), per_second, Duration::ZERO),
    };
    let open = measured.open.as_ref();
    let responses = open.map(|open| &open.response);
    let response = |quantile| responses.map_or(0, |times| times.quantile_ns(quantile));
    let opened = |of: fn(&OpenLoop) -> u64| open.map_or(0, of);
    let service = &measured.service;
    MeasurementRow {
        schema: SCHEMA,
        run: context.run.to_owned(),
        fork: context.fork,
        block: context.block,
        position: context.position,
        scenario: scenario.id(entry.store),
        store: entry.store.to_owned(),
        users: scenario.users,
        clients: scenario.clients.count(),
        client_kind: match scenario.clients {
            Clients::Threads(_) => ClientKind::Threads,
            Clients::Tasks(_) => ClientKind::Tasks,
        },
        mix: Some(scenario.mix),
        latency: scenario.latency,
        strategy: entry.strategy.to_owned(),
        family: entry.family.to_string(),
        role,
        seed: context.seed,
        window_ns: measured.window_ns,
        completed: measured.completed(),
        completed_by_slowest: measured.completed_by.iter().min().copied().unwrap_or(0),
        completed_by_fastest: measured.completed_by.iter().max().copied().unwrap_or(0),
        samples: service.samples(),
        ns_p50: service.quantile_ns(0.5),
        ns_p99: service.quantile_ns(0.99),
        ns_p999: service.quantile_ns(0.999),
        ns_max: service.max_ns(),
        applied: measured.applied,
        rejected: measured.rejected,
        indeterminate: measured.indeterminate,
        reads: measured.reads,
        verdict,
        audited_entries,
        violation,
        truncated: measured.truncated,
        kind: kind_of(scenario, entry.performs_io),
        distribution: scenario.distribution,
        arrivals,
        offered_per_s: rounded(offered_per_s),
        think_ns: u64::try_from(think.as_nanos()).unwrap_or(u64::MAX),
        work: scenario.work,
        ledger: scenario.ledger,
        due: opened(|open| open.due),
        late_starts: opened(|open| open.late_starts),
        backlog_max: opened(|open| open.backlog_max),
        response_ns_p50: response(0.5),
        response_ns_p99: response(0.99),
        response_ns_p999: response(0.999),
        response_ns_max: responses.map_or(0, LatencyHistogram::max_ns),
        stalled_ns_max: measured.stalled_ns_max,
        jain_ppm: jain_ppm(&measured.completed_by),
        cpu_ns: measured.cpu_ns,
        switches_voluntary: measured.switches_voluntary,
        switches_forced: measured.switches_forced,
        retries: measured.retries,
        started_ms: context.started_ms,
        excluded_because: context.excluded_because.to_owned(),
        offered_per_1000_s: rounded(offered_per_s * 1e3),
        workload: context.workload.to_owned(),
        response_ns_p75: response(0.75),
        response_ns_p90: response(0.9),
        response_ns_p95: response(0.95),
    }
}

/// What a scenario is measured for.
fn kind_of(scenario: &Scenario, performs_io: bool) -> Kind {
    match (scenario.latency, scenario.load) {
        (_, Load::Open { .. }) => Kind::OpenLoop,
        _ if performs_io => Kind::Database,
        (Latency::None, _) => Kind::ClosedLoop,
        _ => Kind::Simulated,
    }
}

/// The quantiles of a measurement that became `row`: none where only a sample of the requests was
/// timed.
pub(super) fn quantile_rows(row: &MeasurementRow, measured: &Measurement) -> Vec<QuantileRow> {
    let responses = measured.open.as_ref().map(|open| &open.response);
    let service = (row.kind != Kind::ClosedLoop).then_some(&measured.service);
    let all = [(TimeKind::Service, service), (TimeKind::Response, responses)];
    let timed = all.into_iter().filter_map(|(time_kind, times)| Some((time_kind, times?)));
    let timed = timed.filter(|(_, times)| times.samples() > 0);
    timed.map(|(time_kind, times)| quantile_row(row, time_kind, times)).collect()
}

fn quantile_row(
    row: &MeasurementRow,
    time_kind: TimeKind,
    times: &LatencyHistogram,
) -> QuantileRow {
    let [p10, p25, p50, p75, p90, p95, p99, p995, p999, p9995, p9999, p99999] =
        LADDER_PPM.map(|ppm| times.quantile_ns(f64::from(ppm) / 1e6));
    QuantileRow {
        schema: SCHEMA,
        run: row.run.clone(),
        fork: row.fork,
        block: row.block,
        scenario: row.scenario.clone(),
        strategy: row.strategy.clone(),
        role: row.role,
        time_kind,
        samples: times.samples(),
        ns_p10: p10,
        ns_p25: p25,
        ns_p50: p50,
        ns_p75: p75,
        ns_p90: p90,
        ns_p95: p95,
        ns_p99: p99,
        ns_p995: p995,
        ns_p999: p999,
        ns_p9995: p9995,
        ns_p9999: p9999,
        ns_p99999: p99999,
        ns_max: times.max_ns(),
    }
}

/// Jain's index of what clients completed, in millionths; 0 if no client completed a request.
fn jain_ppm(completed_by: &[u64]) -> u64 {
    let completed: Vec<f64> = completed_by.iter().map(|&completed| completed as f64).collect();
    stats::jain(&completed).map_or(0, |index| rounded(index * 1e6))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is neither")]
fn rounded(number: f64) -> u64 {
    number.round() as u64
}
