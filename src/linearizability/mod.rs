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
mod budget;
mod contradiction;
mod exhaustive;
mod kv;
mod memo;
mod model;
mod objects;
mod placed;
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
    budget::{Budget, Limit},
    contradiction::Contradiction,
    exhaustive::{OPERATIONS_MAX, has_order},
    kv::KvModel,
    model::Model,
    objects::{HistoryVerdict, Object, check_objects},
    register::RegisterModel,
};
use self::{budget::Share, search::Found};
use crate::history::Call;

/// Steps after which [`check`] gives up, beside as many as there are operations. A history in which
/// little is known can have more orders than there is time. [`check_objects`] has a budget of memory and
/// time as well.
pub const STEPS_MAX: usize = 1_000_000;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order.
    Linearizable,
    /// There is none, and this shows it.
    Impossible(Contradiction),
    /// The search was given up, since this was used up.
    Undecided(Limit),
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
    check_share(model, calls, Share::of_steps(steps_max))
}

/// Looks for an answer that no order gives, and then for an order.
fn check_share<M: Model>(model: &M, calls: &[Call<M::Input, M::Output>], share: Share) -> Verdict {
    let backward = calls.iter().find(|call| call.returned().is_some_and(|end| end < call.called));
    assert!(backward.is_none(), "a call cannot return before it is made");
    if let Some(misfit) = model.unproducible(calls) {
        let (before, is_unproducible) = (Vec::new(), true);
        return Verdict::Impossible(Contradiction { misfit, before, is_unproducible });
    }
    match search::search(model, calls, u64::MAX, share) {
        Found::Order(_) => Verdict::Linearizable,
        Found::GaveUp(limit) => Verdict::Undecided(limit),
        Found::NoOrder { stuck, before } => {
            let found = Contradiction { misfit: stuck, before, is_unproducible: false };
            Verdict::Impossible(found.or_first(model, calls))
        }
    }
}
