//! Checks hotrow strategies: recorded histories, linearizability, audits of runs, and the contract.
//!
//! ```text
//! contract   properties x execution modes --> service over a strategy --> History + ledgers
//! audit      every reply of a run against ledgers, rules and real time
//! linearizability  a search for an order that explains a history, without ledgers
//! ```
//!
//! The audit and the search share nothing but the rules, so that a mistake in one is seen by the other.
//!
//! # Examples
//! ```
//! use hotrow::{store::Memory, strategy::{CombiningLock, Queue}};
//! use hotrow_verify::{candidate, contract::check_contract};
//!
//! # if false {
//! check_contract(&candidate!(Queue keeps CombiningLock, on Memory)).unwrap();
//! # }
//! ```

#![deny(missing_docs)]

pub mod audit;
pub mod contract;
pub mod history;
pub mod linearizability;

#[doc(hidden)]
pub use hotrow;
