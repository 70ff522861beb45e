//! The contract of every strategy: the properties, and the execution modes that check them.
//!
//! A property does not know the strategy that it checks. The guarantees of a strategy decide which
//! properties apply to it. A property returns its result and does not panic: it also runs against
//! seeded bugs, where a failure is expected.

#[macro_use]
mod check_result;
mod candidate;
mod check;
mod execution_mode;
mod fail_points;
mod fixture;
mod judge;
mod ledger_check;
mod properties;
mod random_yield;
mod recorder;
#[cfg(shuttle)]
pub mod schedules;
mod search_budget;
mod service;

pub use self::{
    candidate::{Candidate, Open, OpenWithFaults, OpenYielding},
    check::{ContractFailure, Trial, check_contract},
    check_result::CheckResult,
    execution_mode::ExecutionMode,
    fixture::TestCase,
    judge::{by_the_ledger, by_what_callers_saw},
    properties::{PROPERTIES, Property},
    search_budget::SearchBudget,
    service::operations_asked,
};
