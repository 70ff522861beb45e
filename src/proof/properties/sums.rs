//! What is acknowledged adds up.

use fastrand::Rng;

use crate::{
    domain::{Action, Outcome},
    proof::{
        books,
        effort::again,
        found::{Found, accepted},
        subject::{Case, Subject, charge, outcomes, spend, user},
    },
};

/// Mixes that are played at most.
const MIXES_MAX: usize = 3;

/// Callers of a mix. Each goes on to its next command at once, so that some arrive while others
/// wait and others again are being served.
const CALLERS: u64 = 10;

/// Two commands that load the same balance both commit what they made of it, and one is lost: the
/// balance is less than the sum. From two callers to many more than there are cores.
pub(super) async fn every_charge_is_applied(case: Case) -> Found {
    for callers in [2, 100, 1_000] {
        let subject = case.open();
        let launched = (1..=callers).map(|points| subject.launch(user(1), charge(points)));
        for outcome in outcomes(launched.collect()).await? {
            accepted(outcome)?;
        }
        let account = subject.balance(user(1)).await?;
        let sum = callers * (callers + 1) / 2;
        ensure_eq!(account.balance, sum, "balance after {callers} charges at once");
        ensure_eq!(account.version, callers, "version after {callers} charges at once");
    }
    Ok(())
}

/// Charges and uses could guard themselves against their like and not against each other, or only
/// those who came at the same time: points appear or go that nobody charged or used.
pub(super) async fn a_mix_of_commands_balances(case: Case) -> Found {
    for seed in case.effort.seeds().take(MIXES_MAX) {
        mix(case, seed).await.map_err(|found| format!("{found}{}", again(seed)))?;
    }
    Ok(())
}

async fn mix(case: Case, seed: u64) -> Found {
    let subject = case.open();
    let callers = (0..CALLERS).map(|number| {
        let rng = Rng::with_seed(seed * CALLERS + number);
        tokio::spawn(caller(subject.clone(), rng))
    });
    let mut outcomes: Vec<Outcome> = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        outcomes.extend(caller.await.map_err(|error| format!("a caller died: {error}"))?);
    }
    let receipts = books::receipts(&outcomes);
    ensure!(receipts.len() < outcomes.len(), "no command was refused: the mix is too tame");
    let mut held = 0;
    for id in 1..=4 {
        books::agree(&subject, user(id), &receipts).await?;
        held += subject.balance(user(id)).await?.balance;
    }
    let mut sum: u64 = 0;
    for receipt in &receipts {
        match receipt.command.action {
            // Receipts stand in the order of their callers, so the sum may be below zero in between.
            Action::Charge(amount) => sum = sum.wrapping_add(amount.points()),
            Action::Use(amount) => sum = sum.wrapping_sub(amount.points()),
        }
    }
    ensure_eq!(held, sum, "points that all users hold together");
    Ok(())
}

/// A caller of the mix: half of its commands go to one user, so that somebody is always waited for.
async fn caller(subject: Subject, mut rng: Rng) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for _ in 0..30 {
        let user = user(if rng.bool() { 1 } else { rng.u64(2..=4) });
        let action = if rng.bool() { charge(rng.u64(1..=60)) } else { spend(rng.u64(1..=100)) };
        outcomes.push(subject.ask(user, action).await);
    }
    outcomes
}
