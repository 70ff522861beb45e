//! When the requests of an open loop are due: at times that were fixed beforehand.
//!
//! A client of a closed loop asks when it has been answered, so whoever stalls it is asked less, and
//! the wait of those who would have asked meanwhile is never seen. Here nobody waits to be due. Each
//! request is timed from when it was due, whenever its client came to ask it.

use crate::workload::Gaps;

/// The due times of one client's requests, gone through in order.
#[derive(Debug, Clone)]
pub(super) struct Appointments {
    gaps: Gaps,
    /// Requests that were asked.
    asked: u64,
    /// When the next of them is due.
    next_ns: u64,
    /// Requests that were due by the latest time that anybody looked at.
    due: u64,
    /// When the first that is not among those is due.
    next_due_ns: u64,
}

impl Appointments {
    /// The first of these gaps runs from `start_ns`.
    pub(super) fn from(gaps: Gaps, start_ns: u64) -> Appointments {
        let first_ns = start_ns + gaps.first();
        Appointments { gaps, asked: 0, next_ns: first_ns, due: 0, next_due_ns: first_ns }
    }

    /// When the next request is due.
    pub(super) fn next_ns(&self) -> u64 {
        self.next_ns
    }

    /// Keeps the next appointment, and says when it was due.
    pub(super) fn keep(&mut self) -> u64 {
        let due_ns = self.next_ns;
        self.next_ns += self.gaps.gap(self.asked);
        self.asked += 1;
        due_ns
    }

    /// Requests that were due by `now_ns`, which does not go back.
    pub(super) fn due_by(&mut self, now_ns: u64) -> u64 {
        while self.next_due_ns <= now_ns {
            self.next_due_ns += self.gaps.gap(self.due);
            self.due += 1;
        }
        self.due
    }

    /// Requests that are due by `now_ns` and were not asked.
    pub(super) fn backlog(&mut self, now_ns: u64) -> u64 {
        self.due_by(now_ns).saturating_sub(self.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Arrivals, Source};

    fn appointments() -> Appointments {
        let source = Source { seed: 1, block: 0, client: 1 };
        Appointments::from(Gaps::draw(source, Arrivals::Constant, 1e6), 500)
    }

    /// A request that is asked late is due when it was, and so is the one after it: a schedule that
    /// shifted would hide the wait.
    #[test]
    fn appointments_do_not_move_when_they_are_missed() {
        let (mut late, mut punctual) = (appointments(), appointments());
        let due: Vec<u64> = (0..10).map(|_| punctual.keep()).collect();
        assert!(due.windows(2).all(|pair| (999..=1_001).contains(&(pair[1] - pair[0]))), "{due:?}");
        assert_eq!(late.backlog(due[4]), 5);
        assert_eq!((0..10).map(|_| late.keep()).collect::<Vec<_>>(), due);
        assert_eq!(late.backlog(due[9]), 0);
        assert_eq!(late.next_ns(), punctual.next_ns());
    }
}
