//! A store that cannot be opened, as a database whose server does not run.

use super::{iteration, run};
use crate::{Stop, record};
use hotrow::{
    domain::{Account, CommitError, LedgerEntry, Receipt, StoreError, StoreErrorKind, UserId},
    scenario::{Clients, Latency},
    store::{Page, Store, StoreConfig},
    strategy::Unsynchronized,
};

struct Unreachable;

impl Store for Unreachable {
    const NAME: &'static str = "unreachable";
    const IS_ASYNC: bool = true;
    type Config = StoreConfig;
    type PerUserState = ();
    type Entry<'a> = &'a ();

    async fn open(_config: &StoreConfig) -> Result<Unreachable, StoreError> {
        Err(StoreError::constant(StoreErrorKind::Refused, "no server at 127.0.0.1:5432"))
    }

    fn entry(&self, _user: UserId) -> &() {
        unreachable!("no store is opened")
    }

    fn get(&self, _user: UserId) -> Option<&()> {
        unreachable!("no store is opened")
    }

    fn load_without_lock(&self, _entry: &Self::Entry<'_>) -> Option<Account> {
        unreachable!("no store is opened")
    }

    async fn load(&self, _entry: &Self::Entry<'_>) -> Result<Account, StoreError> {
        unreachable!("no store is opened")
    }

    async fn commit(
        &self,
        _entry: &Self::Entry<'_>,
        _receipt: &Receipt,
    ) -> Result<LedgerEntry, CommitError> {
        unreachable!("no store is opened")
    }

    async fn history(&self, _user: UserId, _page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
        unreachable!("no store is opened")
    }
}

/// A store that cannot be opened must be named, and neither stop the program nor pass an audit.
#[test]
fn a_store_that_cannot_be_opened_is_reported() {
    let iteration = iteration(Clients::Tasks(2), 1, Latency::None);
    let measured = run::<Unsynchronized<Unreachable>>(&iteration);
    assert_eq!((&measured.completed_by[..], measured.truncated), (&[0, 0][..], true));
    let Some(Err(violation)) = measured.verdict else { panic!("{measured:?}") };
    let message = "user 1: the store could not be opened: the store refused the connection: no \
                   server at 127.0.0.1:5432";
    assert_eq!(violation.to_string(), message);
    let recorded = record::<Unsynchronized<Unreachable>>(&iteration, 10, &Stop::new(false));
    assert_eq!(recorded.unwrap_err().to_string(), message);
}
