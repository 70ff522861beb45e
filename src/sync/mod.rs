//! Locks, atomics, tasks and threads: everything that strategies, stores and the service
//! synchronize with.
//!
//! A test of a strategy covers only the schedules that it ran. So everything that a schedule can
//! interrupt comes from this module alone, which a test checks. In a normal build, the module only
//! re-exports the locks of `parking_lot`, those of `tokio`, and the atomics of the standard
//! library.
//!
//! Built with `--cfg shuttle`, the same names are Shuttle's, and every use of one is a point at
//! which another task may run. Three things stay as they are, because they never wait and are
//! therefore one step to every other task: a [`OnceLock`], whose first caller meets no such point
//! while it fills it, and the lock-free map and vector in which [`store`](crate::store) finds its
//! users.
//!
//! Built with `--cfg hotrow_loom` (`cargo models`), the names are loom's. The asynchronous locks
//! have no counterpart there, because loom does not see into `tokio`. The strategies that need them
//! are left out of that build, with all code that names those strategies.

#[cfg(all(test, hotrow_loom))]
pub(crate) mod explored;
#[cfg(hotrow_loom)]
mod loomed;
#[cfg(all(test, hotrow_loom))]
mod models;
#[cfg(not(any(shuttle, hotrow_loom)))]
mod plain;
#[cfg(shuttle)]
mod shuttled;
#[cfg(hotrow_loom)]
mod weakened;

#[cfg(hotrow_loom)]
pub use self::loomed::*;
#[cfg(not(any(shuttle, hotrow_loom)))]
pub use self::plain::*;
#[cfg(shuttle)]
pub use self::shuttled::*;
