//! How many may wait: past a bound a request is turned away at once and not kept in a line whose end
//! would come after its sender has given up.
//!
//! There are two bounds. One is on all requests together, and one on those for the same account, so
//! that a crowd before one account, or one account on a slow store, leaves room for everybody else.
//! A command keeps its place until it has ended, and not only until its sender is gone: what is
//! counted is what the service has still to do.
//!
//! Accounts are counted by a hash of their id. Two that share a count share its bound, which turns
//! somebody away too early, one time in a thousand, and never lets anybody in too late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;

use super::problem::{Code, Problem};
use crate::domain::UserId;

/// How often to look whether the last have gone, when the service is about to go as well.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Counts for accounts.
const COUNTS: usize = 1_024;

/// Lets requests in, up to its bounds.
#[derive(Clone)]
pub(super) struct Gate(Arc<Counts>);

struct Counts {
    in_all: AtomicUsize,
    in_all_max: usize,
    of_account: [AtomicUsize; COUNTS],
    of_account_max: usize,
}

/// A request that was let in. Dropped, it makes room.
pub(super) struct Place {
    counts: Arc<Counts>,
    account: usize,
}

impl Gate {
    pub(super) fn new(in_all_max: usize, of_account_max: usize) -> Gate {
        Gate(Arc::new(Counts {
            in_all: AtomicUsize::new(0),
            in_all_max,
            of_account: [const { AtomicUsize::new(0) }; COUNTS],
            of_account_max,
        }))
    }

    /// Takes a place before the account of `user`.
    ///
    /// # Errors
    /// [`Problem`] if there is none.
    pub(super) fn enter(&self, user: UserId) -> Result<Place, Problem> {
        let counts = &self.0;
        if !raise(&counts.in_all, counts.in_all_max) {
            return Err(Problem::new(Code::Overloaded, "too many requests are waiting"));
        }
        let account = count_of(user);
        if !raise(&counts.of_account[account], counts.of_account_max) {
            counts.in_all.fetch_sub(1, Ordering::Relaxed);
            return Err(Problem::new(Code::Overloaded, "too many requests wait for this account"));
        }
        Ok(Place { counts: Arc::clone(counts), account })
    }

    /// Waits until nobody is in.
    pub(super) async fn emptied(&self) {
        while self.waiting() > 0 {
            sleep(LOOK_AGAIN).await;
        }
    }

    /// How many are in.
    pub(super) fn waiting(&self) -> usize {
        self.0.in_all.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.counts.of_account[self.account].fetch_sub(1, Ordering::Relaxed);
        self.counts.in_all.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts one more, unless that is past `max`. Relaxed: a count guards nothing but itself.
fn raise(count: &AtomicUsize, max: usize) -> bool {
    if count.fetch_add(1, Ordering::Relaxed) < max {
        return true;
    }
    count.fetch_sub(1, Ordering::Relaxed);
    false
}

/// The count of `user`: the upper bits of a product with an odd constant depend on all bits of the id.
fn count_of(user: UserId) -> usize {
    let spread = user.value().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - COUNTS.ilog2());
    usize::try_from(spread).expect("ten bits are left")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    /// A crowd before one account must leave room for others, and everyone who leaves makes room.
    #[test]
    fn each_bound_is_met_and_given_back() {
        let gate = Gate::new(4, 2);
        let mut inside: Vec<Place> = Vec::new();
        for id in [1, 1, 2, 3] {
            inside.push(gate.enter(user(id)).unwrap_or_else(|problem| panic!("{id}: {problem:?}")));
        }
        let full = Problem::new(Code::Overloaded, "too many requests are waiting");
        assert_eq!(gate.enter(user(4)).err(), Some(full));
        inside.pop();
        let crowded = Problem::new(Code::Overloaded, "too many requests wait for this account");
        assert_eq!(gate.enter(user(1)).err(), Some(crowded));
        assert_eq!(gate.waiting(), 3);
        drop(inside);
        assert_eq!(gate.waiting(), 0);
        assert!(gate.enter(user(1)).is_ok());
    }

    /// Neighbouring ids, the commonest kind, must not share a count.
    #[test]
    fn neighbours_are_counted_apart() {
        let mut counts: Vec<usize> = (1..=100).map(|id| count_of(user(id))).collect();
        counts.sort_unstable();
        counts.dedup();
        assert!(counts.len() >= 95, "{} of 100", counts.len());
    }
}
