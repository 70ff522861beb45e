//! The same names over Shuttle, which decides at every use of one who goes on.
//!
//! Shuttle runs all tasks on one thread and switches between them only here, so a schedule is a
//! list of choices, and the same choices are the same run. It knows no weak memory: whatever
//! ordering an atomic is asked for, it is as if it were the strongest.
//!
//! Locks that block go to whoever is chosen and not to whoever came first, as those of `parking_lot`
//! may; locks of tasks are handed over in order, as those of `tokio` are.

mod lock;
pub mod task;

pub use std::sync::{Arc, OnceLock};

pub use self::lock::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Words that are changed in one step, before which anybody else may go on.
pub mod atomic {
    pub use shuttle::sync::atomic::*;

    /// So many words of zero.
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

/// Ways to wait, each of which lets others go on: a loop that waits for another would else never end.
pub mod hint {
    pub use shuttle::hint::spin_loop;

    /// Lets others go on. Once is enough: how long a pause takes means nothing here.
    pub fn pause(_times: u32) {
        spin_loop();
    }
}

/// Threads, and how one lets others run.
pub mod thread {
    use std::{io, num::NonZero};

    pub use shuttle::thread::yield_now;
    pub use std::thread::panicking;

    /// Two cores on every machine, so that a schedule is the same on all of them.
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

    /// Lets others go on for as long as they are chosen: no clock is looked at.
    pub async fn sleep(_duration: Duration) {
        super::task::yield_now().await;
    }
}
