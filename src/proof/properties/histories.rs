//! A history and the balance it belongs to are one.

use crate::{
    proof::{
        books,
        found::{Found, accepted},
        subject::{Case, charge, outcomes, spend, user},
    },
    store::Page,
};

/// Two receipts could share a version, a line be missing, doubled or of a refused command, or a
/// balance not follow from the line before.
pub(super) async fn the_ledger_is_what_was_acknowledged(case: Case) -> Found {
    let subject = case.open();
    let first = subject.charge(user(1), 5_000).await;
    let launched = (1..=100).flat_map(|points| {
        [subject.launch(user(1), charge(points)), subject.launch(user(1), spend(points * 2))]
    });
    let mut outcomes = outcomes(launched.collect()).await?;
    outcomes.push(first);
    ensure!(outcomes.iter().any(Result::is_err), "no command was refused: this shows too little");
    books::agree(&subject, user(1), &books::receipts(&outcomes)).await
}

/// A line that is written after its caller was told is missing for whoever asks at once.
pub(super) async fn a_history_shows_what_was_acknowledged(case: Case) -> Found {
    let subject = case.open();
    let callers: Vec<_> = (1..=8)
        .map(|points| {
            let subject = subject.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let receipt = accepted(subject.charge(user(1), points).await)?;
                    let history = subject.history(user(1)).await?;
                    books::chained(&history)?;
                    let version = receipt.after.version;
                    let place = history.iter().find(|entry| entry.receipt.after.version == version);
                    let Some(entry) = place else {
                        return Err(format!("line {version} is acknowledged and not there"));
                    };
                    books::same(entry, &receipt)?;
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

/// A balance that is shown before its line is written makes a history that does not explain it.
pub(super) async fn a_history_is_not_behind_a_read(case: Case) -> Found {
    let subject = case.open();
    let launched: Vec<_> = (1..=50).map(|points| subject.launch(user(1), charge(points))).collect();
    let look = async || {
        let account = subject.balance(user(1)).await?;
        let history = subject.history(user(1)).await?;
        let lines = history.len() as u64;
        ensure!(account.version <= lines, "{account:?} is shown with {lines} lines of history");
        Ok(())
    };
    subject.watch(&launched, look).await?;
    outcomes(launched).await?.into_iter().try_for_each(|outcome| accepted(outcome).map(drop))
}

/// A page could begin or end one line off, or run past the end.
pub(super) async fn pages_agree_with_the_whole(case: Case) -> Found {
    let subject = case.open();
    let launched = (1..=50).map(|points| subject.launch(user(1), charge(points)));
    outcomes(launched.collect()).await?;
    let whole = subject.history(user(1)).await?;
    ensure_eq!(whole.len(), 50, "lines of the whole history");
    for (after, limit) in [(0, 1), (0, 50), (1, 3), (4, 8), (12, 17), (49, 1), (49, 9), (50, 1)] {
        let page = subject.page(user(1), Page { after, limit }).await?;
        let rest = whole.iter().filter(|entry| after < entry.receipt.after.version);
        let part: Vec<_> = rest.take(limit).copied().collect();
        ensure_eq!(page, part, "page of {limit} after {after}");
    }
    let past = Page { after: u64::MAX, limit: usize::MAX };
    ensure_eq!(subject.page(user(1), past).await?, [], "page past the end");
    Ok(())
}
