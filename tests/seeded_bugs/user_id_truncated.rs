//! User ids are reduced to the size of a fixed array.
//!
//! Two users whose reduced ids are equal share one account.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// Size of the array.
const PLACES: u64 = 1_024;

/// An array in which users share places.
pub(super) struct UserIdTruncated<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for UserIdTruncated<S> {
    type Store = S;

    const NAME: &'static str = "user-id-truncated";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> UserIdTruncated<S> {
        UserIdTruncated { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(truncate(command.user));
        let _guard = entry.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let entry = self.store.entry(truncate(user));
        let _guard = entry.lock().await;
        self.store.load(&entry).await
    }
}

fn truncate(user: UserId) -> UserId {
    UserId::new(user.value() % PLACES + 1).expect("a truncated id is 1 to 1,024")
}
