//! Models of the ledger: threads that append chunks to one list, and that write and read its lines.

use super::LedgerTail;
use crate::{
    store::{
        arena::Arena,
        models::{assert_chain, receipt, user},
    },
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        explored::{assert_model_fails, explore},
        thread,
    },
};

/// The winners of versions 1 and 2 write at the same time to a ledger without a chunk, and need two
/// chunks. Each may find one missing. If two chunks followed the same one, a line would be lost. A
/// loser that did not see the winner's header would take the winner's chunk for the first.
#[test]
fn two_winners_grow_one_list_of_chunks() {
    explore(|| {
        let (arena, tail) = (Arena::new(0), LedgerTail::default());
        let shared = Arc::new((arena, tail));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        shared.1.write(&shared.0, &receipt(1), 0);
        thread.join().unwrap();
        let entries = shared.1.read(&shared.0, user(), 0, 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
    });
}

/// A reader of version 2 meets its writer before the chunk exists, and both create it. Version 1
/// was written before. If the chunk's header were not published with the tail, the reader would
/// miss the chunk before it.
#[test]
fn a_reader_and_a_winner_grow_one_list_of_chunks() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        let entries = shared.1.read(&shared.0, user(), 0, 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// A reader looks for version 1 while a winner appends the chunk of version 2. The reader walks
/// back from the last chunk. If it did not see that chunk's header, it would find nothing before
/// it.
#[test]
fn a_reader_walks_back_over_a_new_chunk() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        let entries = shared.1.read(&shared.0, user(), 0, 1).unwrap();
        assert_eq!(entries.len(), 1);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// Allocates two runs, writes `word` to the head of the second, as the loser of a race to append a
/// chunk does, and frees both, as two losers of another account may do.
fn lose(arena: &Arena, before: u32, lines: u32, word: u64) {
    let first = arena.allocate(before);
    let second = arena.allocate(lines);
    arena.line(second)[0].store(word, Ordering::Relaxed);
    arena.free(second, lines);
    arena.free(first, before);
}

/// A loser leaves a word at the place of a future line. One thread creates the chunk, and another
/// owns the line. The owner must find the chunk in such a way that the loser's write comes before
/// its own. Otherwise the line would hold the loser's word in the end.
#[test]
fn a_line_overwrites_a_losers_word() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(1), 0));
        lose(&shared.0, 1, 2, 7);
        // Waits for line 1, and creates its chunk if the owner has not.
        shared.1.read(&shared.0, user(), 0, 1).unwrap();
        thread.join().unwrap();
        assert_eq!(shared.1.read(&shared.0, user(), 0, 1).unwrap()[0].receipt, receipt(1));
    });
}

/// A loser leaves the place of its own account's chunk where a header will be. A thread that looks
/// for a version before that chunk must read the new header. Otherwise it would write to the other
/// account's ledger.
#[test]
fn a_header_overwrites_a_losers_word() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            // Describes a chunk that starts at version 2, far from the runs that are allocated
            // here.
            lose(&other.0, 4, 4, 2 << 32 | 20);
            other.1.write(&other.0, &receipt(4), 0);
        });
        shared.1.write(&shared.0, &receipt(2), 0);
        thread.join().unwrap();
        let entries = shared.1.read(&shared.0, user(), 0, 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
    });
}

/// A seeded bug, which the model must detect.
mod wrong {
    use super::*;

    /// A ledger that grows by a plain store instead of a compare-and-set. Two winners each append a
    /// chunk after the same one, and the line in the first is lost.
    #[test]
    fn a_chunk_that_replaces_another() {
        assert_model_fails("store::ledger::models::wrong::a_chunk_that_replaces_another", || {
            let shared = Arc::new((Arena::new(0), AtomicU64::new(0)));
            let write = |(arena, tail): &(Arena, AtomicU64), id: u64| {
                let chunk = match u32::try_from(tail.load(Ordering::Acquire)) {
                    Ok(0) => {
                        let chunk = arena.allocate(2);
                        tail.store(u64::from(chunk), Ordering::Release);
                        chunk
                    }
                    chunk => chunk.expect("a position fits 32 bits"),
                };
                arena.line(chunk)[usize::try_from(id).unwrap()].store(id, Ordering::Relaxed);
            };
            let other = Arc::clone(&shared);
            let thread = thread::spawn(move || write(&other, 1));
            write(&shared, 2);
            thread.join().unwrap();
            let chunk = u32::try_from(shared.1.load(Ordering::Acquire)).unwrap();
            let line = shared.0.line(chunk);
            assert!((1..3).all(|id| line[id].load(Ordering::Relaxed) == id as u64));
        });
    }
}
