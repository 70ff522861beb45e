//! A table of a fixed size, in which a user's place is the number of the user cut to fit.
//!
//! The mistake of whoever takes a hash for an identity. With few users, numbered from one, every
//! account is right; two whose numbers meet share one account.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// Places in the table.
const PLACES: u64 = 1_024;

/// A table in which users share places.
pub(super) struct IdsCutShort<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for IdsCutShort<S> {
    type Store = S;

    const NAME: &'static str = "ids-cut-short";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> IdsCutShort<S> {
        IdsCutShort { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(place(command.user));
        let _turn = row.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let row = self.store.row(place(user));
        let _turn = row.lock().await;
        self.store.load(&row).await
    }
}

fn place(user: UserId) -> UserId {
    UserId::new(user.value() % PLACES + 1).expect("a place is 1 to 1,024")
}
