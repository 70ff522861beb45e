//! The coordinator: it opens and closes the windows of a run, and waits until all clients are done.

use std::time::Duration;

use super::{
    client_threads::ReportCollector,
    phases::Phases,
    run_clock::RunClock,
    run_state::{Phase, RunState},
};
use hotrow::clock::CoarseClock;
use hotrow_machine::Usage;

/// How often the coordinator checks for reports after the windows.
const DRAIN_SLICE: Duration = Duration::from_millis(1);

/// The largest number of simulated slices of the drain: a day of the assignment's latency, which
/// takes about ten milliseconds of real time.
const DRAIN_SLICES_SIMULATED: u32 = 100_000;

/// The data that the coordinator reads and sets.
pub(super) struct Coordinator<'a> {
    pub(super) run_state: &'a RunState,
    pub(super) collector: &'a ReportCollector,
    pub(super) clients: usize,
    pub(super) windows: Phases,
    pub(super) run_clock: RunClock,
    pub(super) coarse_clock: CoarseClock,
    /// How long clients may take to begin, and to end after the windows.
    pub(super) drain_timeout: Duration,
}

/// The times of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RunTimes {
    /// The actual length of the capacity window.
    pub(super) window_ns: u64,
    /// The resources that the process used during the capacity window.
    pub(super) usage: Option<Usage>,
    /// The longest observed wait of a client in the windows.
    pub(super) stalled_ns_max: u64,
    pub(super) truncated: bool,
}

/// Samples the progress of clients, to find the longest wait.
struct StallDetector<'a> {
    run_state: &'a RunState,
    /// For each client, the number of its answered requests and when that number was first seen.
    last_progress: Vec<(u64, u64)>,
    /// Samples closer together than this say nothing about a client without an answer between them.
    interval_ns: u64,
    stall_ns_max: u64,
}

impl<'a> StallDetector<'a> {
    fn new(run_state: &'a RunState, clients: usize, interval: Duration) -> StallDetector<'a> {
        let interval_ns = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        StallDetector {
            run_state,
            last_progress: vec![(u64::MAX, 0); clients],
            interval_ns,
            stall_ns_max: 0,
        }
    }

    fn sample(&mut self, now_ns: u64) {
        for (client, (answered, since_ns)) in self.last_progress.iter_mut().enumerate() {
            let now_answered = self.run_state.answered(client);
            match now_answered == *answered {
                true if now_ns - *since_ns < self.interval_ns => {}
                true => self.stall_ns_max = self.stall_ns_max.max(now_ns - *since_ns),
                false => (*answered, *since_ns) = (now_answered, now_ns),
            }
        }
    }
}

impl Coordinator<'_> {
    /// Takes the run through its phases, and ends it even if clients were never answered.
    pub(super) async fn coordinate(&self) -> RunTimes {
        let times = match self.wait_until(|| self.run_state.all_run()).await {
            true => self.pass_windows().await,
            false => RunTimes { truncated: true, ..RunTimes::default() },
        };
        self.run_state.enter(Phase::Over);
        self.wait_until(|| self.collector.reports() == self.clients).await;
        times
    }

    async fn pass_windows(&self) -> RunTimes {
        let Phases { warm_up, capacity, latency, .. } = self.windows;
        let mut stall_detector =
            StallDetector::new(self.run_state, self.clients, self.windows.slice);
        if !self.pass(warm_up, |_| ()).await {
            return RunTimes { truncated: true, ..RunTimes::default() };
        }
        let before = Usage::now();
        let opened_ns = self.run_clock.ns();
        self.run_state.open(opened_ns);
        let full = self.pass(capacity, |now_ns| stall_detector.sample(now_ns)).await;
        let closed_ns = self.run_clock.ns();
        self.run_state.close(closed_ns, if full { Phase::Latency } else { Phase::Over });
        let usage = before.and_then(|before| Some(Usage::now()?.since(before)));
        let truncated = !full || !self.pass(latency, |now_ns| stall_detector.sample(now_ns)).await;
        let window_ns = closed_ns - opened_ns;
        RunTimes { window_ns, usage, stalled_ns_max: stall_detector.stall_ns_max, truncated }
    }

    /// Waits for `time` to pass in slices, and calls `on_slice` with the time of each. Returns
    /// false if the run was stopped.
    async fn pass(&self, time: Duration, mut on_slice: impl FnMut(u64)) -> bool {
        let end_ns = self.run_clock.ns() + u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 2);
        loop {
            self.publish_time();
            if self.run_state.is_stopped() {
                return false;
            }
            let now_ns = self.run_clock.ns();
            on_slice(now_ns);
            let left = Duration::from_nanos(end_ns.saturating_sub(now_ns));
            if left.is_zero() {
                return true;
            }
            self.run_clock.wait(left.min(self.windows.slice)).await;
        }
    }

    /// Waits until `done` returns true, within bounds. Returns its last value.
    async fn wait_until(&self, done: impl Fn() -> bool) -> bool {
        let (slice, slices) = match self.windows.simulated {
            true => (self.windows.slice, DRAIN_SLICES_SIMULATED),
            false => {
                (DRAIN_SLICE, u32::try_from(self.drain_timeout.as_millis()).unwrap_or(u32::MAX))
            }
        };
        for _ in 0..slices {
            if done() {
                return true;
            }
            self.run_clock.wait(slice).await;
        }
        done()
    }

    /// Updates the coarse clock. A simulated run uses its own time, so that it repeats to the last
    /// timestamp.
    fn publish_time(&self) {
        match self.windows.simulated {
            true => self.coarse_clock.advance(self.run_clock.ns() / 1_000_000),
            false => self.coarse_clock.sync_with_system_clock(),
        }
    }
}
