//! Measures one strategy once: a pilot, the run, and the audit.

use std::time::Duration;

use super::{
    Iteration, Measurement, OpenLoop, Stop,
    client::TimestampMode,
    latency_histogram::LatencyHistogram,
    phases::Phases,
    prepare,
    run::{LogMode, Run, RunConfig, UnreadableAccount},
};
use hotrow::scenario::Load;
use hotrow::{
    domain::{Account, Policy, StoreError, UserId},
    scenario::Latency,
    store::{Page, Store},
    strategy::{ConcurrencyStrategy, Family},
    workload::OperationKey,
};
use hotrow_verify::audit::{Audited, ClientLog, RunRecord, Violation};

/// How long clients may wait for their last answers. A client that waits longer is reported as
/// never answered.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest pilot.
const PILOT_MAX: Duration = Duration::from_millis(10);

/// Ledger entries that a pilot touches in advance: 4 MiB, most of what it can fill.
const PILOT_ENTRIES: u64 = 1 << 17;

/// The largest number of ledger entries that are touched in advance: 1 GiB at 32 bytes each.
const LEDGER_ENTRIES_MAX: u64 = 1 << 25;

/// Ledger entries per account for its opening: the first chunk and the one after it.
const ENTRIES_A_USER: u64 = 16;

/// Measures strategy `T` once, and audits the run after its clock has stopped.
///
/// With `stop` set, it ends early and audits what there is. A strategy that never answers is
/// abandoned after ten seconds. Its verdict names the request without an answer, and the threads
/// that wait for it stay until the process ends.
///
/// # Panics
/// If the scenario has no user, or the system cannot start a thread for a client.
pub fn measure<T: ConcurrencyStrategy>(iteration: &Iteration, stop: &Stop) -> Measurement {
    measure_within::<T>(iteration, stop, DRAIN_TIMEOUT)
}

pub(super) fn measure_within<T: ConcurrencyStrategy>(
    iteration: &Iteration,
    stop: &Stop,
    drain_timeout: Duration,
) -> Measurement {
    let windows = Phases::new(iteration);
    let policy = Policy::default();
    let (log_mode, timestamps) = (LogMode::Replies(0), TimestampMode::Measured);
    let config =
        RunConfig { windows, policy, ledger_entries: 0, log_mode, timestamps, drain_timeout };
    let config = match is_reference::<T>() {
        true => RunConfig { log_mode: LogMode::Counts, ..config },
        // These stores keep no ledger whose memory could be touched in advance.
        false if windows.simulated || T::Store::IS_ASYNC => config,
        false => size_buffers_with_pilot::<T>(iteration, &config, stop),
    };
    let run = match Run::<T>::execute(iteration, &config, stop) {
        Ok(run) => run,
        Err(error) => {
            let clients = prepare::clients(iteration) as usize;
            return empty(clients, Some(Err(not_opened(error))));
        }
    };
    let verdict = verdict(&run, iteration, &config);
    let measurement = summary(&run, iteration, verdict);
    run.close();
    measurement
}

fn is_reference<T: ConcurrencyStrategy>() -> bool {
    T::FAMILY == Family::Reference
}

/// Sizes ledgers and logs by a short pilot run that is not counted.
fn size_buffers_with_pilot<T: ConcurrencyStrategy>(
    iteration: &Iteration,
    config: &RunConfig,
    stop: &Stop,
) -> RunConfig {
    let total = config.windows.total();
    let short = (total / 10).min(PILOT_MAX);
    let windows =
        Phases { warm_up: short / 4, capacity: short, latency: Duration::ZERO, ..config.windows };
    let pilot = RunConfig { windows, ledger_entries: PILOT_ENTRIES, ..*config };
    // The run itself reports a store that cannot be opened.
    let Ok(pilot) = Run::<T>::execute(iteration, &pilot, stop) else { return *config };
    let completed: u64 = pilot.reports.iter().map(|report| report.completed).sum();
    let window_ns = u128::from(pilot.times.window_ns.max(1));
    pilot.close();
    // Half as many again, since the pilot pays for page faults and the run does not.
    let commands = u128::from(completed) * total.as_nanos() / window_ns * 3 / 2;
    let opening = iteration.scenario.users.saturating_mul(ENTRIES_A_USER);
    let commands = u64::try_from(commands).unwrap_or(u64::MAX);
    RunConfig {
        ledger_entries: commands.saturating_add(opening).min(LEDGER_ENTRIES_MAX),
        log_mode: LogMode::Replies(commands.min(LEDGER_ENTRIES_MAX)),
        ..*config
    }
}

fn verdict<T: ConcurrencyStrategy>(
    run: &Run<T>,
    iteration: &Iteration,
    config: &RunConfig,
) -> Option<Result<Audited, Violation>> {
    match unanswered(run) {
        Some(violation) => Some(Err(violation)),
        None if is_reference::<T>() => None,
        None => Some(audit(run, iteration, config)),
    }
}

/// Audits the logs against accounts and ledgers, and checks that the accounts do not change
/// afterwards.
fn audit<T: ConcurrencyStrategy>(
    run: &Run<T>,
    iteration: &Iteration,
    config: &RunConfig,
) -> Result<Audited, Violation> {
    let accounts = run.accounts().map_err(|failure| unreadable(&failure))?;
    let logs = run.opening.iter().chain(run.reports.iter().map(|report| &report.log));
    let clients = run.sequences.iter().zip(logs).map(|(sequence, log)| ClientLog { sequence, log });
    let record = RunRecord { policy: config.policy, accounts, clients: clients.collect() };
    let audited = match iteration.scenario.ledger {
        true => record.audit(|user, after, limit| {
            run.block_on(run.service.history(user, Page { after, limit }))
        }),
        false => record.audit_replies(),
    }?;
    let accounts_again = run.accounts().map_err(|failure| unreadable(&failure))?;
    let mut pairs = (1..).zip(record.accounts.iter().zip(&accounts_again));
    match pairs.find(|(_, (before, after))| before != after) {
        Some((id, (before, after))) => Err(changed(id, *before, *after)),
        None => Ok(audited),
    }
}

fn changed(id: u64, before: Account, after: Account) -> Violation {
    let user =
        UserId::new(id).expect("users of a scenario are numbered from 1 and fewer than 2^63");
    let message = format!(
        "the account held {} points at version {} after the run, and {} at version {} when it was \
         read again",
        before.balance, before.version, after.balance, after.version
    );
    Violation::late(user, message)
}

/// Returns a violation if a client still waits for an answer after the drain timeout.
pub(super) fn unanswered<T: ConcurrencyStrategy>(run: &Run<T>) -> Option<Violation> {
    if run.opening.is_none() {
        let user = run.sequences[0].request(0).user;
        let message = "the charges that open the accounts were never answered".to_owned();
        return Some(Violation::unanswered(user, message));
    }
    let (client, number) = run.first_unanswered()?;
    let user = run.sequences[client + 1].request(number).user;
    let key = OperationKey { client: client as u64 + 1, number };
    let message = format!(
        "operation {key} was never answered: {} of {} clients still wait after the drain timeout",
        run.sequences.len() - 1 - run.reports.len(),
        run.sequences.len() - 1
    );
    Some(Violation::unanswered(user, message))
}

pub(super) fn not_opened(error: StoreError) -> Violation {
    let user = UserId::new(1).expect("1 is a valid user id");
    Violation::unanswered(user, format!("the store could not be opened: {error}"))
}

pub(super) fn unreadable(failure: &UnreadableAccount) -> Violation {
    let message = match failure.fault {
        Some(fault) => format!("the account could not be read after the run: {fault}"),
        None => "the accounts could not be read after the run: the reads timed out".to_owned(),
    };
    Violation::unanswered(failure.user, message)
}

fn summary<T: ConcurrencyStrategy>(
    run: &Run<T>,
    iteration: &Iteration,
    verdict: Option<Result<Audited, Violation>>,
) -> Measurement {
    // The length of the window in simulated time says nothing about processor time.
    let usage = run.times.usage.filter(|_| iteration.scenario.latency == Latency::None);
    let usage = usage.unwrap_or_default();
    let samples_stalls = iteration.scenario.load == Load::CLOSED;
    let mut measurement = Measurement {
        window_ns: run.times.window_ns,
        stalled_ns_max: if samples_stalls { run.times.stalled_ns_max } else { 0 },
        cpu_ns: usage.cpu_ns,
        switches_voluntary: usage.switches_voluntary,
        switches_forced: usage.switches_forced,
        retries: run.service.retries(),
        truncated: run.times.truncated,
        ..empty(run.sequences.len() - 1, verdict)
    };
    for report in &run.reports {
        measurement.completed_by[report.index] = report.completed;
        measurement.service.add(&report.service);
        if let Some(open) = &report.open {
            measurement.open.get_or_insert_default().add(open);
        }
    }
    if let Some(open) = &mut measurement.open {
        open.due = run.due_in_window();
    }
    for log in run.opening.iter().chain(run.reports.iter().map(|report| &report.log)) {
        let counts = log.counts();
        measurement.applied += counts.applied;
        measurement.rejected += counts.rejected;
        measurement.not_applied += counts.not_applied;
        measurement.indeterminate += counts.indeterminate;
        measurement.reads += counts.reads;
    }
    measurement
}

/// The measurement of a run of `clients` clients in which no request was sent.
pub(super) fn empty(clients: usize, verdict: Option<Result<Audited, Violation>>) -> Measurement {
    Measurement {
        completed_by: vec![0; clients],
        window_ns: 0,
        service: LatencyHistogram::default(),
        open: None,
        stalled_ns_max: 0,
        cpu_ns: 0,
        switches_voluntary: 0,
        switches_forced: 0,
        retries: None,
        applied: 0,
        rejected: 0,
        not_applied: 0,
        indeterminate: 0,
        reads: 0,
        verdict,
        truncated: true,
    }
}

impl OpenLoop {
    /// Adds the results of another client.
    fn add(&mut self, other: &OpenLoop) {
        self.late_starts += other.late_starts;
        self.backlog_max = self.backlog_max.max(other.backlog_max);
        self.response.add(&other.response);
    }
}
