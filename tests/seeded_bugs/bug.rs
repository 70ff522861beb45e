//! What a seeded bug has to say: its name, its state, and how it executes a command.

use hotrow::{
    domain::{Account, Command, Fault, LedgerEntry, Outcome, Receipt, UserId},
    store::{FaultInjecting, Memory, Simulated, Snapshot, Store},
    strategy::{Base, ConcurrencyStrategy, Family, Guarantees, Scope},
    sync::Arc,
};
use hotrow_verify::contract::Candidate;

/// A strategy with one known mistake.
pub(super) trait Bug: Default + Send + Sync + 'static {
    /// The name of the strategy.
    const NAME: &'static str;
    /// The state that it keeps for one user.
    type State: Default + Send + Sync + 'static;

    /// As [`ConcurrencyStrategy::execute`].
    fn execute<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        command: Command,
    ) -> impl Future<Output = Outcome> + Send;

    /// As [`ConcurrencyStrategy::read`]. The default takes no lock.
    fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> impl Future<Output = Result<Account, Fault>> + Send {
        async move {
            match base.store.snapshot(user) {
                Snapshot::Consistent(account) => Ok(account),
                Snapshot::NeedsLoad(entry) | Snapshot::NeedsLock(entry) => {
                    Ok(base.store.load(&entry).await?)
                }
            }
        }
    }
}

/// The guarantees that every seeded bug declares, so that the suite checks it like an unknown
/// strategy.
pub(super) const ALL_GUARANTEES: Guarantees = Guarantees {
    linearizable: true,
    fifo: true,
    starvation_free: true,
    no_cross_user_blocking: true,
    no_idle_memory: true,
    scope: Scope::Process,
};

/// The store and the policy of a bug, which may start tasks.
pub(super) type Shared<S> = Arc<Base<S>>;

/// A store that keeps the state of the bug `B` for each user.
pub(super) trait StoreOf<B: Bug>: Store<PerUserState = B::State> {}

impl<B: Bug, S: Store<PerUserState = B::State>> StoreOf<B> for S {}

/// The strategy that a bug makes.
pub(super) struct Seeded<B, S> {
    base: Shared<S>,
    bug: B,
}

impl<B: Bug, S: StoreOf<B>> ConcurrencyStrategy for Seeded<B, S> {
    type Store = S;

    const NAME: &'static str = B::NAME;
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn over(base: Base<S>) -> Seeded<B, S> {
        Seeded { base: Arc::new(base), bug: B::default() }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.bug.execute(&self.base, command).await
    }

    fn read_sync(&self, _user: UserId) -> Option<Account> {
        None
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        self.bug.read(&self.base, user).await
    }
}

/// The candidate of bug `B` on a store in memory.
pub(super) fn on_memory<B: Bug>() -> Candidate {
    Candidate::new::<
        Seeded<B, Memory<B::State>>,
        Seeded<B, FaultInjecting<Memory<B::State>>>,
        Seeded<B, FaultInjecting<Memory<B::State>, false>>,
    >()
}

/// The candidate of bug `B` on the simulated store.
pub(super) fn on_simulated<B: Bug>() -> Candidate {
    Candidate::new::<
        Seeded<B, Simulated<B::State>>,
        Seeded<B, FaultInjecting<Simulated<B::State>>>,
        Seeded<B, FaultInjecting<Simulated<B::State>, false>>,
    >()
}

/// The answer of a bug that acknowledges a receipt before it is written.
pub(super) fn unwritten(receipt: Receipt) -> LedgerEntry {
    LedgerEntry { receipt, time_millis: 0 }
}
