//! The ledger of one account: a list in which the place of a receipt is its version.
//!
//! Lines lie in chunks that double from 4 lines to 4,096. So a quiet account costs little, and a
//! hot account grows by an addition to the arena's counter and never by copying. The account's cell
//! holds the place of the last chunk, so the next line is found without leaving the cell. The
//! command that commits version `v` owns line `v`. So the winner of a compare-and-set needs no
//! further lock to write its receipt, and the ledger is in order without sorting.
//!
//! ```text
//! tail   63         32 31          0      chunk   header  line  line  ...  line
//!        [ first     ] [ position  ]              prev    first ...
//!        the version of the chunk's first line, and the position of its header in the arena
//! ```

#[cfg(all(test, hotrow_loom))]
mod models;

use super::arena::{Arena, Line};
use crate::{
    domain::{
        Account, Action, Amount, Command, LedgerEntry, OperationId, Receipt, StoreError,
        StoreErrorKind, UserId,
    },
    sync::{
        atomic::{AtomicU64, Ordering},
        hint, thread,
    },
};

/// Lines in the first chunk of an account. A model has one, so that two commits need two chunks.
const CHUNK_LINES_MIN: u64 = if cfg!(hotrow_loom) { 1 } else { 4 };

/// Lines in the largest chunk: 128 KiB. Each account has at most one such chunk that is not yet
/// full.
const CHUNK_LINES_MAX: u64 = if cfg!(hotrow_loom) { 2 } else { 4_096 };

/// Reads of an unwritten line before the reader yields its thread. The writer of the line has won
/// its version and only has to store four words.
const SPINS_MAX: u32 = if cfg!(hotrow_loom) { 1 } else { 100 };

/// Reads of an unwritten line before it counts as never written, as where an incorrect strategy
/// commits past a version. Nearly all of them yield the thread, so this takes seconds.
const READS_MAX: u32 = 1_000_000;

/// The error of a reader whose line was never written.
const NEVER_WRITTEN: StoreError =
    StoreError::constant(StoreErrorKind::Failed, "a line of the ledger was never written");

/// The lower half of a word.
const LOW: u64 = u32::MAX as u64;

/// The place of the last chunk of an account; zero before its first command.
#[derive(Default)]
pub(super) struct LedgerTail(AtomicU64);

#[derive(Clone, Copy)]
struct Chunk {
    /// The version of its first line; 0 for no chunk, which holds no version.
    first: u64,
    /// The position of its header in the arena.
    header: u32,
}

impl Chunk {
    #[inline]
    fn unpack(word: u64) -> Chunk {
        Chunk { first: word >> 32, header: low_half(word) }
    }

    #[inline]
    fn pack(self) -> u64 {
        self.first << 32 | u64::from(self.header)
    }

    /// Returns the number of lines. Chunks double while they are small: they start at versions 1,
    /// 5, 13, 29.
    #[inline]
    fn lines(self) -> u64 {
        match self.first {
            0 => 0,
            first => (first + CHUNK_LINES_MIN - 1).min(CHUNK_LINES_MAX),
        }
    }

    /// Returns the first version after this chunk.
    #[inline]
    fn end(self) -> u64 {
        self.first.max(1) + self.lines()
    }

    #[inline]
    fn holds(self, version: u64) -> bool {
        version.wrapping_sub(self.first) < self.lines()
    }

    #[inline]
    fn line(self, arena: &Arena, version: u64) -> &Line {
        arena.line(self.header + 1 + low_half(version - self.first))
    }

    fn previous(self, arena: &Arena) -> Chunk {
        // Relaxed: the header was written before the tail that led here was published.
        Chunk::unpack(arena.line(self.header)[0].load(Ordering::Relaxed))
    }
}

#[inline]
fn low_half(word: u64) -> u32 {
    u32::try_from(word & LOW).expect("the mask leaves 32 bits")
}

impl LedgerTail {
    /// Writes `receipt` to the line of its version. When it returns, the line can be read.
    #[inline]
    pub(super) fn write(&self, arena: &Arena, receipt: &Receipt, time_millis: u64) {
        encode(self.line(arena, receipt.after.version), receipt, time_millis);
    }

    /// Returns the line of `version`. It lies in the last chunk unless later versions were written
    /// first.
    #[inline]
    fn line<'a>(&self, arena: &'a Arena, version: u64) -> &'a Line {
        // Acquire, with the release in `grow`: the reader sees the header of the chunk.
        let last = Chunk::unpack(self.0.load(Ordering::Acquire));
        match last.holds(version) {
            true => last.line(arena, version),
            false => self.find_line(arena, version),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_line<'a>(&self, arena: &'a Arena, version: u64) -> &'a Line {
        let mut chunk = Chunk::unpack(self.0.load(Ordering::Acquire));
        while !chunk.holds(version) {
            chunk = match version < chunk.first {
                true => chunk.previous(arena),
                false => self.grow(arena, chunk),
            };
        }
        chunk.line(arena, version)
    }

    /// Appends a chunk after `last`, or finds one that another thread appended, and returns the
    /// last chunk.
    fn grow(&self, arena: &Arena, last: Chunk) -> Chunk {
        let mut chunk = Chunk { first: last.end(), header: 0 };
        let lines = u32::try_from(chunk.lines() + 1).expect("a chunk has at most 4,097 lines");
        chunk.header = arena.allocate(lines);
        arena.line(chunk.header)[0].store(last.pack(), Ordering::Relaxed);
        // Release, with the acquire in `line`. Acquire on failure, for the header that the other
        // thread wrote. A thread that succeeds has already acquired the chunk before its own.
        let result = self.0.compare_exchange(
            last.pack(),
            chunk.pack(),
            Ordering::Release,
            Ordering::Acquire,
        );
        match result {
            Ok(_) => chunk,
            Err(now) => {
                arena.free(chunk.header, lines);
                Chunk::unpack(now)
            }
        }
    }

    /// Reads the entries of versions `after + 1` to `last`, oldest first. All of them must have
    /// been won. The call waits for a line whose owner has won its version and not yet written its
    /// receipt.
    ///
    /// # Errors
    /// [`StoreError`] if one of them is not written for seconds.
    pub(super) fn read(
        &self,
        arena: &Arena,
        user: UserId,
        after: u64,
        last: u64,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut entries = Vec::new();
        for chunk in self.chunks(arena, after, last) {
            let from = chunk.first.max(after + 1);
            let to = (chunk.end() - 1).min(last);
            for version in from..=to {
                entries.push(decode(chunk.line(arena, version), user)?);
            }
        }
        Ok(entries)
    }

    /// Returns the chunks that hold versions `after + 1` to `last`, oldest first.
    fn chunks(&self, arena: &Arena, after: u64, last: u64) -> Vec<Chunk> {
        if last <= after {
            return Vec::new();
        }
        // The owner of `last` may have won its version and not yet created its chunk.
        self.line(arena, last);
        let mut chunks = Vec::new();
        let mut chunk = Chunk::unpack(self.0.load(Ordering::Acquire));
        while after + 1 < chunk.end() {
            if chunk.first <= last {
                chunks.push(chunk);
            }
            chunk = chunk.previous(arena);
        }
        chunks.reverse();
        chunks
    }
}

// word 0   [ operation id                          ]
// word 1   [ amount         32 ][ balance before 32 ]
// word 2   [ balance after  32 ][ version        32 ]
// word 3   [ milliseconds   62 ][ use? 1 ][ written 1 ]
#[inline]
fn encode(line: &Line, receipt: &Receipt, time_millis: u64) {
    let Receipt { command, before, after } = receipt;
    let is_use = u64::from(matches!(command.action, Action::Use(_)));
    line[0].store(command.id.0, Ordering::Relaxed);
    line[1].store(command.action.amount().points() << 32 | before.balance, Ordering::Relaxed);
    line[2].store(after.balance << 32 | after.version, Ordering::Relaxed);
    // Release, with the acquire in `await_mark`: a reader of the mark sees the words before it.
    line[3].store(time_millis << 2 | is_use << 1 | 1, Ordering::Release);
}

fn decode(line: &Line, user: UserId) -> Result<LedgerEntry, StoreError> {
    let mark = await_mark(line)?;
    let [id, amount, after] = [0, 1, 2].map(|word| line[word].load(Ordering::Relaxed));
    let points = Amount::new(amount >> 32).expect("the writer stored a valid amount");
    let action = if mark & 0b10 == 0 { Action::Charge(points) } else { Action::Use(points) };
    let command = Command { id: OperationId(id), user, action };
    let version = after & LOW;
    let before = Account { balance: amount & LOW, version: version.wrapping_sub(1) };
    let after = Account { balance: after >> 32, version };
    Ok(LedgerEntry { receipt: Receipt { command, before, after }, time_millis: time_millis(mark) })
}

/// Returns the time in the last word of a line.
fn time_millis(mark: u64) -> u64 {
    mark >> 2
}

/// Returns the last word of a line, and waits until it is written.
fn await_mark(line: &Line) -> Result<u64, StoreError> {
    for reads in 0..READS_MAX {
        let mark = line[3].load(Ordering::Acquire);
        if mark != 0 {
            return Ok(mark);
        }
        if reads < SPINS_MAX { hint::spin_loop() } else { thread::yield_now() }
    }
    Err(NEVER_WRITTEN)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn receipt(version: u64) -> Receipt {
        let command = Command {
            id: OperationId(version * 7),
            user: UserId::new(1).unwrap(),
            action: Action::Charge(Amount::new(1).unwrap()),
        };
        let before = Account { balance: version - 1, version: version - 1 };
        Receipt { command, before, after: Account { balance: version, version } }
    }

    fn read(tail: &LedgerTail, arena: &Arena, after: u64, last: u64) -> Vec<LedgerEntry> {
        tail.read(arena, UserId::new(1).unwrap(), after, last).unwrap()
    }

    /// Growth must neither lose nor move a line, through all chunk sizes.
    #[test]
    fn every_line_is_found_by_its_version() {
        let (arena, tail) = (Arena::new(0), LedgerTail::default());
        for version in 1..=20_000 {
            tail.write(&arena, &receipt(version), version);
        }
        let entries = read(&tail, &arena, 0, 20_000);
        assert_eq!(entries.len(), 20_000);
        for (entry, version) in entries.iter().zip(1..) {
            assert_eq!(*entry, LedgerEntry { receipt: receipt(version), time_millis: version });
        }
    }

    /// Chunks that did not double would make a hot account's list long. A chunk whose size differs
    /// from the neighbour's calculation would share lines with it.
    #[test]
    fn chunks_double_up_to_the_largest() {
        let mut chunk = Chunk { first: 0, header: 0 };
        let mut sizes = Vec::new();
        while sizes.len() < 13 {
            chunk = Chunk { first: chunk.end(), header: 0 };
            sizes.push(chunk.lines());
        }
        let doubled =
            (2..).map(|power| 1_u64 << power).take_while(|&lines| lines < CHUNK_LINES_MAX);
        let mut expected: Vec<u64> = doubled.collect();
        expected.resize(13, CHUNK_LINES_MAX);
        assert_eq!(sizes, expected);
    }

    /// A page starts after a given version, at the border of chunks and inside them.
    #[test]
    fn a_page_starts_after_the_given_version() {
        let (arena, tail) = (Arena::new(0), LedgerTail::default());
        (1..=100).for_each(|version| tail.write(&arena, &receipt(version), 1));
        for (after, last) in [(0, 0), (0, 1), (3, 5), (4, 13), (12, 12), (12, 28), (99, 100)] {
            let versions: Vec<u64> = read(&tail, &arena, after, last)
                .iter()
                .map(|entry| entry.receipt.after.version)
                .collect();
            assert_eq!(versions, (after + 1..=last).collect::<Vec<_>>());
        }
    }

    /// Winners of a compare-and-set write in any order. If a later version is written first, an
    /// earlier one must find its chunk before the last.
    #[test]
    fn lines_may_be_written_out_of_order() {
        let (arena, tail) = (Arena::new(0), LedgerTail::default());
        (1..=10_000).rev().for_each(|version| tail.write(&arena, &receipt(version), 1));
        let entries = read(&tail, &arena, 0, 10_000);
        assert!(entries.iter().zip(1..).all(|(entry, v)| entry.receipt == receipt(v)));
    }

    /// An incorrect strategy may commit past a version, and a reader of its ledger must not wait
    /// forever.
    #[test]
    fn a_line_that_is_never_written_is_an_error() {
        let (arena, tail) = (Arena::new(0), LedgerTail::default());
        tail.write(&arena, &receipt(2), 2);
        assert_eq!(tail.read(&arena, UserId::new(1).unwrap(), 0, 2), Err(NEVER_WRITTEN));
    }

    /// Many winners may find at the same time that a chunk is missing. Only one chunk must be
    /// added.
    #[test]
    fn threads_that_grow_a_ledger_at_once_agree_on_its_chunks() {
        const THREADS: usize = 4;
        let (arena, tail) = (Arena::new(0), LedgerTail::default());
        thread::scope(|scope| {
            for offset in 1..=THREADS as u64 {
                let (arena, tail) = (&arena, &tail);
                scope.spawn(move || {
                    for version in (offset..=40_000).step_by(THREADS) {
                        tail.write(arena, &receipt(version), 1);
                    }
                });
            }
        });
        let entries = read(&tail, &arena, 0, 40_000);
        assert!(entries.iter().zip(1..).all(|(entry, v)| entry.receipt == receipt(v)));
    }
}
