//! The state of the current schedule, and the results of those before it.
//!
//! The scheduler, the runner and the watcher share it. It does not use [`sync`](hotrow::sync), so
//! access to it is not a step of the schedule.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{ExplorationStats, format::format_history, judge, runner::ScheduleRunner};
use hotrow::strategy::Guarantees;

#[derive(Default)]
pub(super) struct EventLog(Mutex<LogState>);

#[derive(Default)]
struct LogState {
    /// The number of the current schedule.
    number: u64,
    runner: Option<Arc<ScheduleRunner>>,
    no_progress: Option<NoProgress>,
    /// The violation of the current schedule.
    violation: Option<String>,
    traffic: ExplorationStats,
}

/// Why a schedule does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoProgress {
    /// No task can run.
    Deadlock,
    /// Tasks run without an end.
    Livelock,
}

impl EventLog {
    /// Returns the number of the current schedule.
    pub(super) fn number(&self) -> u64 {
        self.0.lock().number
    }

    /// Starts the schedule with this number.
    pub(super) fn start_schedule(&self, number: u64) {
        let mut state = self.0.lock();
        (state.number, state.no_progress, state.runner) = (number, None, None);
    }

    /// Sets the runner of the schedule. Until now the watcher was the only task, so a deadlock that
    /// is recorded means nothing.
    pub(super) fn begin(&self, runner: Arc<ScheduleRunner>) {
        let mut state = self.0.lock();
        (state.runner, state.no_progress) = (Some(runner), None);
    }

    /// Records the number of steps that a schedule took.
    pub(super) fn record_steps(&self, steps: u64) {
        let mut state = self.0.lock();
        state.traffic.steps_max = state.traffic.steps_max.max(steps);
    }

    /// Records that the schedule makes no progress. This has no effect if it has ended.
    pub(super) fn set_no_progress(&self, no_progress: NoProgress) {
        self.0.lock().no_progress = Some(no_progress);
    }

    /// Returns why the schedule has to stop, and records it as its violation.
    pub(super) fn check_progress(&self) -> Option<NoProgress> {
        let mut state = self.0.lock();
        state.violation = state.no_progress.map(|no_progress| no_progress.to_string());
        state.no_progress
    }

    /// Ends the schedule and judges its evidence.
    pub(super) fn end(&self, guarantees: Guarantees) {
        let runner = self.0.lock().runner.take().expect("a schedule begins before it ends");
        let violation = judge::check_evidence(&runner.evidence(), guarantees).err();
        {
            let mut state = self.0.lock();
            state.traffic.add(&runner.traffic());
            state.violation = violation;
            state.runner = state.violation.is_some().then(|| Arc::clone(&runner));
        }
        // Not while the log is locked: the drop of a service may let other tasks run.
        drop(runner);
    }

    /// Returns the violation.
    pub(super) fn violation(&self) -> Option<String> {
        self.0.lock().violation.clone()
    }

    /// Formats the requests and replies of the clients, and the ledgers.
    pub(super) fn history(&self) -> String {
        let runner = self.0.lock().runner.clone();
        runner.map(|runner| format_history(&runner.evidence())).unwrap_or_default()
    }

    pub(super) fn traffic(&self) -> ExplorationStats {
        self.0.lock().traffic
    }
}
