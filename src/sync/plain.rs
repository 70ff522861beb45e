//! The real thing.

pub use std::sync::{Arc, OnceLock};

pub use parking_lot::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Words that are changed in one step.
pub mod atomic {
    pub use std::sync::atomic::*;

    /// So many words of zero, which the system has only to promise until they are touched.
    pub fn zeroes(words: usize) -> Box<[AtomicU64]> {
        bytemuck::allocation::zeroed_slice_box(words)
    }
}

/// Locks and signals whose waiters suspend instead of blocking their threads.
pub mod asynchronous {
    pub use tokio::sync::{
        Mutex, MutexGuard, Notify, RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore,
        SemaphorePermit, mpsc, oneshot, watch,
    };
}

/// Ways to wait that give nothing away.
pub mod hint {
    pub use std::hint::spin_loop;

    /// Pauses the processor so many times in a row, some 10 ns each.
    #[inline]
    pub fn pause(times: u32) {
        (0..times).for_each(|_| spin_loop());
    }
}

/// Tasks, and how one lets others run.
pub mod task {
    pub use tokio::task::{JoinHandle, spawn, yield_now};
}

/// Threads, and how one lets others run.
pub mod thread {
    pub use std::thread::{available_parallelism, panicking, yield_now};
}

/// Time that passes while a task is suspended.
pub mod time {
    pub use tokio::time::sleep;
}
