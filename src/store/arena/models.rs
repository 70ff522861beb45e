//! Models of the arena: runs that two threads allocate and free.

use super::Arena;
use crate::sync::{Arc, atomic::Ordering, explored::explore, thread};

/// Two threads allocate runs at the same time. If one position were allocated twice, two receipts
/// would share a line.
#[test]
fn concurrent_runs_do_not_overlap() {
    explore(|| {
        let arena = Arc::new(Arena::new(0));
        let other = Arc::clone(&arena);
        let thread = thread::spawn(move || other.allocate(2));
        let mine = arena.allocate(3);
        let other = thread.join().unwrap();
        assert!(mine + 3 <= other || other + 2 <= mine, "{mine} and {other} overlap");
    });
}

/// One thread allocates a run, writes to it and frees it, as the loser of a race to append a chunk
/// does. Another allocates it. The loser's writes must come before the new owner's, or they could
/// appear later in a chunk of another account. They come before if the new owner sees them.
#[test]
fn a_losers_writes_come_before_its_run_is_reused() {
    explore(|| {
        let arena = Arc::new(Arena::new(0));
        let other = Arc::clone(&arena);
        arena.line(1);
        let thread = thread::spawn(move || {
            let run = other.allocate(2);
            other.line(run)[0].store(7, Ordering::Relaxed);
            other.free(run, 2);
            run
        });
        let mine = arena.allocate(2);
        let seen = arena.line(mine)[0].load(Ordering::Relaxed);
        let losers = thread.join().unwrap();
        assert!(losers != mine || seen == 7, "a run is reused before the writes of its loser");
    });
}
