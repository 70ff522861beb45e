//! A read of a user without commands returns a fault, not an empty account.
//!
//! Users who have charged once are served correctly.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, StoreError, StoreErrorKind, UserId},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

const NO_SUCH_USER: StoreError = StoreError::constant(StoreErrorKind::Failed, "no such user");

/// A lock for each user, and a fault for unknown users.
#[derive(Default)]
pub(super) struct UnknownUserIsError;

impl Bug for UnknownUserIsError {
    const NAME: &'static str = "unknown-user-is-error";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock().await;
        base.step(&entry, command).await
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        let entry = base.store.entry(user);
        let _guard = entry.lock().await;
        match base.store.load(&entry).await? {
            Account { version: 0, .. } => Err(NO_SUCH_USER.into()),
            account => Ok(account),
        }
    }
}
