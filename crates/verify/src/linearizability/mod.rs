//! Checks whether a history is linearizable, from what the clients observed alone.
//!
//! A concurrent object is correct if every operation seems to happen at one moment between its call
//! and its return: it is *linearizable* ([Herlihy and Wing
//! 1990](https://doi.org/10.1145/78969.78972)). The search needs only calls, replies, and a
//! [`Model`] of the object as one client alone uses it. It looks at neither versions nor ledgers,
//! so it can contradict an audit that trusts them.
//!
//! ```text
//! History --> one object each --> check --> Linearizable | Violation + Contradiction | Unknown
//! ```
//!
//! [`check`] is fast, and [`brute_force_is_linearizable`] is simple. Tests compare the two on small
//! histories, and compare the fast one with published verdicts.

mod account;
mod bank;
mod brute_force;
mod budget;
mod contradiction;
mod kv;
mod linearized_set;
mod memo;
mod model;
mod objects;
mod register;
mod search;
mod slots;
mod timeline;
mod trail;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

pub use self::{
    account::{AccountCall, AccountModel, AccountOutput},
    bank::{BankModel, OPEN_MAX, Overdraft, beginnings, check_bank},
    brute_force::{OPERATIONS_MAX, brute_force_is_linearizable},
    budget::{Budget, Limit},
    contradiction::Contradiction,
    kv::KvModel,
    model::Model,
    objects::{HistoryVerdict, Object, check_objects},
    register::RegisterModel,
};
use self::{budget::Share, search::Found};
use crate::history::Call;

/// Steps after which [`check`] gives up, in addition to one for each operation. A history with many
/// indeterminate operations can have more orders than there is time. [`check_objects`] also has a
/// budget of memory and time.
pub const STEPS_MAX: usize = 1_000_000;

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The history has an order.
    Linearizable,
    /// The history has no order, and the contradiction shows why.
    Violation(Contradiction),
    /// The search gave up, because this limit was reached.
    Unknown(Limit),
}

/// Searches for an order of `calls`, all of them on one object.
///
/// Two operations are ordered if one returned before the other was called. If both times are equal,
/// the operations are concurrent.
///
/// # Panics
/// If a call returned before it was made.
pub fn check<M: Model>(model: &M, calls: &[Call<M::Input, M::Output>]) -> Verdict {
    check_within(model, calls, STEPS_MAX.saturating_add(calls.len()))
}

/// Does the same as [`check`] with another maximum of steps.
///
/// # Panics
/// If a call returned before it was made.
pub fn check_within<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    steps_max: usize,
) -> Verdict {
    check_share(model, calls, Share::with_steps(steps_max))
}

/// Looks for a reply that no order produces, and then for an order.
fn check_share<M: Model>(model: &M, calls: &[Call<M::Input, M::Output>], share: Share) -> Verdict {
    let backward = calls.iter().find(|call| call.returned().is_some_and(|end| end < call.called));
    assert!(backward.is_none(), "a call cannot return before it is made");
    if let Some(stuck_op) = model.unproducible(calls) {
        let (before, is_unproducible) = (Vec::new(), true);
        return Verdict::Violation(Contradiction { stuck_op, before, is_unproducible });
    }
    match search::search(model, calls, u64::MAX, share) {
        Found::Order(_) => Verdict::Linearizable,
        Found::GaveUp(limit) => Verdict::Unknown(limit),
        Found::NoOrder { stuck, before } => {
            let found = Contradiction { stuck_op: stuck, before, is_unproducible: false };
            Verdict::Violation(found.minimized(model, calls))
        }
    }
}
