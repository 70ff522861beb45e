//! The rule in the store: one call decides a command and writes what follows.
//!
//! The store does so in the way `D`. The data does not travel to the rule, the rule is where the
//! data is:
//!
//! | `D` | the call | a rejection |
//! |---|---|---|
//! | [`ConditionalUpdate`] | one statement that matches the row only if the rule allows it | matches no row, so a second call loads the account that it was decided on |
//! | [`StoredFunction`] | a function of the store | is returned with its account |
//!
//! It wins where a round trip is long: a lock on the row is held inside the store alone, and other
//! commands wait for a statement instead of a conversation.
//!
//! It loses where the rule changes often or is large, because it stands twice, in two languages. A
//! test must hold both against each other. On a hot row each command still pays for a sync of its
//! own, as a transaction does.
//!
//! It guarantees:
//! - Order: none.
//! - Cancellation: a command takes effect at one moment or not at all.
//! - Panic: as cancellation.
//! - Memory: none beyond the account.
//! - Scope: every process that uses the store.
//!
//! [`ConditionalUpdate`]: crate::store::ConditionalUpdate
//! [`StoredFunction`]: crate::store::StoredFunction

use std::marker::PhantomData;

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope, back_off::BackOff};
use crate::{
    domain::{Command, Outcome},
    store::{DecidingStore, Decision},
    sync::atomic::{AtomicU64, Ordering},
};

/// A store that decides each command itself, in the way `D`.
pub struct InStore<S, D> {
    base: Base<S>,
    retries: AtomicU64,
    decision: PhantomData<D>,
}

impl<S, D> ConcurrencyStrategy for InStore<S, D>
where
    S: DecidingStore<D, PerUserState = ()>,
    D: Decision,
{
    type Store = S;

    const NAME: &'static str = D::NAME;
    const FAMILY: Family = Family::InStore;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: false,
        no_cross_user_blocking: !D::BLOCKS_OTHER_USERS,
        no_idle_memory: true,
        scope: Scope::Store,
    };

    fn over(base: Base<S>) -> InStore<S, D> {
        InStore { base, retries: AtomicU64::new(0), decision: PhantomData }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        let Base { store, policy } = &self.base;
        let entry = store.entry(command.user);
        let mut attempts = BackOff::default();
        loop {
            let outcome = store.execute(&entry, command, policy).await;
            if !attempts.retries(&outcome, &self.retries).await {
                return outcome;
            }
        }
    }

    fn retries(&self) -> Option<u64> {
        Some(self.retries.load(Ordering::Relaxed))
    }
}
