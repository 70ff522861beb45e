//! When a client sends its next request, and when it yields.

use std::time::Duration;

use tokio::task;

use super::{ClientState, LoadModel};
use crate::{OpenLoop, run_state::Phase};
use hotrow::strategy::ConcurrencyStrategy;

/// Requests after which a task yields. A yield takes a few hundred nanoseconds, which is little per
/// request.
const YIELD_EVERY: u64 = 256;

/// As [`YIELD_EVERY`], on a simulated clock. Answers that take no time at all would keep the clock
/// from moving. After this number of them the client waits, at first for a short time beside a
/// command of a slow store.
const YIELD_EVERY_SIMULATED: u64 = 16;

/// Doublings of that wait while nothing else moves the clock, up to a few commands. Otherwise a
/// reference, which calls no store, would be called forever.
const WAIT_DOUBLINGS_MAX: u32 = 10;

impl<T: ConcurrencyStrategy> ClientState<T> {
    /// Waits until the next request is due. Returns false if the client has to do something else
    /// first.
    pub(super) async fn wait_until_due(&mut self) -> bool {
        let due_ns = self.next_due_ns();
        // Another client may have taken the overdue request that this one found.
        if self.phase == Phase::Over && !self.has_overdue_requests() {
            return false;
        }
        loop {
            let now_ns = self.client.run_clock.ns();
            if due_ns <= now_ns {
                self.begin_request(now_ns);
                return true;
            }
            if self.client.run_state.phase() != self.phase {
                return false;
            }
            let left = Duration::from_nanos(due_ns - now_ns);
            self.client.run_clock.sleep_or_spin_until(left, self.client.yields).await;
        }
    }

    /// Returns the due time of the next request. In an open loop, the client takes the request.
    fn next_due_ns(&mut self) -> u64 {
        match &self.client.load_model {
            LoadModel::Closed { think_ns } => *self
                .thinks_until_ns
                .get_or_insert_with(|| self.client.run_clock.ns().saturating_add(*think_ns)),
            LoadModel::Open(schedule) => {
                let now_ns = || self.client.run_clock.ns();
                let take = || {
                    let taken = schedule.take();
                    self.was_overdue = taken.due_ns < now_ns();
                    taken
                };
                self.taken.get_or_insert_with(take).due_ns
            }
        }
    }

    fn begin_request(&mut self, now_ns: u64) {
        self.thinks_until_ns = None;
        let LoadModel::Open(schedule) = &self.client.load_model else { return };
        let taken = self.taken.take().expect("a client takes a request before it waits for it");
        // Before the window opens, requests queue because the run starts, which is not measured.
        if std::mem::take(&mut self.was_overdue) && self.phase != Phase::WarmUp {
            let backlog = schedule.backlog(taken, now_ns);
            self.open.backlog_max = self.open.backlog_max.max(backlog);
        }
        self.due_ns = taken.due_ns;
        self.sequence_offset = taken.number.wrapping_sub(self.log.asked());
        self.request_numbers.push(taken.number);
        self.client.progress.report_taken(taken.number);
    }

    /// Returns whether requests that were due inside the window are not sent yet.
    pub(super) fn has_overdue_requests(&self) -> bool {
        let LoadModel::Open(schedule) = &self.client.load_model else { return false };
        let closed_ns = self.client.run_state.window().end;
        let is_known = closed_ns < u64::MAX;
        let due_ns = self.taken.map_or_else(|| schedule.next_due_ns(), |taken| taken.due_ns);
        let run_clock = &self.client.run_clock;
        is_known
            && due_ns < closed_ns
            && run_clock.ns() < closed_ns.saturating_add(run_clock.grace_ns())
    }

    /// Returns the results of an open loop for this client.
    pub(super) fn open_loop(&mut self) -> Option<OpenLoop> {
        matches!(self.client.load_model, LoadModel::Open(_)).then(|| std::mem::take(&mut self.open))
    }

    #[cold]
    pub(super) async fn yield_now(&mut self) {
        self.stamp();
        if self.client.run_clock.is_simulated() {
            self.next_yield = self.log.asked() + YIELD_EVERY_SIMULATED;
            if self.client.run_clock.ns() == self.last_yield_ns {
                self.client.run_clock.pause(self.stalled_yields).await;
                self.stalled_yields = WAIT_DOUBLINGS_MAX.min(self.stalled_yields + 1);
            } else {
                self.stalled_yields = 0;
                task::yield_now().await;
            }
            self.last_yield_ns = self.client.run_clock.ns();
        } else {
            self.next_yield = self.log.asked() + YIELD_EVERY;
            task::yield_now().await;
        }
        self.stamp();
    }
}
