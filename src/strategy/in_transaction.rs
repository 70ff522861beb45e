//! Pessimistic or optimistic transactions of the store: begin, load, decide, commit.
//!
//! The store isolates the transaction in the way `I`, and the strategy adds nothing but retries.
//! Between load and commit the decision travels to the program and back, so a lock is held for at
//! least one round trip. A transaction that the store aborts because of a concurrent one is done
//! again after a random wait, a bounded number of times, and is then not applied.
//!
//! | `I` | the load | a concurrent command on the row |
//! |---|---|---|
//! | [`RowLock`] | locks the row | waits at its load |
//! | [`AdvisoryLock`] | follows a lock on the user's number, in a statement of its own | waits for that lock |
//! | [`Serializable`] | locks nothing | is aborted at its commit, and retries |
//! | [`Immediate`] | follows a lock on the whole store | waits at its begin, whatever its row |
//!
//! It wins where several processes share the rows and the rule is too large for a statement: it is
//! safe with no agreement between the processes but the isolation. `Serializable` protects rules
//! over several rows too.
//!
//! It loses on a hot row: commands follow one another, and each pays its round trips and its sync
//! while it holds the lock. A row lock wakes its waiters all at once in some databases; an advisory
//! lock wakes one. `Serializable` wastes the work of each aborted attempt.
//!
//! It guarantees:
//! - Order: none. Starvation is possible where attempts are aborted.
//! - Cancellation: a transaction that is dropped writes nothing, unless its commit was under way.
//! - Panic: as cancellation.
//! - Memory: none beyond the account.
//! - Scope: every process that uses the same isolation on the same store.
//!
//! [`RowLock`]: crate::store::RowLock
//! [`AdvisoryLock`]: crate::store::AdvisoryLock
//! [`Serializable`]: crate::store::Serializable
//! [`Immediate`]: crate::store::Immediate

use std::marker::PhantomData;

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope, back_off::BackOff};
use crate::{
    domain::{Command, Outcome},
    store::{Isolation, Transaction, TransactionalStore},
    sync::atomic::{AtomicU64, Ordering},
};

/// A transaction of the store for each command, isolated in the way `I`.
pub struct InTransaction<S, I> {
    base: Base<S>,
    retries: AtomicU64,
    isolation: PhantomData<I>,
}

impl<S, I> ConcurrencyStrategy for InTransaction<S, I>
where
    S: TransactionalStore<I, PerUserState = ()>,
    I: Isolation,
{
    type Store = S;

    const NAME: &'static str = I::NAME;
    const FAMILY: Family = Family::Transaction;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: false,
        no_cross_user_blocking: !I::BLOCKS_OTHER_USERS,
        no_idle_memory: true,
        scope: Scope::Store,
    };

    fn over(base: Base<S>) -> InTransaction<S, I> {
        InTransaction { base, retries: AtomicU64::new(0), isolation: PhantomData }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.base.store.entry(command.user);
        let mut attempts = BackOff::default();
        loop {
            let outcome = self.attempt(&entry, command).await;
            if !attempts.retries(&outcome, &self.retries).await {
                return outcome;
            }
        }
    }

    fn retries(&self) -> Option<u64> {
        Some(self.retries.load(Ordering::Relaxed))
    }
}

impl<S, I> InTransaction<S, I>
where
    S: TransactionalStore<I, PerUserState = ()>,
    I: Isolation,
{
    async fn attempt<'a>(&'a self, entry: &S::Entry<'a>, command: Command) -> Outcome {
        let mut transaction = self.base.store.begin(entry).await?;
        let before = transaction.load().await?;
        match command.decide(before, &self.base.policy) {
            Ok(receipt) => Ok(transaction.commit(&receipt).await?),
            Err(rejection) => {
                // The rejection is right whether or not the store confirms that nothing follows.
                let _ = transaction.rollback().await;
                Err(rejection.into())
            }
        }
    }
}
