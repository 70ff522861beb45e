//! Random schedules of every strategy, and of those that are wrong on purpose.
//!
//! Empty in a usual build; `cargo schedules` builds it over Shuttle. A trial is named
//! `store::strategy::scenario`, so any part of a name runs a row, a column or a corner of the matrix.
//! The trials under `wrong` pass if a strategy that is wrong on purpose is caught.
//!
//! ```text
//! cargo schedules                                        1,000 schedules of each strategy
//! cargo schedules -- --schedules 1000000 --save FILE     the full run, with a record of it
//! HOTROW_SEED=7 cargo schedules -- slab::queue           one strategy, from another seed
//! HOTROW_SEED=7 cargo schedules -- slab::queue::charges --schedule 12
//! ```

#[cfg(shuttle)]
mod options;
#[cfg(shuttle)]
mod record;
#[cfg(shuttle)]
mod trials;
#[cfg(shuttle)]
mod unseen;
#[cfg(shuttle)]
#[path = "../wrong/mod.rs"]
#[expect(dead_code, reason = "where else a strategy is caught is for the contract suite")]
mod wrong;

#[cfg(shuttle)]
fn main() {
    trials::run();
}

#[cfg(not(shuttle))]
fn main() {}
