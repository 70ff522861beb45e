//! When the requests of an open loop are due: at times that were fixed beforehand, for all clients.
//!
//! A client of a closed loop sends a request when the one before was answered, so a stall makes it send
//! fewer, and under-samples the stall (coordinated omission). Here due times are fixed in advance, and
//! each request is timed from when it was due, whenever a client came to send it.
//!
//! **One schedule for the fleet.** A client that is free takes the next request, waits until it is due,
//! and sends it. So the requests of a burst are sent by as many clients as are free, and a request
//! waits only if every client does. Request `k` asks for the same whichever client takes it.
//!
//! **What taking costs.** One `fetch_add` on a cache line that all clients share. A client that keeps up
//! takes its request before that is due, so the line is no part of the response; one that is behind pays
//! some ten nanoseconds, little beside the wait that made it late. A share of the schedule for each
//! client would need no shared line, but leaves requests with a client that waits while others are free;
//! and stealing them back needs the same line, and a search.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use super::course::Padded;
use crate::workload::ArrivalTimes;

/// The due times of a run, and which of its requests were taken.
pub(super) struct ArrivalSchedule {
    times: ArrivalTimes,
    /// Requests that were taken.
    taken: Padded<AtomicU64>,
}

/// A request that a client has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// Its place in the schedule, from 0.
    pub(super) number: u64,
    /// When it is due.
    pub(super) due_ns: u64,
}

impl ArrivalSchedule {
    pub(super) fn new(times: ArrivalTimes) -> ArrivalSchedule {
        ArrivalSchedule { times, taken: Padded::default() }
    }

    /// Takes the next request.
    #[inline]
    pub(super) fn take(&self) -> Taken {
        // Relaxed: a client needs a number of its own and publishes nothing.
        let number = self.taken.0.fetch_add(1, Ordering::Relaxed);
        Taken { number, due_ns: self.times.due_ns(number) }
    }

    /// When the next request that no client has taken is due.
    pub(super) fn next_due_ns(&self) -> u64 {
        self.times.due_ns(self.taken.0.load(Ordering::Relaxed))
    }

    /// Requests behind `taken` that are due by `now_ns`. Where `taken` is overdue, they wait for a
    /// client: it would have been taken before it was due if one had been free.
    pub(super) fn backlog(&self, taken: Taken, now_ns: u64) -> u64 {
        self.times.due_by(now_ns).saturating_sub(taken.number + 1)
    }

    /// How many requests are due inside `window`.
    pub(super) fn due_within(&self, window: Range<u64>) -> u64 {
        let before = |end_ns: u64| end_ns.checked_sub(1).map_or(0, |ns| self.times.due_by(ns));
        before(window.end).saturating_sub(before(window.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Arrivals, Source};

    fn schedule(arrivals: Arrivals) -> ArrivalSchedule {
        let source = Source { seed: 1, block: 0, client: 1 };
        ArrivalSchedule::new(ArrivalTimes::draw(source, arrivals, 1e6))
    }

    /// A request that is taken late is due when it was, and so is the one behind it: a schedule that
    /// shifted would hide the wait.
    #[test]
    fn due_times_do_not_move_when_they_are_missed() {
        let schedule = schedule(Arrivals::Constant);
        let taken: Vec<Taken> = (0..10).map(|_| schedule.take()).collect();
        assert!(taken.windows(2).all(|pair| pair[1].due_ns - pair[0].due_ns == 1_000), "{taken:?}");
        assert_eq!(schedule.backlog(taken[0], taken[4].due_ns), 4);
        assert_eq!(schedule.backlog(taken[4], taken[4].due_ns), 0);
        assert_eq!(schedule.backlog(taken[9], taken[4].due_ns), 0);
        assert_eq!(schedule.next_due_ns(), taken[9].due_ns + 1_000);
    }

    /// A request at the border of two windows is of one of them.
    #[test]
    fn each_request_is_due_in_one_window() {
        let schedule = schedule(Arrivals::Burst { size: 10 });
        let first_ns = schedule.next_due_ns();
        let within = |from, to| schedule.due_within(first_ns + from..first_ns + to);
        assert_eq!((within(0, 1), within(0, 10_000), within(0, 10_001)), (10, 10, 20));
        assert_eq!(within(1, 10_000) + within(10_000, 10_001), 10);
        assert_eq!(schedule.due_within(0..first_ns), 0);
    }

    /// A request that two clients take is made twice, and one that none takes not at all.
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
