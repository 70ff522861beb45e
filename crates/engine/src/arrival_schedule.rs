//! The schedule of an open loop: due times that are fixed in advance, for all clients together.
//!
//! A client of a closed loop sends a request after the answer to the one before. A stall makes it
//! send fewer requests and so under-samples the stall (coordinated omission). Here due times are
//! fixed in advance, and the response time of a request counts from when it was due, whenever a
//! client sends it.
//!
//! **One schedule for all clients.** A free client takes the next request, waits until it is due,
//! and sends it. So the requests of a burst are sent by as many clients as are free, and a request
//! waits only if every client is busy. Request `k` is the same whichever client takes it.
//!
//! **Cost of taking a request.** One `fetch_add` on a cache line that all clients share. A client
//! that keeps up takes its request before the due time, so that cost is no part of the response. A
//! client that is behind pays about ten nanoseconds, little beside the wait that made it late. A
//! separate schedule per client would need no shared line, but would leave requests with a busy
//! client while others are free. Work stealing would need the same shared line, and a search.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use crossbeam_utils::CachePadded;
use hotrow::workload::ArrivalTimes;

/// The due times of a run, and the number of requests that clients have taken.
pub(super) struct ArrivalSchedule {
    times: ArrivalTimes,
    /// The number of taken requests.
    taken: CachePadded<AtomicU64>,
}

/// A request that a client has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// Its number in the schedule, from 0.
    pub(super) number: u64,
    /// Its due time.
    pub(super) due_ns: u64,
}

impl ArrivalSchedule {
    pub(super) fn new(times: ArrivalTimes) -> ArrivalSchedule {
        ArrivalSchedule { times, taken: CachePadded::default() }
    }

    /// Takes the next request.
    #[inline]
    pub(super) fn take(&self) -> Taken {
        // Relaxed: a client needs a number of its own and publishes nothing.
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        Taken { number, due_ns: self.times.due_ns(number) }
    }

    /// Returns the due time of the next request that no client has taken.
    pub(super) fn next_due_ns(&self) -> u64 {
        self.times.due_ns(self.taken.load(Ordering::Relaxed))
    }

    /// Returns the number of requests after `taken` that are due by `now_ns`. If `taken` is
    /// overdue, they wait for a client: a free client would have taken it before it was due.
    pub(super) fn backlog(&self, taken: Taken, now_ns: u64) -> u64 {
        self.times.due_by(now_ns).saturating_sub(taken.number + 1)
    }

    /// Returns the number of requests that are due inside `window`.
    pub(super) fn due_within(&self, window: Range<u64>) -> u64 {
        let before = |end_ns: u64| end_ns.checked_sub(1).map_or(0, |ns| self.times.due_by(ns));
        before(window.end).saturating_sub(before(window.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow::scenario::Arrivals;
    use hotrow::workload::RngStream;

    fn schedule(arrivals: Arrivals) -> ArrivalSchedule {
        let source = RngStream { seed: 1, block: 0, client: 1 };
        ArrivalSchedule::new(ArrivalTimes::draw(source, arrivals, 1e6))
    }

    /// A request that is taken late keeps its due time, and so does the one after it. A schedule
    /// that shifted would hide the wait.
    #[test]
    fn missed_due_times_do_not_move() {
        let schedule = schedule(Arrivals::Constant);
        let taken: Vec<Taken> = (0..10).map(|_| schedule.take()).collect();
        assert!(taken.windows(2).all(|pair| pair[1].due_ns - pair[0].due_ns == 1_000), "{taken:?}");
        assert_eq!(schedule.backlog(taken[0], taken[4].due_ns), 4);
        assert_eq!(schedule.backlog(taken[4], taken[4].due_ns), 0);
        assert_eq!(schedule.backlog(taken[9], taken[4].due_ns), 0);
        assert_eq!(schedule.next_due_ns(), taken[9].due_ns + 1_000);
    }

    /// A request at the border of two windows must belong to exactly one of them.
    #[test]
    fn each_request_is_due_in_one_window() {
        let schedule = schedule(Arrivals::Burst { size: 10 });
        let first_ns = schedule.next_due_ns();
        let within = |from, to| schedule.due_within(first_ns + from..first_ns + to);
        assert_eq!((within(0, 1), within(0, 10_000), within(0, 10_001)), (10, 10, 20));
        assert_eq!(within(1, 10_000) + within(10_000, 10_001), 10);
        assert_eq!(schedule.due_within(0..first_ns), 0);
    }

    /// If two clients took the same request, it would be sent twice; if none took it, it would be
    /// lost.
    #[test]
    fn each_request_is_taken_once() {
        let schedule = schedule(Arrivals::Poisson);
        let mut taken: Vec<u64> = std::thread::scope(|scope| {
            let take = || (0..10_000).map(|_| schedule.take().number).collect::<Vec<_>>();
            let threads = [(); 4].map(|()| scope.spawn(take));
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..40_000));
    }
}
