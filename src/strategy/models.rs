//! What the models of strategies share: ways to send commands, and to check what was applied.
//!
//! Each model lies beside its piece. It runs on a store that has no order of its own and asserts that
//! each commit follows from the one before. So a lock with two holders, or a lock that does not
//! publish the writes of its holder, fails the model. A caller that waits forever fails it too.

use loom::future::block_on;

use super::ConcurrencyStrategy;
use crate::{
    domain::{Outcome, Policy},
    store::{
        self, Store,
        models::{Bare, charge, config, user},
    },
    sync::{Arc, thread},
};

/// Opens a strategy over the simplest store.
pub(super) fn open<T: ConcurrencyStrategy>() -> Arc<T> {
    Arc::new(T::new(store::models::open::<T::Store>(&config()), Policy::default()))
}

/// Executes a charge as the service does: by a plain call if possible.
fn execute<T: ConcurrencyStrategy>(strategy: &T, id: u64) -> Outcome {
    match strategy.execute_sync(charge(id)) {
        Some(outcome) => outcome,
        None => block_on(strategy.execute(charge(id))),
    }
}

/// Executes a charge that no rule rejects.
pub(super) fn execute_ok<T: ConcurrencyStrategy>(strategy: &T, id: u64) {
    execute(strategy, id).expect("the account has room, and no caller is dropped");
}

/// Runs `callers` threads with one charge each, and checks that all charges are applied.
pub(super) fn check_all_are_applied<T: ConcurrencyStrategy>(callers: u64) {
    let strategy = open::<T>();
    let threads: Vec<_> = (2..=callers)
        .map(|id| {
            let strategy = Arc::clone(&strategy);
            thread::spawn(move || execute_ok(&*strategy, id))
        })
        .collect();
    execute_ok(&*strategy, 1);
    for thread in threads {
        thread.join().unwrap();
    }
    let store = strategy.store();
    let account = block_on(store.load(&store.entry(user()))).unwrap();
    assert_eq!(account.balance, callers * 1_000);
}

/// The simplest store, which never suspends.
pub(super) type SyncBare<T> = Bare<T>;
/// The simplest store, which suspends in every call.
pub(super) type AsyncBare<T> = Bare<T, true>;
