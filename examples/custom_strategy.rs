//! Strategies of one's own, each held to the whole suite by one call: one that is right, and one
//! that looks right.
//!
//! In a crate of its own this is a dependency on `hotrow`, a strategy, and a test.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    entry,
    proof::prove,
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

/// A line for each user: whoever is at its head has the turn.
struct Line<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for Line<S> {
    type Store = S;

    const NAME: &'static str = "line";
    const FAMILY: Family = Family::Mutex;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: true,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Line<S> {
        Line { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let row = self.store.row(user);
        let _turn = row.lock().await;
        self.store.load(&row).await
    }
}

/// Looks whether anything has changed before it writes. It takes no lock, and every test with one
/// caller passes.
struct Hopeful<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for Hopeful<S> {
    type Store = S;

    const NAME: &'static str = "hopeful";
    const FAMILY: Family = Family::Atomic;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: false,
        starvation_free: false,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Hopeful<S> {
        Hopeful { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        loop {
            let before = self.store.load(&row).await?;
            let receipt = command.decide(before, &self.policy)?;
            if self.store.load(&row).await? == before {
                self.store.commit(&row, &receipt).await?;
                return Ok(receipt);
            }
        }
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        self.store.load(&self.store.row(user)).await
    }
}

#[expect(clippy::print_stdout, reason = "an example that says what it found")]
fn main() {
    for entry in [
        entry!(Line keeps asynchronous::Mutex<()>, on Slab),
        entry!(Line keeps asynchronous::Mutex<()>, on Tables),
        entry!(Hopeful keeps (), on Slab),
    ] {
        match prove(&entry) {
            Ok(trials) => {
                println!("{} on {}: {trials} trials, all won", entry.strategy, entry.store)
            }
            Err(refuted) => {
                let (trial, found) = &refuted.lost[0];
                let (lost, trials) = (refuted.lost.len(), refuted.trials);
                println!("{} on {}: {lost} of {trials} trials lost", entry.strategy, entry.store);
                println!("{trial}\n{found}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_what_it_promises() {
        prove(&entry!(Line keeps asynchronous::Mutex<()>, on Slab)).unwrap();
        prove(&entry!(Line keeps asynchronous::Mutex<()>, on Tables)).unwrap();
    }

    #[test]
    fn hope_is_no_strategy() {
        let refuted = prove(&entry!(Hopeful keeps (), on Slab)).unwrap_err();
        let lost = refuted.lost.iter().map(|(trial, _)| trial.property.name);
        assert!(lost.into_iter().any(|name| name == "the_ledger_bears_out_every_reply"));
    }
}
