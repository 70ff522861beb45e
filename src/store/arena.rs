//! Memory for ledger lines that is allocated in runs and never moves.
//!
//! A ledger that is a growing vector stalls its account while it is copied. A ledger of boxes costs
//! an allocation and a cold pointer per entry. Here all ledgers of a store share one array of
//! lines. Its blocks are allocated when they are first reached, and a run of lines costs one
//! addition. A line is found by its position, a number, so safe code can keep positions in atomic
//! words.

#[cfg(all(test, hotrow_loom))]
mod models;

use crate::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering, zeroes},
};

/// Words in a line: 32 bytes, half of a cache line.
pub(super) const LINE_WORDS: usize = 4;

/// Bits of a position within its block: 2^15 lines, 1 MiB. An allocator that clears memory for
/// reuse takes about 40 microseconds for a block, which bounds the cost of growth for one command.
/// Explored schedules and models start with a new arena each and create words one by one, so their
/// blocks are small.
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

/// Lines in a page of the system's memory, the unit in which memory is touched in advance.
const LINES_PER_PAGE: usize = 4_096 / (LINE_WORDS * 8);

/// One line. Its words are atomic, so a racing reader sees some value of each word and never
/// garbage.
pub(super) type Line = [AtomicU64; LINE_WORDS];

pub(super) struct Arena {
    blocks: Box<[OnceLock<Block>]>,
    /// The first position that is not allocated.
    next: AtomicU64,
}

struct Block {
    words: Box<[AtomicU64]>,
    /// Words to skip so that a line starts on a 32-byte boundary and none straddles a cache line.
    alignment_padding: usize,
}

impl Arena {
    /// Creates an arena whose first `touched` lines cause no page fault.
    pub(super) fn new(touched: u64) -> Arena {
        let arena = Arena {
            blocks: (0..BLOCKS).map(|_| OnceLock::new()).collect(),
            // Position zero stands for no position.
            next: AtomicU64::new(1),
        };
        let touched = u32::try_from(touched).expect("fewer than 2^32 lines are touched");
        for position in (0..touched).step_by(LINES_PER_PAGE) {
            // A page that was only read maps the system's shared page of zeroes, so it must be
            // written.
            arena.line(position)[0].store(0, Ordering::Relaxed);
        }
        arena
    }

    /// Returns the line at `position`, which must be allocated.
    #[inline]
    pub(super) fn line(&self, position: u32) -> &Line {
        let number = (position >> BLOCK_BITS) as usize;
        let block = match self.blocks[number].get() {
            Some(block) => block,
            None => self.open(number),
        };
        let start = block.alignment_padding + (position % BLOCK_LINES) as usize * LINE_WORDS;
        block.words[start..]
            .first_chunk()
            .expect("a block holds a whole line for each of its positions")
    }

    /// Allocates `lines` consecutive positions in one block, and returns the first.
    ///
    /// # Panics
    /// If the arena's 16 GiB are used up: the store is out of memory.
    pub(super) fn allocate(&self, lines: u32) -> u32 {
        let lines = u64::from(lines);
        let mut next = self.next.load(Ordering::Relaxed);
        loop {
            let room = u64::from(BLOCK_LINES) - next % u64::from(BLOCK_LINES);
            let first = if lines <= room { next } else { next + room };
            // Acquire, with the release in `free`: the writes of a loser to its run come before the
            // writes of the new owner. The new owner publishes them with the position.
            let result = self.next.compare_exchange_weak(
                next,
                first + lines,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            match result {
                Ok(_) if first + lines <= (BLOCKS as u64) << BLOCK_BITS => {
                    return u32::try_from(first).expect("a position fits 29 bits");
                }
                Ok(_) => panic!("the ledgers of this store are full: they may take 16 GiB"),
                Err(now) => next = now,
            }
        }
    }

    /// Frees a run if no run was allocated after it. Otherwise it is lost until the store is
    /// dropped.
    pub(super) fn free(&self, first: u32, lines: u32) {
        let (first, end) = (u64::from(first), u64::from(first) + u64::from(lines));
        // Release, with the acquire in `allocate`: the writes to this run come before.
        let _ = self.next.compare_exchange(end, first, Ordering::Release, Ordering::Relaxed);
    }

    #[cold]
    fn open(&self, number: usize) -> &Block {
        self.blocks[number].get_or_init(|| {
            let words = zeroes((BLOCK_LINES as usize + 1) * LINE_WORDS);
            // In builds that explore models or schedules, a word is larger than 8 bytes and fits no
            // line.
            let explored = cfg!(any(hotrow_loom, shuttle));
            let alignment_padding =
                if explored { 0 } else { words.as_ptr().align_offset(LINE_WORDS * 8) };
            Block { words, alignment_padding }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that straddled two blocks would have one half in each.
    #[test]
    fn a_run_lies_in_one_block() {
        let arena = Arena::new(0);
        let mut end_before = 1;
        for lines in (1..2_000).cycle().take(20_000) {
            let first = arena.allocate(lines);
            assert!(end_before <= first, "runs do not overlap");
            assert_eq!(first / BLOCK_LINES, (first + lines - 1) / BLOCK_LINES);
            end_before = first + lines;
        }
    }

    /// Each position must have a line of its own, also across the border of two blocks.
    #[test]
    fn lines_do_not_share_words() {
        let arena = Arena::new(100);
        let positions: Vec<u32> = (0..40_000).map(|_| arena.allocate(1)).collect();
        for &position in &positions {
            arena.line(position)[3].store(u64::from(position), Ordering::Relaxed);
        }
        for &position in &positions {
            assert_eq!(arena.line(position)[3].load(Ordering::Relaxed), u64::from(position));
            assert!(arena.line(position).as_ptr().addr().is_multiple_of(LINE_WORDS * 8));
        }
    }

    /// The loser of a race to append a chunk frees its run, so that races cost no memory.
    #[test]
    fn a_freed_run_is_allocated_again() {
        let arena = Arena::new(0);
        let first = arena.allocate(8);
        arena.free(first, 8);
        assert_eq!(arena.allocate(8), first);
    }
}
