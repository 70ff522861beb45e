//! The acknowledged commands add up to the balance.

use fastrand::Rng;

use crate::contract::{
    check_result::{CheckResult, accepted},
    fixture::TestCase,
    ledger_check,
    search_budget::how_to_repeat,
    service::{Service, charge, outcomes, spend, user},
};
use hotrow::domain::{Action, Outcome};

/// Most mixes in one trial.
const MIXES_MAX: usize = 3;

/// Callers of a mix. Each sends its next command at once, so that some commands arrive while others
/// wait and others run.
const CALLERS: u64 = 10;

/// Lost update: two commands load the same balance, and the second commit overwrites the first. The
/// balance is then less than the sum of the charges. Runs with two callers up to many more than
/// there are cores.
pub(super) async fn no_lost_updates(case: TestCase) -> CheckResult {
    for callers in [2, 100, 1_000] {
        let service = case.open();
        let launched = (1..=callers).map(|points| service.launch(user(1), charge(points)));
        for outcome in outcomes(launched.collect()).await? {
            accepted(outcome)?;
        }
        let account = service.balance(user(1)).await?;
        let sum = callers * (callers + 1) / 2;
        ensure_eq!(account.balance, sum, "balance after {callers} concurrent charges");
        ensure_eq!(account.version, callers, "version after {callers} concurrent charges");
    }
    Ok(())
}

/// A strategy could exclude charges from charges and uses from uses, but not charges from uses. Or
/// it could exclude only commands that arrive at the same time. Points then appear or disappear
/// without a command.
pub(super) async fn conservation_under_mixed_load(case: TestCase) -> CheckResult {
    for seed in case.budget.seeds().take(MIXES_MAX) {
        mix(case, seed).await.map_err(|violation| format!("{violation}{}", how_to_repeat(seed)))?;
    }
    Ok(())
}

async fn mix(case: TestCase, seed: u64) -> CheckResult {
    let service = case.open();
    let callers = (0..CALLERS).map(|number| {
        let rng = Rng::with_seed(seed * CALLERS + number);
        tokio::spawn(caller(service.clone(), rng))
    });
    let mut outcomes: Vec<Outcome> = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        outcomes.extend(caller.await.map_err(|error| format!("a caller task failed: {error}"))?);
    }
    let receipts = ledger_check::receipts(&outcomes);
    ensure!(
        receipts.len() < outcomes.len(),
        "no command was rejected: the mix does not reach a limit"
    );
    let mut total = 0;
    for id in 1..=4 {
        ledger_check::agree(&service, user(id), &receipts).await?;
        total += service.balance(user(id)).await?.balance;
    }
    let mut sum: u64 = 0;
    for receipt in &receipts {
        match receipt.command.action {
            // Receipts are in the order of their callers, so the sum may be negative in between.
            Action::Charge(amount) => sum = sum.wrapping_add(amount.points()),
            Action::Use(amount) => sum = sum.wrapping_sub(amount.points()),
        }
    }
    ensure_eq!(total, sum, "sum of all balances");
    Ok(())
}

/// A caller of the mix. Half of its commands go to one user, so that commands often wait.
async fn caller(service: Service, mut rng: Rng) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for _ in 0..30 {
        let user = user(if rng.bool() { 1 } else { rng.u64(2..=4) });
        let action = if rng.bool() { charge(rng.u64(1..=60)) } else { spend(rng.u64(1..=100)) };
        outcomes.push(service.request(user, action).await);
    }
    outcomes
}
