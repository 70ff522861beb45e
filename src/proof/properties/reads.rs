//! What is read is whole, and never older than what is known already.

use crate::proof::{
    found::{Found, accepted},
    subject::{Case, charge, outcomes, user},
};

/// A balance from a copy could be older than a command that its reader knows to be done.
pub(super) async fn a_read_shows_what_was_acknowledged(case: Case) -> Found {
    let subject = case.open();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let subject = subject.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    let done = accepted(subject.charge(user(1), 1).await)?.after.version;
                    let seen = subject.balance(user(1)).await?.version;
                    ensure!(done <= seen, "version {done} is acknowledged and {seen} is read");
                }
                Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await.map_err(|error| format!("a caller died: {error}"))??;
    }
    Ok(())
}

/// Two reads in a row could go back in time, and a read in the middle of a commit could give the
/// balance of one account with the version of another. Every charge here is of one point, so that
/// the two must be the same number.
pub(super) async fn reads_do_not_go_back(case: Case) -> Found {
    let subject = case.open();
    let launched: Vec<_> = (0..200).map(|_| subject.launch(user(1), charge(1))).collect();
    let mut newest = 0;
    let look = async || {
        let account = subject.balance(user(1)).await?;
        ensure_eq!(account.balance, account.version, "balance with its version");
        ensure!(newest <= account.version, "{newest} was read, and then {}", account.version);
        newest = account.version;
        Ok(())
    };
    subject.watch(&launched, look).await?;
    for outcome in outcomes(launched).await? {
        accepted(outcome)?;
    }
    ensure_eq!(subject.balance(user(1)).await?.version, 200, "version that is read last");
    Ok(())
}
