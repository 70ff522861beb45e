//! Two custom strategies, each checked against the whole contract by one call. One is correct, and
//! the other one only looks correct.
//!
//! A crate of your own needs the same: a dependency on `hotrow`, a strategy, and a test.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    store::{Memory, Simulated, Store},
    strategy::{Base, ConcurrencyStrategy, Family, Guarantees, Scope},
    sync::asynchronous,
};
use hotrow_verify::{candidate, contract::check_contract};

/// One fair asynchronous mutex for each user.
struct FairMutex<S>(Base<S>);

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
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> FairMutex<S> {
        FairMutex(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.0.store.entry(command.user);
        let _guard = entry.lock().await;
        self.0.step(&entry, command).await
    }

    /// Takes the lock too, because the simulated store loads an account in two parts.
    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let entry = self.0.store.entry(user);
        let _guard = entry.lock().await;
        Ok(self.0.store.load(&entry).await?)
    }
}

/// Checks before the commit that the account has not changed. Without a lock, check and commit are
/// not atomic, but every test with one caller passes.
struct CheckThenAct<S>(Base<S>);

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
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> CheckThenAct<S> {
        CheckThenAct(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    async fn execute(&self, command: Command) -> Outcome {
        let Base { store, policy } = &self.0;
        let entry = store.entry(command.user);
        loop {
            let before = store.load(&entry).await?;
            let receipt = command.decide(before, policy)?;
            if store.load(&entry).await? == before {
                return Ok(store.commit(&entry, &receipt).await?);
            }
        }
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
