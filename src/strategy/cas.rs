//! Optimistic: commit if nothing has changed since the load, and otherwise start again.
//!
//! No command ever holds anything that another waits for. The account is one word, and the word
//! carries a version, so a balance that went away and came back is not mistaken for one that never
//! moved. The winner of a version owns that place in the ledger, so the history needs no lock.
//!
//! It wins on rows that are seldom contended, on reads, and where a caller may be descheduled at
//! any moment: others go on. It loses on one hot row with many writers, where most of the work is
//! thrown away, and on a slow store, where each retry pays for another load.
//!
//! Order: none. Starvation: possible. The algorithm is lock-free and not
//! [wait-free](https://en.wikipedia.org/wiki/Non-blocking_algorithm): one command always wins, and
//! another may lose to newcomers for ever. Cancellation: a command takes effect at one moment or not at all. Panic: nothing is held.
//! Memory: none beyond the row.

use super::{ConcurrencyStrategy, Family, Promises, step::at_once};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{ConditionalStore, Peek},
    sync::{
        atomic::{AtomicU64, Ordering},
        hint, task, thread,
    },
};

/// Pauses of the processor after the first loss, some 10 ns each. A loser that looks again at once
/// takes the cache line from whoever is winning, and each look then costs both of them as much as
/// ten commands: a long pause makes two threads on one row several times as fast as a short one.
const BACKOFF_PAUSES_MIN: u32 = 128;

/// Doublings of that pause, to some 10 microseconds; past them the loser lets others run instead.
const BACKOFF_DOUBLINGS_MAX: u32 = 3;

/// Commit if nothing has changed since the load, and otherwise start again.
pub struct Cas<S> {
    store: S,
    policy: Policy,
    losses: Losses,
}

/// Races lost so far. On cache lines of its own: what stands beside it is read by every command.
#[derive(Default)]
#[repr(align(128))]
struct Losses(AtomicU64);

impl<S: ConditionalStore<Slot = ()>> ConcurrencyStrategy for Cas<S> {
    type Store = S;

    const NAME: &'static str = "cas";
    const FAMILY: Family = Family::Atomic;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: false,
        starvation_free: false,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Cas<S> {
        Cas { store, policy, losses: Losses::default() }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        match S::SUSPENDS {
            true => None,
            false => Some(self.try_until_won(command)),
        }
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        loop {
            let before = self.store.load(&row).await?;
            let receipt = command.decide(before, &self.policy)?;
            if self.store.commit_if_unchanged(&row, &receipt).await? {
                return Ok(receipt);
            }
            self.losses.count();
            task::yield_now().await;
        }
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        self.store.peek(user).whole()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }

    fn retries(&self) -> Option<u64> {
        Some(self.losses.0.load(Ordering::Relaxed))
    }
}

impl Losses {
    /// Counts one more, by who is about to wait a hundred times as long as that takes.
    #[cold]
    fn count(&self) {
        // Relaxed: a count, which nothing is concluded from while it grows.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl<S: ConditionalStore<Slot = ()>> Cas<S> {
    #[inline(always)]
    fn try_until_won(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let mut losses = 0;
        loop {
            let before = at_once(self.store.load(&row))?;
            let receipt = command.decide(before, &self.policy)?;
            if at_once(self.store.commit_if_unchanged(&row, &receipt))? {
                return Ok(receipt);
            }
            losses += 1;
            self.losses.count();
            back_off(losses);
        }
    }
}

/// Pauses after the loss of a race, longer after each one and never without bound.
#[cold]
fn back_off(losses: u32) {
    let doublings = losses - 1;
    match doublings {
        0..=BACKOFF_DOUBLINGS_MAX => {
            hint::pause(BACKOFF_PAUSES_MIN << doublings);
        }
        _ => thread::yield_now(),
    }
}
