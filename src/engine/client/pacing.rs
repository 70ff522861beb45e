//! When a client asks next, and when it lets others run.

use std::time::Duration;

use tokio::task;

use super::{Habit, Turn};
use crate::{
    engine::{OpenLoop, course::Phase},
    strategy::ConcurrencyStrategy,
};

/// Requests after which a task lets others run. A turn of the scheduler takes some hundred
/// nanoseconds, which is then lost among them.
const GIVE_WAY_EVERY: u64 = 256;

/// As [`GIVE_WAY_EVERY`] on a simulated clock, where answers that take no time at all would keep
/// the clock from moving. After so many of them the client waits, at first for little beside one
/// command of a slow store.
const GIVE_WAY_EVERY_SIMULATED: u64 = 16;

/// Doublings of that wait while nothing else moves the clock, up to some commands: a reference that
/// asks no store would otherwise be asked for ever.
const WAIT_DOUBLINGS_MAX: u32 = 10;

impl<T: ConcurrencyStrategy> Turn<T> {
    /// Waits until the next request is to be asked. False if there is another thing to do before.
    pub(super) async fn wait_to_ask(&mut self) -> bool {
        let until_ns = self.next_due_ns();
        // Another client may have taken what this one found to be owed.
        if self.phase == Phase::Over && !self.owes() {
            return false;
        }
        loop {
            let now_ns = self.client.watch.ns();
            if until_ns <= now_ns {
                self.come_to_ask(now_ns);
                return true;
            }
            if self.client.course.phase() != self.phase {
                return false;
            }
            let left = Duration::from_nanos(until_ns - now_ns);
            self.client.watch.approach(left, self.client.gives_way).await;
        }
    }

    /// When the next request is to be asked. In an open loop, the client has taken it then.
    fn next_due_ns(&mut self) -> u64 {
        match &self.client.habit {
            Habit::Closed { think_ns } => *self
                .thinks_until_ns
                .get_or_insert_with(|| self.client.watch.ns().saturating_add(*think_ns)),
            Habit::Open(schedule) => {
                let now_ns = || self.client.watch.ns();
                let take = || {
                    let taken = schedule.take();
                    self.was_overdue = taken.due_ns < now_ns();
                    taken
                };
                self.taken.get_or_insert_with(take).due_ns
            }
        }
    }

    fn come_to_ask(&mut self, now_ns: u64) {
        self.thinks_until_ns = None;
        let Habit::Open(schedule) = &self.client.habit else { return };
        let taken = self.taken.take().expect("a request is taken before it is waited for");
        // Before the window opens, requests queue for reasons of starting, which is not what is asked.
        if std::mem::take(&mut self.was_overdue) && self.phase != Phase::WarmUp {
            let backlog = schedule.backlog(taken, now_ns);
            self.open.backlog_max = self.open.backlog_max.max(backlog);
        }
        self.due_ns = taken.due_ns;
        self.ahead = taken.number.wrapping_sub(self.log.asked());
        self.dealt.push(taken.number);
        self.client.answered.report_taken(taken.number);
    }

    /// Whether requests that were due inside the window are still to be asked.
    pub(super) fn owes(&self) -> bool {
        let Habit::Open(schedule) = &self.client.habit else { return false };
        let closed_ns = self.client.course.window().end;
        let is_known = closed_ns < u64::MAX;
        let due_ns = self.taken.map_or_else(|| schedule.next_due_ns(), |taken| taken.due_ns);
        let watch = &self.client.watch;
        is_known && due_ns < closed_ns && watch.ns() < closed_ns.saturating_add(watch.grace_ns())
    }

    /// How the open loop went for this client, if it was one.
    pub(super) fn open_loop(&mut self) -> Option<OpenLoop> {
        matches!(self.client.habit, Habit::Open(_)).then(|| std::mem::take(&mut self.open))
    }

    #[cold]
    pub(super) async fn give_way(&mut self) {
        self.stamp();
        if self.client.watch.is_simulated() {
            self.next_pause = self.log.asked() + GIVE_WAY_EVERY_SIMULATED;
            if self.client.watch.ns() == self.paused_ns {
                self.client.watch.pause(self.still).await;
                self.still = WAIT_DOUBLINGS_MAX.min(self.still + 1);
            } else {
                self.still = 0;
                task::yield_now().await;
            }
            self.paused_ns = self.client.watch.ns();
        } else {
            self.next_pause = self.log.asked() + GIVE_WAY_EVERY;
            task::yield_now().await;
        }
        self.stamp();
    }
}
