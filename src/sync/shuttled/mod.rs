//! The build that Shuttle explores: the same names over Shuttle, which chooses the next task at
//! every use of one.
//!
//! Shuttle runs all tasks on one thread and switches between them only here. So a schedule is a
//! list of choices, and the same choices repeat the same run. It has no weak memory: every atomic
//! access behaves as if it had the strongest ordering.
//!
//! A blocking lock goes to a waiter that Shuttle chooses and not to the first one, as those of
//! `parking_lot` may. Locks of tasks are passed on in order, as those of `tokio` are.

mod lock;
pub mod task;

pub use std::sync::{Arc, OnceLock};

pub use self::lock::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Atomic words, with a switch point before each access.
pub mod atomic {
    pub use shuttle::sync::atomic::*;

    /// Allocates `words` words of zero.
    pub fn zeroes(words: usize) -> Box<[AtomicU64]> {
        (0..words).map(|_| AtomicU64::new(0)).collect()
    }
}

/// Locks and signals whose waiters suspend instead of blocking their threads.
pub mod asynchronous {
    pub use shuttle_tokio::sync::{
        Mutex, MutexGuard, Notify, RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore,
        SemaphorePermit, mpsc, oneshot, watch,
    };
}

/// Ways to wait, each of which yields: a loop that waits for another task would otherwise never
/// end.
pub mod hint {
    pub use shuttle::hint::spin_loop;

    /// Yields once: the length of a pause means nothing here.
    pub fn pause(_times: u32) {
        spin_loop();
    }
}

/// Threads, and how a thread yields.
pub mod thread {
    use std::{io, num::NonZero};

    pub use shuttle::thread::yield_now;
    pub use std::thread::panicking;

    /// Returns two on every machine, so that a schedule is the same on all of them.
    ///
    /// # Errors
    /// None; the real one may fail.
    pub fn available_parallelism() -> io::Result<NonZero<usize>> {
        Ok(const { NonZero::new(2).unwrap() })
    }
}

/// Time that passes while a task is suspended.
pub mod time {
    use std::time::Duration;

    /// Yields to the other tasks for as long as they are chosen: this build reads no clock.
    pub async fn sleep(_duration: Duration) {
        super::task::yield_now().await;
    }
}
