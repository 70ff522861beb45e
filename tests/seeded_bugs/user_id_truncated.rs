//! User ids are reduced to the size of a fixed array.
//!
//! Two users whose reduced ids are equal share one account.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// Size of the array.
const PLACES: u64 = 1_024;

/// An array in which users share places.
#[derive(Default)]
pub(super) struct UserIdTruncated;

impl Bug for UserIdTruncated {
    const NAME: &'static str = "user-id-truncated";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(truncate(command.user));
        let _guard = entry.lock().await;
        base.step(&entry, command).await
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        let entry = base.store.entry(truncate(user));
        let _guard = entry.lock().await;
        Ok(base.store.load(&entry).await?)
    }
}

fn truncate(user: UserId) -> UserId {
    UserId::new(user.value() % PLACES + 1).expect("a truncated id is 1 to 1,024")
}
