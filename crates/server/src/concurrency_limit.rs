//! Bounds on the number of requests that wait. A request past a bound is rejected at once: in an
//! unbounded queue it would be answered after its client has given up.
//!
//! One bound applies to all requests together, one to the requests of the same account. So a burst
//! at one account, or one account on a slow store, leaves permits for other accounts. A command
//! keeps its permit until it has completed, even if its client disconnects: the bounds limit the
//! work that the service still has to do.
//!
//! Accounts are counted by a hash of their id. Two accounts share a counter, and its bound, with a
//! probability of one in a thousand. Their requests may be rejected too early; none is admitted
//! past the bound.
//!
//! A rejection says how long to wait. By [Little's law](https://doi.org/10.1287/opre.9.3.383) a
//! request that finds the queue full would have waited about as long as the requests that left it.
//! Each request that waited records its waiting time, and `Retry-After` is a moving average of
//! them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;

use super::problem::{Code, Problem};
use hotrow::domain::UserId;

/// Time between two checks whether all requests have completed, while the server drains.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Number of counters for accounts.
const SLOTS: usize = 1_024;

/// Admits requests up to its bounds.
#[derive(Clone)]
pub(super) struct ConcurrencyLimit(Arc<Counts>);

struct Counts {
    total: AtomicUsize,
    total_max: usize,
    per_account: [AtomicUsize; SLOTS],
    per_account_max: usize,
    /// Moving average of the waiting times in milliseconds, by the same hash of the account.
    mean_wait_millis: [AtomicU64; SLOTS],
}

/// A new sample has the weight 1/8 in the exponentially weighted moving average.
const EWMA_SAMPLES: u64 = 8;

/// Shortest advised wait; `Retry-After` counts in whole seconds.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// Longest advised wait. After a longer one the request has timed out, or its client has given up.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// An admitted request. Dropping it frees its place.
pub(super) struct Permit {
    counts: Arc<Counts>,
    slot: usize,
}

impl ConcurrencyLimit {
    pub(super) fn new(total_max: usize, per_account_max: usize) -> ConcurrencyLimit {
        ConcurrencyLimit(Arc::new(Counts {
            total: AtomicUsize::new(0),
            total_max,
            per_account: [const { AtomicUsize::new(0) }; SLOTS],
            per_account_max,
            mean_wait_millis: [const { AtomicU64::new(0) }; SLOTS],
        }))
    }

    /// How long a client should wait before it repeats a rejected request for the account of
    /// `user`.
    pub(super) fn retry_after(&self, user: UserId) -> Duration {
        let millis = self.0.mean_wait_millis[slot_of(user)].load(Ordering::Relaxed);
        Duration::from_millis(millis).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
    }

    /// Acquires a permit for the account of `user`.
    ///
    /// # Errors
    /// [`Problem`] if a bound is reached.
    pub(super) fn try_acquire(&self, user: UserId) -> Result<Permit, Problem> {
        let counts = &self.0;
        if !try_increment(&counts.total, counts.total_max) {
            let detail = "too many requests are waiting";
            return Err(Problem::new(Code::Overloaded, detail).retry_after(self.retry_after(user)));
        }
        let slot = slot_of(user);
        if !try_increment(&counts.per_account[slot], counts.per_account_max) {
            counts.total.fetch_sub(1, Ordering::Relaxed);
            let detail = "too many requests are waiting for this account";
            return Err(Problem::new(Code::Overloaded, detail).retry_after(self.retry_after(user)));
        }
        Ok(Permit { counts: Arc::clone(counts), slot })
    }

    /// Waits until all permits are released.
    pub(super) async fn wait_until_empty(&self) {
        while self.in_flight() > 0 {
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Number of permits in use.
    pub(super) fn in_flight(&self) -> usize {
        self.0.total.load(Ordering::Relaxed)
    }
}

impl Permit {
    /// Records that the request waited for `time` before it was answered.
    pub(super) fn record_wait(&self, time: Duration) {
        let average = &self.counts.mean_wait_millis[self.slot];
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Relaxed, and not atomic as a whole: of two concurrent updates one may be lost, which
        // changes an average only a little.
        let before = average.load(Ordering::Relaxed);
        let after = match before {
            0 => time,
            _ => before - before / EWMA_SAMPLES + time / EWMA_SAMPLES,
        };
        average.store(after, Ordering::Relaxed);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.counts.per_account[self.slot].fetch_sub(1, Ordering::Relaxed);
        self.counts.total.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Increments `count` unless it would exceed `max`. Relaxed: the count orders no other memory.
fn try_increment(count: &AtomicUsize, max: usize) -> bool {
    if count.fetch_add(1, Ordering::Relaxed) < max {
        return true;
    }
    count.fetch_sub(1, Ordering::Relaxed);
    false
}

/// The counter of `user`. The upper bits of a product with an odd constant depend on all bits of
/// the id (Fibonacci hashing).
fn slot_of(user: UserId) -> usize {
    let hash = user.value().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOTS.ilog2());
    usize::try_from(hash).expect("the hash has ten bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    /// Requests for one account must leave permits for others, and a dropped permit must be free
    /// again.
    #[test]
    fn each_bound_is_enforced_and_permits_are_released() {
        let limit = ConcurrencyLimit::new(4, 2);
        let mut permits: Vec<Permit> = Vec::new();
        for id in [1, 1, 2, 3] {
            let permit = limit.try_acquire(user(id));
            permits.push(permit.unwrap_or_else(|problem| panic!("{id}: {problem:?}")));
        }
        let overloaded =
            |detail| Some(Problem::new(Code::Overloaded, detail).retry_after(RETRY_AFTER_MIN));
        assert_eq!(limit.try_acquire(user(4)).err(), overloaded("too many requests are waiting"));
        permits.pop();
        assert_eq!(
            limit.try_acquire(user(1)).err(),
            overloaded("too many requests are waiting for this account")
        );
        assert_eq!(limit.in_flight(), 3);
        drop(permits);
        assert_eq!(limit.in_flight(), 0);
        assert!(limit.try_acquire(user(1)).is_ok());
    }

    /// Advice that does not follow the measured waits makes clients return too early, again and
    /// again, or keeps them away long after the queue is empty.
    #[test]
    fn retry_after_follows_the_measured_waits() {
        let limit = ConcurrencyLimit::new(4, 4);
        let permit = limit.try_acquire(user(1)).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(limit.retry_after(user(1)), RETRY_AFTER_MIN);
        permit.record_wait(Duration::from_secs(40));
        assert_eq!(limit.retry_after(user(1)), Duration::from_secs(40));
        assert_eq!(limit.retry_after(user(2)), RETRY_AFTER_MIN, "another account did not wait");
        (0..60).for_each(|_| permit.record_wait(Duration::from_secs(5)));
        let advice = limit.retry_after(user(1));
        assert!((5..6).contains(&advice.as_secs()), "{advice:?}");
        (0..60).for_each(|_| permit.record_wait(Duration::from_hours(9)));
        assert_eq!(limit.retry_after(user(1)), RETRY_AFTER_MAX);
    }

    /// Consecutive ids are the most common ones and must not share a counter.
    #[test]
    fn consecutive_ids_have_different_counters() {
        let mut slots: Vec<usize> = (1..=100).map(|id| slot_of(user(id))).collect();
        slots.sort_unstable();
        slots.dedup();
        assert!(slots.len() >= 95, "{} of 100", slots.len());
    }
}
