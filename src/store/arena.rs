//! Memory for ledger lines that is handed out in runs and never moves.
//!
//! A ledger that is a growing vector stalls its account while it is copied; a ledger of boxes costs
//! an allocation and a cold pointer each. Here all ledgers of a store share one array of lines, in
//! blocks that are asked of the system as they are reached, and a run of lines is one addition
//! away. Lines are found by their position, a number, so that safe code can keep them in atomic
//! words.

use crate::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering, zeroes},
};

/// Words in a line: 32 bytes, half a cache line.
pub(super) const LINE_WORDS: usize = 4;

/// Bits of a position within its block: 2^15 lines, 1 MiB. An allocator that clears memory which
/// it has used before takes some 40 microseconds for that, which bounds what growth can cost one
/// command. Where schedules are explored each begins with a new arena, and where models are run
/// words are made one by one: there it is next to nothing.
const BLOCK_BITS: u32 = match (cfg!(hotrow_loom), cfg!(shuttle)) {
    (true, _) => 2,
    (_, true) => 7,
    _ => 15,
};

const BLOCK_LINES: u32 = 1 << BLOCK_BITS;

/// Blocks of an arena: 2^29 lines or 16 GiB, in a list of 512 KiB.
const BLOCKS: usize = match (cfg!(hotrow_loom), cfg!(shuttle)) {
    (true, _) => 6,
    (_, true) => 16,
    _ => 1 << 14,
};

/// Lines in a page of the system's memory, the unit in which it is touched in advance.
const LINES_A_PAGE: usize = 4_096 / (LINE_WORDS * 8);

/// One line: plain atomic words, so that whatever races for it reads some value and never garbage.
pub(super) type Line = [AtomicU64; LINE_WORDS];

pub(super) struct Arena {
    blocks: Box<[OnceLock<Block>]>,
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
            blocks: (0..BLOCKS).map(|_| OnceLock::new()).collect(),
            // Position zero stands for no position.
            next: AtomicU64::new(1),
        };
        let touched = u32::try_from(touched).expect("fewer than 2^32 lines are touched");
        for position in (0..touched).step_by(LINES_A_PAGE) {
            // A page that was only read is the system's shared page of zeroes: it must be written.
            arena.line(position)[0].store(0, Ordering::Relaxed);
        }
        arena
    }

    /// The line at `position`, which must have been handed out.
    #[inline]
    pub(super) fn line(&self, position: u32) -> &Line {
        let number = (position >> BLOCK_BITS) as usize;
        let block = match self.blocks[number].get() {
            Some(block) => block,
            None => self.open(number),
        };
        let start = block.skew + (position % BLOCK_LINES) as usize * LINE_WORDS;
        block.words[start..]
            .first_chunk()
            .expect("a block holds a whole line for each of its positions")
    }

    /// Hands out `lines` positions in a row, all in one block, and gives the first.
    ///
    /// # Panics
    /// If the arena's 16 GiB are used up: the store is out of memory.
    pub(super) fn take(&self, lines: u32) -> u32 {
        let lines = u64::from(lines);
        let mut next = self.next.load(Ordering::Relaxed);
        loop {
            let room = u64::from(BLOCK_LINES) - next % u64::from(BLOCK_LINES);
            let first = if lines <= room { next } else { next + room };
            // Acquire, with the release in `give_back`: what the loser wrote to a run lies before
            // what its new owner writes. What that is, whoever publishes the position publishes.
            let taken = self.next.compare_exchange_weak(
                next,
                first + lines,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            match taken {
                Ok(_) if first + lines <= (BLOCKS as u64) << BLOCK_BITS => {
                    return u32::try_from(first).expect("a position fits 29 bits");
                }
                Ok(_) => panic!("the ledgers of this store have used up their 16 GiB"),
                Err(now) => next = now,
            }
        }
    }

    /// Gives a run back if nothing was taken after it; otherwise it is lost until the store goes.
    pub(super) fn give_back(&self, first: u32, lines: u32) {
        let (first, end) = (u64::from(first), u64::from(first) + u64::from(lines));
        // Release, with the acquire in `take`: the run is done with.
        let _ = self.next.compare_exchange(end, first, Ordering::Release, Ordering::Relaxed);
    }

    #[cold]
    fn open(&self, number: usize) -> &Block {
        self.blocks[number].get_or_init(|| {
            let words = zeroes((BLOCK_LINES as usize + 1) * LINE_WORDS);
            // Where models or schedules are run a word is larger than it looks, and fits no cache line.
            let explored = cfg!(any(hotrow_loom, shuttle));
            let skew = if explored { 0 } else { words.as_ptr().align_offset(LINE_WORDS * 8) };
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
        let mut end_before = 1;
        for lines in (1..2_000).cycle().take(20_000) {
            let first = arena.take(lines);
            assert!(end_before <= first, "runs do not overlap");
            assert_eq!(first / BLOCK_LINES, (first + lines - 1) / BLOCK_LINES);
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
