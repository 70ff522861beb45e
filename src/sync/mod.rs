//! What threads and tasks share, and how they wait: all that strategies, stores and the service
//! synchronise with.
//!
//! A strategy is as right as the schedules that it was tried under. So everything that a schedule
//! can come between is taken from here and from nowhere else, which a test checks. In the builds
//! that people use, this module is nothing but other names for the locks of `parking_lot`, those of
//! `tokio`, and the atomics of the standard library.
//!
//! Built with `--cfg shuttle` the same names are Shuttle's, and every use of one is a point at which
//! another task may go on instead. Three things stay as they are, because they never wait and so
//! are one step to everybody else: a [`OnceLock`], whose first caller meets no such point while it
//! fills it, and the map and the vector without locks in which [`store`](crate::store) finds its
//! users.
//!
//! Built with `--cfg hotrow_loom` (`cargo models`) the names are loom's. The asynchronous locks have
//! no counterpart there, for loom does not see into `tokio`: the strategies that need them, and all
//! that names those, are left out of that build.

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
