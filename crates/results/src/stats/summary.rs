//! One contender alone: its median over the blocks, with an interval.
//!
//! Tables show it as a plain number. Do not compare two summaries with each other: both contain
//! drift, which cancels only block by block, in a [`Ratio`](super::Ratio).

use super::{Blocks, Interval, median};

/// The median of one contender over its blocks, in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The median over the measured blocks.
    pub median: f64,
    /// Its 95 % interval; `None` with fewer than [`BLOCKS_MIN`](super::BLOCKS_MIN) blocks.
    pub interval: Option<Interval>,
    /// The number of measured blocks.
    pub blocks: usize,
}

impl Summary {
    /// Summarises the measured blocks, or returns `None` if there are none.
    pub fn of(blocks: &Blocks) -> Option<Self> {
        let values = blocks.measured();
        Some(Self {
            median: median(&values)?,
            interval: Interval::of_median(&values),
            blocks: values.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;
    use crate::stats::{Blocks, Interval};

    /// By hand: of nine sorted values the fifth is the median. Cutting one from each end misses
    /// with probability 20/512, cutting two with 92/512. The spare share is 7/90, and lambda is
    /// 49/215.
    #[test]
    fn a_summary_of_nine_blocks_matches_a_computation_by_hand() {
        let blocks = Blocks::of([9.0, 1.0, 8.0, 2.0, 7.0, 3.0, 6.0, 4.0, 5.0].map(Some)).unwrap();
        let summary = Summary::of(&blocks).unwrap();
        let Interval { low, high } = summary.interval.unwrap();
        assert_eq!((summary.median, summary.blocks), (5.0, 9));
        assert!((low - (2.0 + 49.0 / 215.0)).abs() < 1e-12, "{low}");
        assert!((high - (8.0 - 49.0 / 215.0)).abs() < 1e-12, "{high}");
    }

    /// A short run has few blocks. It shows its median, and no interval.
    #[test]
    fn few_blocks_have_a_median_and_no_interval() {
        let blocks = Blocks::of([Some(3.0), None, Some(5.0)]).unwrap();
        assert_eq!(Summary::of(&blocks), Some(Summary { median: 4.0, interval: None, blocks: 2 }));
    }

    /// A scenario whose blocks are all excluded has no summary, which is not the same as zero.
    #[test]
    fn no_blocks_have_no_summary() {
        assert_eq!(Summary::of(&Blocks::of([None, None]).unwrap()), None);
    }
}
