//! How many may wait: past a bound a request is turned away at once and not kept in a line whose end
//! would come after its sender has given up.
//!
//! There are two bounds. One is on all requests together, and one on those for the same account, so
//! that a crowd before one account, or one account on a slow store, leaves room for everybody else.
//! A command keeps its place until it has ended, and not only until its sender is gone: what is
//! counted is what the service has still to do.
//!
//! Accounts are counted by a hash of their id. Two that share a count share its bound, which refuses a
//! request too early, one time in a thousand, and never admits one too late.
//!
//! A refusal says how long to wait. By Little's law a request that finds a full line would have waited
//! for as long as those that were answered from it: so each request that had to wait reports for how
//! long, and a moving average of that is the advice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
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
    /// How long requests waited of late, in milliseconds, by the same hash of the account.
    waited_millis: [AtomicU64; COUNTS],
}

/// What one wait weighs in the moving average: about the last eight count.
const WEIGHT_OF_ONE: u64 = 8;

/// The shortest wait that is advised; `Retry-After` counts in whole seconds.
const WAIT_MIN: Duration = Duration::from_secs(1);

/// The longest. Past it a request has long timed out, or its client has given up.
const WAIT_MAX: Duration = Duration::from_hours(1);

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
            waited_millis: [const { AtomicU64::new(0) }; COUNTS],
        }))
    }

    /// How long a request should wait that finds no place before the account of `user`.
    pub(super) fn advice(&self, user: UserId) -> Duration {
        let millis = self.0.waited_millis[count_of(user)].load(Ordering::Relaxed);
        Duration::from_millis(millis).clamp(WAIT_MIN, WAIT_MAX)
    }

    /// Takes a place before the account of `user`.
    ///
    /// # Errors
    /// [`Problem`] if there is none.
    pub(super) fn enter(&self, user: UserId) -> Result<Place, Problem> {
        let counts = &self.0;
        if !raise(&counts.in_all, counts.in_all_max) {
            let detail = "too many requests are waiting";
            return Err(Problem::new(Code::Overloaded, detail).retry_after(self.advice(user)));
        }
        let account = count_of(user);
        if !raise(&counts.of_account[account], counts.of_account_max) {
            counts.in_all.fetch_sub(1, Ordering::Relaxed);
            let detail = "too many requests wait for this account";
            return Err(Problem::new(Code::Overloaded, detail).retry_after(self.advice(user)));
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

impl Place {
    /// Notes that the request waited for `time` before it was answered.
    pub(super) fn note_wait(&self, time: Duration) {
        let average = &self.counts.waited_millis[self.account];
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Relaxed, and not one step: of two notes at the same moment one may be lost, which moves
        // an average by little.
        let before = average.load(Ordering::Relaxed);
        let after = match before {
            0 => time,
            _ => before - before / WEIGHT_OF_ONE + time / WEIGHT_OF_ONE,
        };
        average.store(after, Ordering::Relaxed);
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
        let overloaded =
            |detail| Some(Problem::new(Code::Overloaded, detail).retry_after(WAIT_MIN));
        assert_eq!(gate.enter(user(4)).err(), overloaded("too many requests are waiting"));
        inside.pop();
        assert_eq!(
            gate.enter(user(1)).err(),
            overloaded("too many requests wait for this account")
        );
        assert_eq!(gate.waiting(), 3);
        drop(inside);
        assert_eq!(gate.waiting(), 0);
        assert!(gate.enter(user(1)).is_ok());
    }

    /// Advice that does not follow what was measured sends a crowd back too early, again and again,
    /// or keeps it away when the line is long gone.
    #[test]
    fn the_advice_follows_the_waits() {
        let gate = Gate::new(4, 4);
        let place = gate.enter(user(1)).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(gate.advice(user(1)), WAIT_MIN);
        place.note_wait(Duration::from_secs(40));
        assert_eq!(gate.advice(user(1)), Duration::from_secs(40));
        assert_eq!(gate.advice(user(2)), WAIT_MIN, "another account did not wait");
        (0..60).for_each(|_| place.note_wait(Duration::from_secs(5)));
        let advice = gate.advice(user(1));
        assert!((5..6).contains(&advice.as_secs()), "{advice:?}");
        (0..60).for_each(|_| place.note_wait(Duration::from_hours(9)));
        assert_eq!(gate.advice(user(1)), WAIT_MAX);
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
