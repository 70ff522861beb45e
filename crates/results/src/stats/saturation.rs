//! Whether a contender kept up with its offered load.
//!
//! The response times of a contender that does not keep up grow as long as the measurement lasts,
//! so they say how long it was and nothing about the contender. The median over the blocks hides
//! the blocks in which it did not keep up: achieved shares of 38, 94, 96 and 97 % among full blocks
//! have the median 100 %. So every block counts, and all of them together.

/// The smallest share of its due requests that a single block must complete.
const BLOCK_MIN: f64 = 0.95;

/// The smallest share that all blocks must complete together.
const POOLED_MIN: f64 = 0.99;

/// The load of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadBlock {
    /// Requests that were due.
    pub due: u64,
    /// Requests that were completed.
    pub completed: u64,
}

/// How much of the offered load was achieved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Saturation {
    /// The completed share of all due requests.
    pub pooled: f64,
    /// The smallest completed share of a block.
    pub smallest: f64,
}

impl Saturation {
    /// Returns the shares of all blocks in which a request was due; `None` if there are none.
    pub fn of(blocks: impl IntoIterator<Item = LoadBlock>) -> Option<Self> {
        let (mut due, mut completed, mut smallest) = (0.0, 0.0, f64::INFINITY);
        for block in blocks.into_iter().filter(|block| block.due > 0) {
            due += block.due as f64;
            completed += block.completed as f64;
            smallest = f64::min(smallest, block.completed as f64 / block.due as f64);
        }
        (due > 0.0).then(|| Self { pooled: completed / due, smallest })
    }

    /// Returns whether any block achieved less than 95 %, or all together less than 99 %.
    pub fn is_saturated(self) -> bool {
        self.smallest < BLOCK_MIN || self.pooled < POOLED_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::{LoadBlock, Saturation};
    use crate::stats::median;

    fn shares(percent: &[u64]) -> Saturation {
        let block = |&percent: &u64| LoadBlock { due: 10_000, completed: percent * 100 };
        Saturation::of(percent.iter().map(block)).unwrap()
    }

    /// The shares of an actor in the reference run. Their median is 100 %, and it did not keep up.
    #[test]
    fn blocks_that_fall_behind_are_not_hidden_by_the_others() {
        let recorded = [100, 100, 38, 100, 94, 100, 96, 100, 97, 100];
        assert_eq!(median(&recorded.map(|share| share as f64)), Some(100.0));
        assert!(shares(&recorded).is_saturated());
        assert!(shares(&[100, 100, 100, 100, 94]).is_saturated(), "one block");
        assert!(shares(&[98; 10]).is_saturated(), "all together");
        assert!(!shares(&[100, 99, 100, 97, 100, 100]).is_saturated());
    }

    /// A block in which nothing was due has no share.
    #[test]
    fn a_block_without_due_requests_does_not_count() {
        let idle = LoadBlock { due: 0, completed: 0 };
        assert_eq!(Saturation::of([idle]), None);
        let busy = LoadBlock { due: 100, completed: 100 };
        assert_eq!(Saturation::of([idle, busy]).unwrap().smallest, 1.0);
    }
}
