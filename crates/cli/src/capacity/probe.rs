//! One probe: a contender at one load, measured and turned into a row.

use std::time::{Duration, Instant};

use super::{
    objective::{Objective, requests_needed},
    setup::Setup,
};
use crate::plan::PlannedContender;
use hotrow::{
    scenario::{Arrivals, Clients, Load, Scenario},
    workload::ArrivalTimes,
};
use hotrow_engine::{Iteration, LatencyHistogram, Measurement, Schedule, Stop, planned_window};
use hotrow_results::{AuditVerdict, CapacityRow, ClientKind, ProbeKind, SCHEMA};
use hotrow_verify::contract::Candidate;

/// The phase before a window.
const WARM_UP: Duration = Duration::from_millis(20);

/// The shortest window of a probe.
const WINDOW_MIN: Duration = Duration::from_millis(100);

/// The longest window in real time: a load that needs a longer one cannot be resolved.
const WINDOW_MAX: Duration = Duration::from_secs(2);

/// The longest window in simulated time, which costs little.
const WINDOW_MAX_SIMULATED: Duration = Duration::from_secs(86_400);

/// Requests to plan for, as a multiple of those that a quantile needs: arrivals are random.
const SPARE: f64 = 1.5;

/// A probe to make.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    pub(super) kind: ProbeKind,
    pub(super) contender: PlannedContender,
    /// The offered load; `None` for a closed loop.
    pub(super) load: Option<f64>,
    pub(super) share_ppm: u32,
    pub(super) block: u32,
    pub(super) position: u32,
    /// The number of the random stream; equal numbers have equal requests and arrivals.
    pub(super) stream: u32,
}

/// Limits a load to what an open loop can offer, and rounds it to what a row can hold.
pub(super) fn offered(load: f64) -> f64 {
    (load.clamp(ArrivalTimes::RATE_MIN, ArrivalTimes::RATE_MAX) * 1e3).round() / 1e3
}

/// Returns the length of a window in which the quantile has enough requests at this load.
pub(super) fn window(setup: &Setup, load: f64, quantile_ppm: u32) -> Duration {
    let most = if setup.is_simulated() { WINDOW_MAX_SIMULATED } else { WINDOW_MAX };
    let seconds = SPARE * requests_needed(quantile_ppm) as f64 / load;
    Duration::from_secs_f64(seconds.min(most.as_secs_f64())).max(WINDOW_MIN)
}

/// Returns the requests that the longest window has at this load, with some to spare.
pub(super) fn requests_at_most(setup: &Setup, load: f64) -> u64 {
    let most = if setup.is_simulated() { WINDOW_MAX_SIMULATED } else { WINDOW_MAX };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rough count")]
    let requests = (load * most.as_secs_f64() / SPARE) as u64;
    requests
}

/// Makes a probe.
pub(super) fn measure(
    setup: &Setup,
    probe: &Probe,
    slo: Option<Objective>,
    stop: &Stop,
) -> Measurement {
    let load = match probe.load {
        Some(per_second) => Load::Open { arrivals: Arrivals::Poisson, per_second },
        None => Load::CLOSED,
    };
    let quantile_ppm = slo.map_or(990_000, |slo| slo.quantile_ppm);
    let planned = match probe.load {
        Some(load) => planned_window(setup.scenario.latency, window(setup, load, quantile_ppm)),
        None => WINDOW_MIN,
    };
    let schedule = Schedule {
        blocks: 1,
        warm_up: WARM_UP,
        capacity_window: planned,
        latency_window: Duration::ZERO,
        seed: setup.seed,
    };
    let scenario = Scenario { load, ..setup.scenario };
    let iteration = Iteration { scenario, schedule, block: probe.stream, location: setup.location };
    (probe.contender.entry.measure)(&iteration, stop)
}

/// Returns the row of a probe.
pub(super) fn row(
    setup: &Setup,
    run: &str,
    probe: &Probe,
    slo: Option<Objective>,
    began: Instant,
    measured: &Measurement,
) -> CapacityRow {
    let Scenario { users, distribution, clients, mix, work, ledger, latency, .. } = setup.scenario;
    let (clients, client_kind) = match clients {
        Clients::Threads(count) => (count, ClientKind::Threads),
        Clients::Tasks(count) => (count, ClientKind::Tasks),
    };
    let (verdict, violation) = match &measured.verdict {
        Some(Ok(_)) => (AuditVerdict::Pass, String::new()),
        Some(Err(violation)) => (AuditVerdict::Violation, violation.to_string()),
        None => (AuditVerdict::NotAudited, String::new()),
    };
    let open = measured.open.clone().unwrap_or_default();
    let PlannedContender { entry, role } = probe.contender;
    let Candidate { store, strategy, family, .. } = **entry;
    let ns = |ppm: u32| open.response.quantile_ns(f64::from(ppm) / 1e6);
    CapacityRow {
        schema: SCHEMA,
        run: run.to_owned(),
        block: probe.block,
        position: probe.position,
        probe: probe.kind,
        scenario: setup.scenario.id(store),
        store: store.to_owned(),
        users,
        clients,
        client_kind,
        mix: mix.to_string(),
        distribution: distribution.to_string(),
        latency: latency.to_string(),
        work,
        ledger,
        strategy: strategy.to_owned(),
        family: family.to_string(),
        role,
        seed: setup.seed,
        slo_quantile_ppm: slo.map_or(0, |slo| slo.quantile_ppm),
        slo_ns: slo.map_or(0, |slo| slo.bound_ns),
        achieved_min_ppm: setup.achieved_ppm,
        offered_per_1000_s: thousandths(probe.load.unwrap_or(0.0)),
        curve_share_ppm: probe.share_ppm,
        window_ns: measured.window_ns,
        due: open.due,
        completed: measured.completed(),
        within_slo: slo.map_or(0, |slo| below(&open.response, slo.bound_ns)),
        response_ns_p50: ns(500_000),
        response_ns_slo: slo.map_or(0, |slo| ns(slo.quantile_ppm)),
        late_starts: open.late_starts,
        backlog_max: open.backlog_max,
        verdict,
        violation,
        truncated: measured.truncated,
        excluded_because: String::new(),
        noise: String::new(),
        started_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

/// Returns the number of times below `bound_ns`, to the resolution of the histogram.
fn below(times: &LatencyHistogram, bound_ns: u64) -> u64 {
    match bound_ns {
        0 => 0,
        _ => times.histogram().count_between(0, bound_ns - 1),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "loads are limited")]
fn thousandths(load: f64) -> u64 {
    (load * 1e3).round() as u64
}
