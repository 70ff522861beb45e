//! What every strategy must keep, and the stages on which each property is held against it.
//!
//! A property knows no strategy: what a strategy promises decides which properties it must keep. It
//! returns what it finds and does not panic, because it is also held against strategies that are
//! wrong on purpose, and one of them that is caught is no noise.

#[macro_use]
mod found;
mod books;
mod effort;
mod judge;
mod plan;
mod properties;
mod recorder;
#[cfg(shuttle)]
pub mod schedules;
mod stage;
mod subject;
mod trial;
mod wander;

pub use self::{
    effort::Effort,
    found::Found,
    judge::{by_the_ledger, by_what_callers_saw},
    properties::{PROPERTIES, Property},
    stage::Stage,
    subject::{Case, operations_asked},
    trial::{Refuted, Trial, prove},
};
