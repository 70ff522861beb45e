//! One client: it sends a request, waits for the answer, and sends the next, through all phases.
//!
//! The loop is one future for the whole run. It is the same for a thread that blocks on it and for
//! a task that a runtime polls. It runs through all phases without a pause, so nothing has to start
//! inside a window. Per request it only reads the phase and logs the answer. It reads the clock for
//! requests that are timed, and once in many requests for the audit. So the audit knows two times
//! between which each request ran. A client with a think time, or with due times, checks before
//! each request.

mod pacing;

use std::{panic::AssertUnwindSafe, sync::Arc};

use fastrand::Rng;
use futures_util::FutureExt;

use super::{
    OpenLoop,
    arrival_schedule::{ArrivalSchedule, Taken},
    latency_histogram::LatencyHistogram,
    run_clock::RunClock,
    run_state::{Phase, ProgressCounter, RunState},
};
use hotrow::{
    domain::Command,
    service::PointService,
    store::Store,
    strategy::ConcurrencyStrategy,
    workload::{OperationKey, RequestSequence},
};
use hotrow_verify::audit::Log;

/// The largest gap between two timed requests. Gaps are uniform from 1 to 127, so on average one
/// request in 64 is timed, and the timed requests do not follow the ring of the sequence.
const TIMED_GAP_MAX: u64 = 127;

/// Requests between two time stamps in the log. Reading the clock takes about thirty nanoseconds,
/// which is a quarter of a nanosecond per request.
const STAMP_EVERY: u64 = 128;

/// The same for requests that had to wait, each of which takes at least a few hundred nanoseconds.
const STAMP_EVERY_WAITING: u64 = 8;

/// Panics after which a client stops. Each panic prints its message, and a strategy that keeps
/// panicking is not worth measuring.
const PANICS_MAX: u32 = 8;

/// The delay after which a request counts as sent late: a hundred times the cost of sending, and
/// less than a thread's wake-up.
const LATE_NS: u64 = 10_000;

/// The same on a simulated clock, which is exact.
const LATE_SIMULATED_NS: u64 = 0;

/// A client, with everything that it needs for a run.
pub(super) struct Client<T> {
    pub(super) service: Arc<PointService<T>>,
    pub(super) run_state: Arc<RunState>,
    /// The counter in which it reports its progress.
    pub(super) progress: ProgressCounter,
    /// Its requests; in an open loop, the requests of all clients.
    pub(super) sequence: RequestSequence,
    /// Its index among the clients, from 0.
    pub(super) index: usize,
    /// The generator of the gaps between timed requests.
    pub(super) gaps: Rng,
    pub(super) run_clock: RunClock,
    /// Whether it shares its thread with other tasks, and must yield.
    pub(super) yields: bool,
    /// The log of its answers.
    pub(super) log: Log,
    /// The number of requests, and the precision of their times.
    pub(super) timestamps: TimestampMode,
    /// When it sends requests.
    pub(super) load_model: LoadModel,
}

/// When a client sends requests.
#[derive(Clone)]
pub(super) enum LoadModel {
    /// In a closed loop: `think_ns` nanoseconds after each answer.
    Closed { think_ns: u64 },
    /// In an open loop: at the due times of a schedule that all clients share.
    Open(Arc<ArrivalSchedule>),
}

/// The number of requests of a client, and the precision of their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimestampMode {
    /// As many requests as possible, with one time stamp for many of them.
    Measured,
    /// A limited number of requests once all clients run, with two time stamps each.
    Recorded {
        /// The largest number of requests.
        limit: u64,
    },
}

/// The results of a client.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) index: usize,
    pub(super) log: Log,
    /// In an open loop, the numbers of its requests in the schedule, in its own order.
    pub(super) request_numbers: Vec<u64>,
    /// Requests of the capacity window: answered in it, or in an open loop sent in it.
    pub(super) completed: u64,
    /// Service times.
    pub(super) service: LatencyHistogram,
    /// The results of an open loop.
    pub(super) open: Option<OpenLoop>,
}

impl<T: ConcurrencyStrategy> Client<T> {
    /// Sends requests until the run is over, and returns the results.
    pub(super) async fn run(self) -> Report {
        let mut state = ClientState::new(self);
        state.client.run_state.report_running();
        for _ in 0..PANICS_MAX {
            // Unwind safe: a request that panics is logged as indeterminate, and earlier entries of
            // the log stay valid.
            match AssertUnwindSafe(state.run_until_over()).catch_unwind().await {
                Ok(()) => break,
                Err(_) => state.fail(),
            }
        }
        state.enter(Phase::Over);
        let open = state.open_loop();
        let ClientState { client, log, request_numbers, completed, service, .. } = state;
        Report { index: client.index, log, request_numbers, completed, service, open }
    }
}

/// The state of a running client.
struct ClientState<T> {
    client: Client<T>,
    log: Log,
    phase: Phase,
    /// The number of the next request before which there is something to do: the minimum of the
    /// three numbers that follow.
    next_check: u64,
    /// The number of the next request to time; the largest value for none.
    next_timed: u64,
    /// The number of the request before which to yield.
    next_yield: u64,
    /// The number of the request before which to log the time.
    next_stamp: u64,
    /// Whether there is something to do before every request.
    checks_every_request: bool,
    /// The end of the current think time.
    thinks_until_ns: Option<u64>,
    /// The request of the schedule that the client has taken and not sent.
    taken: Option<Taken>,
    /// Whether that request was overdue when the client took it, because every client was busy.
    was_overdue: bool,
    /// The numbers of its requests in the schedule.
    request_numbers: Vec<u64>,
    /// The distance from the client's own request number to the number in the sequence, wrapping; 0
    /// in a closed loop, where the client sends its whole sequence.
    sequence_offset: u64,
    open: OpenLoop,
    /// The due time of the timed request, if it has one.
    due_ns: u64,
    /// When the timed request was sent.
    start_ns: Option<u64>,
    /// The time of the last yield.
    last_yield_ns: u64,
    /// Consecutive yields during which the simulated clock stood still.
    stalled_yields: u32,
    /// Requests answered before the capacity window.
    before_window: u64,
    completed: u64,
    service: LatencyHistogram,
}

impl<T: ConcurrencyStrategy> ClientState<T> {
    fn new(mut client: Client<T>) -> ClientState<T> {
        let checks_every_request = match &client.load_model {
            LoadModel::Closed { think_ns } => *think_ns > 0,
            LoadModel::Open(_) => true,
        };
        let mut state = ClientState {
            checks_every_request,
            thinks_until_ns: None,
            taken: None,
            was_overdue: false,
            request_numbers: Vec::new(),
            sequence_offset: 0,
            open: OpenLoop::default(),
            due_ns: 0,
            log: std::mem::take(&mut client.log),
            phase: Phase::WarmUp,
            next_check: 0,
            next_timed: u64::MAX,
            next_yield: if client.yields { 0 } else { u64::MAX },
            next_stamp: 0,
            start_ns: None,
            last_yield_ns: 0,
            stalled_yields: 0,
            before_window: 0,
            completed: 0,
            service: LatencyHistogram::default(),
            client,
        };
        state.enter(Phase::WarmUp);
        state
    }

    async fn run_until_over(&mut self) {
        loop {
            if self.client.run_state.has_left(self.phase) {
                self.enter(self.client.run_state.phase());
            }
            let number = self.log.asked();
            if number >= self.next_check {
                // A phase change sets `next_check` to 0, so the end is seen here.
                if self.phase == Phase::Over && !self.has_overdue_requests() {
                    return;
                }
                if self.before_request(number).await {
                    continue;
                }
            }
            self.send(number).await;
            if let Some(start_ns) = self.start_ns {
                self.record(start_ns);
            }
            self.client.progress.report(number + 1);
        }
    }

    /// Does what is due before request `number`. Returns whether the request has to wait.
    #[cold]
    async fn before_request(&mut self, number: u64) -> bool {
        if number >= self.next_yield {
            self.yield_now().await;
        }
        if let TimestampMode::Recorded { limit } = self.client.timestamps {
            if self.phase == Phase::WarmUp || number >= limit {
                self.client.run_clock.idle().await;
                return true;
            }
        } else if number >= self.next_stamp && number < self.next_timed {
            self.stamp();
        }
        if self.checks_every_request && !self.wait_until_due().await {
            return true;
        }
        self.plan_next_check();
        if number >= self.next_timed {
            self.start_ns = Some(self.client.run_clock.ns());
        }
        false
    }

    fn plan_next_check(&mut self) {
        self.next_check = match self.checks_every_request {
            true => 0,
            false => self.next_timed.min(self.next_yield).min(self.next_stamp),
        };
    }

    fn stamp(&mut self) {
        self.log.stamp(after_opening(self.client.run_clock.ns()));
        self.next_stamp = self.log.asked() + STAMP_EVERY;
    }

    #[inline(always)]
    async fn send(&mut self, number: u64) {
        let request = self.client.sequence.request(number.wrapping_add(self.sequence_offset));
        let id = OperationKey { client: self.client.index as u64 + 1, number }.id();
        match request.action {
            Some(action) => {
                let command = Command { id, user: request.user, action };
                let outcome = match self.client.service.execute_sync(command) {
                    Some(outcome) => outcome,
                    None => {
                        let outcome = self.client.service.execute(command).await;
                        self.stamp_soon(number);
                        outcome
                    }
                };
                self.log.record(&outcome);
            }
            None => {
                let answer = match self.client.service.balance_sync(request.user) {
                    Some(account) => Ok(account),
                    None => {
                        let answer = self.client.service.balance(request.user).await;
                        self.stamp_soon(number);
                        answer
                    }
                };
                match answer {
                    Ok(account) => self.log.read(account),
                    Err(_) => self.log.indeterminate(),
                }
            }
        }
    }

    /// Logs the time sooner, since request `number` had to wait.
    #[inline]
    fn stamp_soon(&mut self, number: u64) {
        self.next_stamp = self.next_stamp.min((number | (STAMP_EVERY_WAITING - 1)) + 1);
        self.next_check = self.next_check.min(self.next_stamp);
    }

    /// Enters a phase and ends the counts of the one before.
    ///
    /// A request of a closed loop belongs to the phase in which it was answered. That is before the
    /// phase change that is seen after it, or so little later that the difference is negligible. A
    /// request of an open loop belongs to the window in which it was sent. So the achieved share of
    /// the offered load does not depend on whether the end of the window cuts a burst.
    #[cold]
    fn enter(&mut self, phase: Phase) {
        let sent = self.log.asked();
        if self.phase == Phase::Capacity
            && matches!(self.client.load_model, LoadModel::Closed { .. })
        {
            self.completed = sent - self.before_window;
        }
        if phase == Phase::Capacity {
            self.before_window = sent;
        }
        self.phase = phase;
        self.stamp();
        self.next_timed = u64::MAX;
        if self.times_all() || phase == Phase::Latency {
            self.draw_next_timed();
        }
        self.next_check = 0;
    }

    /// Returns whether every request is timed: because reading the clock is free, as on a simulated
    /// clock, or beside I/O, or because all times are needed, as in an open loop or a recorded
    /// history.
    fn times_all(&self) -> bool {
        self.client.run_clock.is_simulated()
            || self.client.timestamps != TimestampMode::Measured
            || matches!(self.client.load_model, LoadModel::Open(_))
            || T::Store::PERFORMS_IO
    }

    fn draw_next_timed(&mut self) {
        let gap = if self.times_all() { 1 } else { self.client.gaps.u64(1..=TIMED_GAP_MAX) };
        self.next_timed = self.log.asked() + gap - 1;
    }

    /// Logs a request that panicked, without a time.
    #[cold]
    fn fail(&mut self) {
        self.log.indeterminate();
        self.start_ns = None;
        self.next_check = 0;
    }

    #[cold]
    fn record(&mut self, start_ns: u64) {
        self.start_ns = None;
        let run_clock = &self.client.run_clock;
        let end_ns = run_clock.ns();
        let late_ns = if run_clock.is_simulated() { LATE_SIMULATED_NS } else { LATE_NS };
        match self.client.load_model {
            LoadModel::Open(_) => {
                let window = self.client.run_state.window();
                self.completed += u64::from(window.contains(&start_ns));
                if window.contains(&self.due_ns) {
                    self.service.record(end_ns - start_ns);
                    self.open.response.record(end_ns - self.due_ns);
                    self.open.late_starts += u64::from(self.due_ns + late_ns < start_ns);
                }
            }
            LoadModel::Closed { .. } if matches!(self.phase, Phase::Capacity | Phase::Latency) => {
                self.service.record(end_ns - start_ns);
            }
            _ => {}
        }
        self.log.stamp_last(after_opening(start_ns), after_opening(end_ns));
        self.next_stamp = self.log.asked() + STAMP_EVERY;
        self.draw_next_timed();
        self.plan_next_check();
    }
}

/// Returns a time of the run as it is logged: later than the opening of the accounts, which is at
/// 0.
fn after_opening(ns: u64) -> u64 {
    ns + 1
}
