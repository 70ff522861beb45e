//! Two custom strategies, each checked against the whole contract by one call. One is correct, and
//! the other one only looks correct.
//!
//! A crate of your own needs the same: a dependency on `hotrow`, a strategy, and a test.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Memory, Simulated, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};
use hotrow_verify::{candidate, contract::check_contract};

/// One fair asynchronous mutex for each user.
struct FairMutex<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for FairMutex<S> {
    type Store = S;

    const NAME: &'static str = "fair-mutex";
    const FAMILY: Family = Family::Mutex;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
    };

    fn new(store: S, policy: Policy) -> FairMutex<S> {
        FairMutex { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let entry = self.store.entry(user);
        let _guard = entry.lock().await;
        self.store.load(&entry).await
    }
}

/// Checks before the commit that the account has not changed. Without a lock, check and commit are
/// not atomic, but every test with one caller passes.
struct CheckThenAct<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for CheckThenAct<S> {
    type Store = S;

    const NAME: &'static str = "check-then-act";
    const FAMILY: Family = Family::Atomic;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: false,
        no_cross_user_blocking: true,
        no_idle_memory: true,
    };

    fn new(store: S, policy: Policy) -> CheckThenAct<S> {
        CheckThenAct { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        loop {
            let before = self.store.load(&entry).await?;
            let receipt = command.decide(before, &self.policy)?;
            if self.store.load(&entry).await? == before {
                self.store.commit(&entry, &receipt).await?;
                return Ok(receipt);
            }
        }
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        self.store.load(&self.store.entry(user)).await
    }
}

#[expect(clippy::print_stdout, reason = "the example prints its result")]
fn main() {
    for candidate in [
        candidate!(FairMutex keeps asynchronous::Mutex<()>, on Memory),
        candidate!(FairMutex keeps asynchronous::Mutex<()>, on Simulated),
        candidate!(CheckThenAct keeps (), on Memory),
    ] {
        match check_contract(&candidate) {
            Ok(trials) => {
                println!(
                    "{} on {}: all {trials} trials passed",
                    candidate.strategy, candidate.store
                )
            }
            Err(failure) => {
                let (trial, violation) = &failure.failed[0];
                let (failed, trials) = (failure.failed.len(), failure.trials);
                println!(
                    "{} on {}: {failed} of {trials} trials failed",
                    candidate.strategy, candidate.store
                );
                println!("{trial}\n{violation}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fair_mutex_keeps_the_contract() {
        check_contract(&candidate!(FairMutex keeps asynchronous::Mutex<()>, on Memory)).unwrap();
        check_contract(&candidate!(FairMutex keeps asynchronous::Mutex<()>, on Simulated)).unwrap();
    }

    #[test]
    fn check_then_act_violates_the_contract() {
        let failure = check_contract(&candidate!(CheckThenAct keeps (), on Memory)).unwrap_err();
        let failed = failure.failed.iter().map(|(trial, _)| trial.property.name);
        assert!(failed.into_iter().any(|name| name == "replies_match_ledger"));
    }
}
