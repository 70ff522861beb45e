//! Memory for ledger lines that is handed out in runs and never moves.
//!
//! A ledger that is a growing vector stalls its account while it is copied; a ledger of boxes costs
//! an allocation and a cold pointer each. Here all ledgers of a store share one array of lines in
//! blocks that double in size. A block is asked of the system as zeroes, which costs nothing until
//! a page is written, and a run of lines is one addition away. Lines are found by their position,
//! a number, so that safe code can keep them in atomic words.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

/// Words in a line: 32 bytes, half a cache line.
pub(super) const LINE_WORDS: usize = 4;

/// Bits of the first position: the first block has 2^14 lines, 512 KiB, each later one as many as
/// all before it.
const FIRST_BITS: u32 = 14;

/// Blocks up to the last position that fits 32 bits: 128 GiB of lines.
const BLOCKS: usize = (u32::BITS - FIRST_BITS) as usize;

/// Lines in a page of the system's memory, the unit in which it is touched in advance.
const LINES_A_PAGE: u64 = 4_096 / (LINE_WORDS as u64 * 8);

/// One line: plain atomic words, so that whatever races for it reads some value and never garbage.
pub(super) type Line = [AtomicU64; LINE_WORDS];

pub(super) struct Arena {
    blocks: [OnceLock<Block>; BLOCKS],
    /// The first position not handed out.
    next: AtomicU64,
}

struct Block {
    words: Box<[AtomicU64]>,
    /// Words to skip so that lines start on a 32-byte boundary and none straddles a cache line.
    skew: usize,
}

impl Arena {
    /// An arena whose first `touched` lines cost no page fault.
    pub(super) fn new(touched: u64) -> Arena {
        let arena = Arena {
            blocks: [const { OnceLock::new() }; BLOCKS],
            next: AtomicU64::new(1 << FIRST_BITS),
        };
        let first = 1 << FIRST_BITS;
        for position in (first..first + touched).step_by(LINES_A_PAGE as usize) {
            let position = u32::try_from(position).expect("fewer than 2^32 lines are touched");
            // A page that was only read is the system's shared page of zeroes: it must be written.
            arena.line(position)[0].store(0, Ordering::Relaxed);
        }
        arena
    }

    /// The line at `position`, which must have been handed out.
    #[inline]
    pub(super) fn line(&self, position: u32) -> &Line {
        let top = position.ilog2();
        let block = match self.blocks[(top - FIRST_BITS) as usize].get() {
            Some(block) => block,
            None => self.open(top),
        };
        let start = block.skew + (position ^ (1 << top)) as usize * LINE_WORDS;
        block.words[start..]
            .first_chunk()
            .expect("a block holds a whole line for each of its positions")
    }

    /// Hands out `lines` positions in a row, all in one block, and gives the first.
    pub(super) fn take(&self, lines: u32) -> u32 {
        let mut next = self.next.load(Ordering::Relaxed);
        loop {
            let end = next + u64::from(lines);
            let fits = next.ilog2() == (end - 1).ilog2();
            let first = if fits { next } else { 1 << (next.ilog2() + 1) };
            // Relaxed: the addition hands out numbers; what is written to the lines is published
            // by whoever publishes the position.
            let taken = self.next.compare_exchange_weak(
                next,
                first + u64::from(lines),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match taken {
                Ok(_) => {
                    return u32::try_from(first)
                        .expect("a store holds fewer than 2^32 ledger lines: 128 GiB");
                }
                Err(now) => next = now,
            }
        }
    }

    /// Gives a run back if nothing was taken after it; otherwise it is lost until the store goes.
    pub(super) fn give_back(&self, first: u32, lines: u32) {
        let (first, end) = (u64::from(first), u64::from(first) + u64::from(lines));
        let _ = self.next.compare_exchange(end, first, Ordering::Relaxed, Ordering::Relaxed);
    }

    #[cold]
    fn open(&self, top: u32) -> &Block {
        self.blocks[(top - FIRST_BITS) as usize].get_or_init(|| {
            let words: Box<[AtomicU64]> =
                bytemuck::allocation::zeroed_slice_box((1 << top) * LINE_WORDS + LINE_WORDS);
            let skew = words.as_ptr().align_offset(LINE_WORDS * 8);
            Block { words, skew }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that straddled two blocks would be found half in each.
    #[test]
    fn a_run_lies_in_one_block() {
        let arena = Arena::new(0);
        let mut end_before = 1 << FIRST_BITS;
        for lines in (1..2_000).cycle().take(20_000) {
            let first = arena.take(lines);
            assert!(end_before <= first, "runs do not overlap");
            assert_eq!(first.ilog2(), (first + lines - 1).ilog2());
            end_before = first + lines;
        }
    }

    /// Each position must be a line of its own, also across the border of two blocks.
    #[test]
    fn lines_do_not_share_words() {
        let arena = Arena::new(100);
        let positions: Vec<u32> = (0..40_000).map(|_| arena.take(1)).collect();
        for &position in &positions {
            arena.line(position)[3].store(u64::from(position), Ordering::Relaxed);
        }
        for &position in &positions {
            assert_eq!(arena.line(position)[3].load(Ordering::Relaxed), u64::from(position));
            assert!(arena.line(position).as_ptr().addr().is_multiple_of(LINE_WORDS * 8));
        }
    }

    /// The loser of a race for a new run gives its own back, so that races cost no memory.
    #[test]
    fn a_run_that_is_given_back_is_handed_out_again() {
        let arena = Arena::new(0);
        let first = arena.take(8);
        arena.give_back(first, 8);
        assert_eq!(arena.take(8), first);
    }
}
