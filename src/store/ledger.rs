//! The ledger of one account: a list in which a receipt's place is its version.
//!
//! Lines lie in chunks that double from 4 lines to 4,096, so that a quiet account costs little and
//! a hot one grows by a bump of the arena's counter and never by copying. The account's cell
//! holds where its last chunk is: the next line is found without leaving the cell. Whoever commits
//! version `v` owns line `v`, so that the winner of a compare-and-set needs no further lock to
//! write its receipt, and the ledger is in order without being sorted.
//!
//! ```text
//! tail   63         32 31          0      chunk   header  line  line  ...  line
//!        [ first     ] [ position  ]              prev    first ...
//!        version of the chunk's first line, and where in the arena its header stands
//! ```

use super::arena::{Arena, Line};
use crate::{
    domain::{Account, Action, Amount, Command, Fault, LedgerEntry, OperationId, Receipt, UserId},
    sync::{
        atomic::{AtomicU64, Ordering},
        hint, thread,
    },
};

/// Lines in the first chunk of an account; in a model one, so that two commits need two chunks.
const CHUNK_LINES_MIN: u64 = if cfg!(hotrow_loom) { 1 } else { 4 };

/// Lines in the largest chunk: 128 KiB, of which at most one is not yet filled for each account.
const CHUNK_LINES_MAX: u64 = if cfg!(hotrow_loom) { 2 } else { 4_096 };

/// Looks at an unpublished line before the reader gives its core away. Its writer has won its
/// version and has only to store four words.
const SPINS_MAX: u32 = if cfg!(hotrow_loom) { 1 } else { 100 };

/// Looks at an unpublished line before it is taken for one that will never be written, as where a
/// wrong strategy commits past it. Nearly all of them give the core away, so it is seconds.
const LOOKS_MAX: u32 = 1_000_000;

/// What a reader learns of a line that nobody wrote.
const NEVER_WRITTEN: Fault = Fault::Store { reason: "a line of the ledger was never written" };

/// The lower half of a word.
const LOW: u64 = u32::MAX as u64;

/// Where the last chunk of an account is; zero before its first command.
#[derive(Default)]
pub(super) struct Tail(AtomicU64);

#[derive(Clone, Copy)]
struct Chunk {
    /// Version of its first line; 0 where there is no chunk, which holds no version.
    first: u64,
    /// Where in the arena its header stands.
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

    /// Lines in it. Chunks double while they are small: first lines at version 1, 5, 13, 29.
    #[inline]
    fn lines(self) -> u64 {
        match self.first {
            0 => 0,
            first => (first + CHUNK_LINES_MIN - 1).min(CHUNK_LINES_MAX),
        }
    }

    /// The first version behind it.
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
    u32::try_from(word & LOW).expect("32 bits were left")
}

impl Tail {
    /// Writes `receipt` to the line that its version owns. When it returns, the line can be read.
    #[inline]
    pub(super) fn write(&self, arena: &Arena, receipt: &Receipt, time_millis: u64) {
        encode(self.line(arena, receipt.after.version), receipt, time_millis);
    }

    /// The line of `version`, in the last chunk unless its owner was overtaken.
    #[inline]
    fn line<'a>(&self, arena: &'a Arena, version: u64) -> &'a Line {
        // Acquire, with the release in `grow`: the header of a chunk is read after it is written.
        let last = Chunk::unpack(self.0.load(Ordering::Acquire));
        match last.holds(version) {
            true => last.line(arena, version),
            false => self.line_elsewhere(arena, version),
        }
    }

    #[cold]
    #[inline(never)]
    fn line_elsewhere<'a>(&self, arena: &'a Arena, version: u64) -> &'a Line {
        let mut chunk = Chunk::unpack(self.0.load(Ordering::Acquire));
        while !chunk.holds(version) {
            chunk = match version < chunk.first {
                true => chunk.previous(arena),
                false => self.grow(arena, chunk),
            };
        }
        chunk.line(arena, version)
    }

    /// Puts a chunk behind `last`, or finds that somebody did, and gives the last one now.
    fn grow(&self, arena: &Arena, last: Chunk) -> Chunk {
        let mut chunk = Chunk { first: last.end(), header: 0 };
        let lines = u32::try_from(chunk.lines() + 1).expect("a chunk has at most 4,097 lines");
        chunk.header = arena.take(lines);
        arena.line(chunk.header)[0].store(last.pack(), Ordering::Relaxed);
        // Release, with the acquire in `line`; acquire, for the header of whoever was first. Whose
        // chunk is placed has acquired the one before it.
        let placed = self.0.compare_exchange(
            last.pack(),
            chunk.pack(),
            Ordering::Release,
            Ordering::Acquire,
        );
        match placed {
            Ok(_) => chunk,
            Err(now) => {
                arena.give_back(chunk.header, lines);
                Chunk::unpack(now)
            }
        }
    }

    /// The entries of versions `after + 1` to `last`, which must have been won, oldest first.
    /// Waits for lines whose owner has won its version and not yet written its receipt.
    ///
    /// # Errors
    /// [`Fault`] if one of them is not written for seconds.
    pub(super) fn read(
        &self,
        arena: &Arena,
        user: UserId,
        after: u64,
        last: u64,
    ) -> Result<Vec<LedgerEntry>, Fault> {
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

    /// The time in the line of `version`, which must have been won, and for which it waits as
    /// [`read`](Tail::read) does.
    ///
    /// # Errors
    /// [`Fault`] if it is not written for seconds.
    pub(super) fn time_of(&self, arena: &Arena, version: u64) -> Result<u64, Fault> {
        written(self.line(arena, version)).map(time_millis)
    }

    /// The chunks that hold versions `after + 1` to `last`, oldest first.
    fn chunks(&self, arena: &Arena, after: u64, last: u64) -> Vec<Chunk> {
        if last <= after {
            return Vec::new();
        }
        // The owner of `last` may have won its version and not yet made its chunk.
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
    // Release, with the acquire in `decode`: who sees the mark sees the words before it.
    line[3].store(time_millis << 2 | is_use << 1 | 1, Ordering::Release);
}

fn decode(line: &Line, user: UserId) -> Result<LedgerEntry, Fault> {
    let mark = written(line)?;
    let [id, amount, after] = [0, 1, 2].map(|word| line[word].load(Ordering::Relaxed));
    let points = Amount::new(amount >> 32).expect("only amounts are written to a line");
    let action = if mark & 0b10 == 0 { Action::Charge(points) } else { Action::Use(points) };
    let command = Command { id: OperationId(id), user, action };
    let version = after & LOW;
    let before = Account { balance: amount & LOW, version: version.wrapping_sub(1) };
    let after = Account { balance: after >> 32, version };
    Ok(LedgerEntry { receipt: Receipt { command, before, after }, time_millis: time_millis(mark) })
}

/// The time in the last word of a line.
fn time_millis(mark: u64) -> u64 {
    mark >> 2
}

/// The last word of a line, once there is one.
fn written(line: &Line) -> Result<u64, Fault> {
    for looks in 0..LOOKS_MAX {
        let mark = line[3].load(Ordering::Acquire);
        if mark != 0 {
            return Ok(mark);
        }
        if looks < SPINS_MAX { hint::spin_loop() } else { thread::yield_now() }
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

    fn read(tail: &Tail, arena: &Arena, after: u64, last: u64) -> Vec<LedgerEntry> {
        tail.read(arena, UserId::new(1).unwrap(), after, last).unwrap()
    }

    /// Growth must neither lose nor move a line, through all sizes of chunk.
    #[test]
    fn every_line_is_found_where_its_version_says() {
        let (arena, tail) = (Arena::new(0), Tail::default());
        for version in 1..=20_000 {
            tail.write(&arena, &receipt(version), version);
        }
        let entries = read(&tail, &arena, 0, 20_000);
        assert_eq!(entries.len(), 20_000);
        for (entry, version) in entries.iter().zip(1..) {
            assert_eq!(*entry, LedgerEntry { receipt: receipt(version), time_millis: version });
            assert_eq!(tail.time_of(&arena, version), Ok(version));
        }
    }

    /// Chunks that did not double would make a hot account's list long, and one of another size than its
    /// neighbour expects would share lines with it.
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

    /// Pages are asked for by the last version seen, at and off the border of chunks.
    #[test]
    fn a_page_starts_after_the_version_asked_for() {
        let (arena, tail) = (Arena::new(0), Tail::default());
        (1..=100).for_each(|version| tail.write(&arena, &receipt(version), 1));
        for (after, last) in [(0, 0), (0, 1), (3, 5), (4, 13), (12, 12), (12, 28), (99, 100)] {
            let versions: Vec<u64> = read(&tail, &arena, after, last)
                .iter()
                .map(|entry| entry.receipt.after.version)
                .collect();
            assert_eq!(versions, (after + 1..=last).collect::<Vec<_>>());
        }
    }

    /// Winners of a compare-and-set write in any order: a later one may come first, and an earlier
    /// one must then find its chunk behind the tail.
    #[test]
    fn lines_may_be_written_out_of_order() {
        let (arena, tail) = (Arena::new(0), Tail::default());
        (1..=10_000).rev().for_each(|version| tail.write(&arena, &receipt(version), 1));
        let entries = read(&tail, &arena, 0, 10_000);
        assert!(entries.iter().zip(1..).all(|(entry, v)| entry.receipt == receipt(v)));
    }

    /// A wrong strategy may commit past a version, and who reads its history must not wait for ever.
    #[test]
    fn a_line_that_is_never_written_is_a_fault() {
        let (arena, tail) = (Arena::new(0), Tail::default());
        tail.write(&arena, &receipt(2), 2);
        assert_eq!(tail.read(&arena, UserId::new(1).unwrap(), 0, 2), Err(NEVER_WRITTEN));
    }

    /// Many winners may find at once that a chunk is missing; one chunk must come of it.
    #[test]
    fn threads_that_grow_a_ledger_together_agree_on_its_chunks() {
        const THREADS: usize = 4;
        let (arena, tail) = (Arena::new(0), Tail::default());
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
