//! What every strategy must keep, and the stages on which each property is held against it.
//!
//! A property knows no strategy: what a strategy promises decides which properties it must keep. It
//! returns what it finds and does not panic, because it is also held against strategies that are
//! wrong on purpose, and one of them that is caught is no noise.

#[macro_use]
mod found;
mod books;
mod plan;
mod properties;
#[cfg(shuttle)]
pub mod schedules;
mod stage;
mod subject;
mod watchdog;

pub use self::{
    found::Found,
    properties::{PROPERTIES, Property},
    stage::Stage,
    subject::Case,
    watchdog::Watch,
};
