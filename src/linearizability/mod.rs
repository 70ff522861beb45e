//! Whether a history has an order: the witness that looks only at what clients saw.
//!
//! A concurrent object is right if every operation seems to happen at one moment between its call and
//! its return: *linearizable*. The search here needs nothing but calls, answers and a [`Model`] of the
//! object used by one client at a time. It does not look at versions or ledgers, so it can contradict
//! an audit that trusts them.
//!
//! ```text
//! History --> one object each --> check --> Linearizable | Impossible + Contradiction
//! ```
//!
//! [`check`] is fast, and [`has_order`] is obvious: they are held against each other on small histories,
//! and the fast one against published ones.

mod account;
mod bank;
mod contradiction;
mod exhaustive;
mod kv;
mod memo;
mod model;
mod placed;
mod register;
mod search;
mod slots;
mod timeline;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use self::search::Found;
pub use self::{
    account::{AccountCall, AccountModel, AccountOutput},
    bank::{BankModel, OPEN_MAX, Overdraft, beginnings, check_bank},
    contradiction::Contradiction,
    exhaustive::{OPERATIONS_MAX, has_order},
    kv::KvModel,
    model::Model,
    register::RegisterModel,
};
use crate::history::Call;

/// Steps after which [`check`] gives up, beside as many as there are operations. A history in which
/// little is known can have more orders than there is time; at some 300 bytes a step this is also
/// what memory has room for.
pub const STEPS_MAX: usize = 1_000_000;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order.
    Linearizable,
    /// There is none, and this shows it.
    Impossible(Contradiction),
    /// The search was given up.
    Undecided,
}

/// Searches for an order of `calls`, all of them made of one object.
///
/// Two operations are ordered if one returned before the other was called; at one and the same time
/// they are not.
///
/// # Panics
/// With a call that returned before it was made.
pub fn check<M: Model>(model: &M, calls: &[Call<M::Input, M::Output>]) -> Verdict {
    check_within(model, calls, STEPS_MAX.saturating_add(calls.len()))
}

/// The same with another number of steps after which it gives up.
///
/// # Panics
/// With a call that returned before it was made.
pub fn check_within<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    steps_max: usize,
) -> Verdict {
    let backward = calls.iter().find(|call| call.returned().is_some_and(|end| end < call.called));
    assert!(backward.is_none(), "a call cannot return before it is made");
    match search::search(model, calls, u64::MAX, steps_max) {
        Found::Order(_) => Verdict::Linearizable,
        Found::GaveUp => Verdict::Undecided,
        Found::NoOrder { stuck, before } => {
            let found = Contradiction { misfit: stuck, before };
            Verdict::Impossible(found.or_first(model, calls))
        }
    }
}
