//! Random schedules of every strategy and of the seeded bugs.
//!
//! The target is empty in a usual build; `cargo schedules` builds it with Shuttle. A trial is named
//! `store::strategy::workflow`, and a part of a name selects trials. A trial under `seeded_bugs`
//! passes if a schedule detects the bug.
//!
//! ```text
//! cargo schedules                                        1,000 schedules of each strategy
//! cargo schedules -- --schedules 1000000 --save FILE     the full run, with a record of it
//! HOTROW_SEED=7 cargo schedules -- memory::queue         one strategy, from another seed
//! HOTROW_SEED=7 cargo schedules -- memory::queue::charges --schedule 12
//! ```

#[cfg(shuttle)]
mod options;
#[cfg(shuttle)]
mod record;
#[cfg(shuttle)]
#[path = "../seeded_bugs/mod.rs"]
#[expect(dead_code, reason = "the contract suite uses the modes and the properties")]
mod seeded_bugs;
#[cfg(shuttle)]
mod trials;
#[cfg(shuttle)]
mod unseen;

#[cfg(shuttle)]
fn main() {
    trials::run();
}

#[cfg(not(shuttle))]
fn main() {}
