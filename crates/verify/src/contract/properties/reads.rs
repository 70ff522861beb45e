//! A read returns one consistent account, and none that is older than what its caller knows.

use crate::contract::{
    check_result::{CheckResult, accepted},
    fixture::TestCase,
    service::{charge, outcomes, user},
};

/// A balance from a copy could be older than a command that the reader knows to be applied.
pub(super) async fn read_your_writes(case: TestCase) -> CheckResult {
    let service = case.open();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    let applied = accepted(service.charge(user(1), 1).await)?.after.version;
                    let read = service.balance(user(1)).await?.version;
                    ensure!(
                        applied <= read,
                        "version {applied} was acknowledged, then {read} was read"
                    );
                }
                Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await.map_err(|error| format!("a caller task failed: {error}"))??;
    }
    Ok(())
}

/// Two reads in a row could go back in time. A read in the middle of a commit could combine the
/// balance of one state with the version of another (torn read). Every charge here is of one point,
/// so balance and version must be the same number.
pub(super) async fn monotonic_reads(case: TestCase) -> CheckResult {
    let service = case.open();
    let launched: Vec<_> = (0..200).map(|_| service.launch(user(1), charge(1))).collect();
    let mut newest = 0;
    let check = async || {
        let account = service.balance(user(1)).await?;
        ensure_eq!(account.balance, account.version, "balance in a read, by its version");
        ensure!(
            newest <= account.version,
            "version {newest} was read, then version {}",
            account.version
        );
        newest = account.version;
        Ok(())
    };
    service.check_while_running(&launched, check).await?;
    for outcome in outcomes(launched).await? {
        accepted(outcome)?;
    }
    ensure_eq!(service.balance(user(1)).await?.version, 200, "version of the last read");
    Ok(())
}
