//! What the machine is, and what it did meanwhile: evidence from outside a measurement.
//!
//! Whether a block counts must not be decided by its result, or results are chosen. So it is decided
//! by what else ran: a [`Tally`] before and one after give the [`Evidence`], and that may have an
//! objection. [`examine`] looks before a run whether there is any use in measuring here.
//!
//! Most of it is told by Linux alone. What another system does not tell is not known, and nothing is
//! objected to what is not known.

mod cores;
mod doctor;
mod evidence;
mod facts;
mod probes;
mod spin;
mod tally;
mod usage;

pub use self::{
    cores::{Cores, cores},
    doctor::{Examination, Finding, Judgement, examine},
    evidence::{Evidence, FOREIGN_MAX, STEAL_MAX},
    facts::{LoadAverage, cpu_model, hypervisor, kernel, load_average, name},
    tally::Tally,
    usage::Usage,
};
