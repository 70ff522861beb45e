//! Finds roughly where probes begin to fail, by bisection in log scale.
//!
//! The result places the loads of the probes that count, and is no result itself: each step rests
//! on two or three probes, so one of them may go the wrong way. Probes at fixed loads around the
//! result then give the [`Threshold`](super::Threshold) and its interval, so a wrong step costs
//! resolution and never truth.

/// Probes that must agree before the search takes a step: a majority of three.
const MAJORITY: u32 = 2;

/// A search between a load that is assumed to pass and a load that is assumed to fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Bisection {
    low: f64,
    high: f64,
    ratio_max: f64,
    passed: u32,
    failed: u32,
}

impl Bisection {
    /// Searches between two loads above zero, until they differ by at most the factor `ratio_max`,
    /// which is above one.
    pub fn between(low: f64, high: f64, ratio_max: f64) -> Bisection {
        Bisection { low, high: high.max(low), ratio_max, passed: 0, failed: 0 }
    }

    /// Returns the load of the next probe, or `None` if the search is done.
    pub fn next_load(&self) -> Option<f64> {
        (self.high / self.low > self.ratio_max).then(|| self.middle())
    }

    /// Records whether the probe at [`next_load`](Bisection::next_load) passed.
    pub fn record(&mut self, passed: bool) {
        match passed {
            true => self.passed += 1,
            false => self.failed += 1,
        }
        let middle = self.middle();
        match (self.passed, self.failed) {
            (MAJORITY, _) => self.low = middle,
            (_, MAJORITY) => self.high = middle,
            _ => return,
        }
        (self.passed, self.failed) = (0, 0);
    }

    /// Returns the middle of what is left.
    pub fn middle(&self) -> f64 {
        (self.low * self.high).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The search must end at the threshold wherever it lies, and within the promised factor.
    #[test]
    fn the_search_ends_at_the_threshold() {
        for threshold in [1.5, 40.0, 3_000.0, 900_000.0] {
            let mut search = Bisection::between(1.0, 1e6, 1.05);
            let mut probes = 0;
            while let Some(load) = search.next_load() {
                search.record(load <= threshold);
                probes += 1;
            }
            let off = (search.middle() / threshold).max(threshold / search.middle());
            assert!(off <= 1.05, "{threshold}: {}", search.middle());
            assert_eq!(probes, 18, "two probes for each of nine halvings");
        }
    }

    /// One disturbed probe must not send the search the wrong way.
    #[test]
    fn one_wrong_probe_of_three_changes_nothing() {
        let mut search = Bisection::between(1.0, 1e6, 1.05);
        let mut probe = 0;
        while let Some(load) = search.next_load() {
            search.record((load <= 3_000.0) ^ (probe % 3 == 0));
            probe += 1;
        }
        assert!((2_850.0..3_160.0).contains(&search.middle()), "{}", search.middle());
    }

    /// Equal ends leave nothing to search, and no probe is wasted.
    #[test]
    fn equal_ends_need_no_probe() {
        assert_eq!(Bisection::between(5.0, 5.0, 1.05).next_load(), None);
        assert_eq!(Bisection::between(5.0, 2.0, 1.05).next_load(), None);
    }
}
