//! The normal build: re-exports of the real locks, atomics, tasks and threads.

pub use std::sync::Arc;
#[cfg(not(hotrow_sanitizer))]
pub use std::sync::OnceLock;

// The sanitizer does not see into the standard library, where the value is published, and would
// report every use of it as a race. It sees into this one.
#[cfg(hotrow_sanitizer)]
pub use once_cell::sync::OnceCell as OnceLock;

pub use parking_lot::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Atomic words.
pub mod atomic {
    pub use std::sync::atomic::*;

    /// Allocates `words` words of zero. The system maps their memory when they are first touched.
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

/// Ways to wait that keep the core.
pub mod hint {
    pub use std::hint::spin_loop;

    /// Executes `times` spin-loop hints in a row, about 10 ns each.
    #[inline]
    pub fn pause(times: u32) {
        (0..times).for_each(|_| spin_loop());
    }
}

/// Tasks, and how a task yields.
pub mod task {
    pub use tokio::task::{JoinHandle, spawn, yield_now};
}

/// Threads, and how a thread yields.
pub mod thread {
    pub use std::thread::{available_parallelism, panicking, yield_now};
}

/// Time that passes while a task is suspended.
pub mod time {
    pub use tokio::time::sleep;
}
