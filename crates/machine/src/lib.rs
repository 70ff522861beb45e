//! Facts about the machine, and the interference of other programs with a measurement.
//!
//! A block is excluded on evidence from outside the measurement, never because of its result: that
//! would be choosing results. [`CpuCounters`] read before and after a block give the
//! [`Interference`], which may give a reason to exclude the block. [`examine`] checks before a run
//! whether the machine is fit for measuring.
//!
//! Only Linux reports most of these facts. A fact that the system does not report is `None`, and
//! `None` excludes nothing.

#![deny(missing_docs)]

mod cores;
mod cpu_counters;
mod doctor;
mod facts;
mod interference;
mod jitter_probe;
mod probes;
mod usage;

pub use self::{
    cores::{Cores, cores},
    cpu_counters::CpuCounters,
    doctor::{Examination, Finding, Severity, examine},
    facts::{LoadAverage, cpu_model, hypervisor, kernel, load_average, name},
    interference::{FOREIGN_MAX, Interference, STEAL_MAX},
    usage::Usage,
};
