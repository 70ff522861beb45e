//! Whether what was seen of a schedule keeps every promise.

use super::stage::{Evidence, Look};
use crate::{
    history::{History, Ledger, Operation, Reply},
    proof::{found::Found, judge},
    strategy::Promises,
};

/// Later operations that may be served while one waits. The next of seven waiters at an unfair lock is
/// drawn evenly, so one is passed over so often once in 10^20 waits.
const OVERTAKEN_MAX: usize = 300;

/// Checks all that was seen.
pub(super) fn everything(seen: &Evidence, promises: Promises) -> Found {
    if let Some(failure) = seen.failures.first() {
        return Err(failure.clone());
    }
    let mut history = seen.history.clone();
    history.ledgers.extend(seen.again.iter().cloned());
    judge::by_the_ledger(&history)?;
    judge::by_what_callers_saw(&history)?;
    receipts(seen)?;
    faults(seen)?;
    looks(seen)?;
    if promises.fifo {
        order(seen)?;
    }
    if promises.starvation_free {
        waiting(seen)?;
    }
    Ok(())
}

fn of_user<'a>(history: &'a History, ledger: &Ledger) -> impl Iterator<Item = &'a Operation> {
    let user = ledger.user;
    history.operations.iter().filter(move |operation| operation.user == user)
}

/// Checks that each receipt answers its own command, and tells the account that it met.
fn receipts(seen: &Evidence) -> Found {
    for (operation, note) in seen.history.operations.iter().zip(&seen.notes) {
        let Some(Ok(receipt)) = note.outcome else { continue };
        ensure_eq!(receipt.command.id, operation.id, "operation of a receipt");
        let decided = receipt.command.decide(receipt.before, &seen.history.policy);
        ensure_eq!(decided, Ok(receipt), "what its receipt makes of operation {}", operation.id.0);
    }
    Ok(())
}

/// Checks that nobody was told of a fault but those to whom one was done.
fn faults(seen: &Evidence) -> Found {
    let faults = seen.notes.iter().filter(|note| note.faulted).count();
    ensure!(
        faults <= seen.faults_allowed,
        "{faults} clients who stayed did not learn what became of their operation; {} may",
        seen.faults_allowed
    );
    Ok(())
}

/// Checks that each history shows what was acknowledged before it was asked for, nothing that was
/// asked for after it was given, and nothing that is not there in the end.
fn looks(seen: &Evidence) -> Found {
    for look in &seen.looks {
        let Some(ledger) = seen.history.ledgers.iter().find(|l| l.user == look.user) else {
            continue;
        };
        let shown = look.entries.len();
        ensure!(
            ledger.entries.get(..shown) == Some(&look.entries[..]),
            "the history that was asked for at {} is not how the ledger begins",
            look.called
        );
        for operation in of_user(&seen.history, ledger) {
            look_fits(look, operation)?;
        }
        for earlier in seen.looks.iter().filter(|e| e.user == look.user) {
            ensure!(
                look.called <= earlier.returned || earlier.entries.len() <= shown,
                "the history that was asked for at {} is shorter than one before",
                look.called
            );
        }
    }
    Ok(())
}

fn look_fits(look: &Look, operation: &Operation) -> Found {
    let version = match operation.reply {
        Reply::Applied(account) | Reply::Refused(account) | Reply::Read(account) => account.version,
        Reply::Unknown => return Ok(()),
    };
    let shown = look.entries.len() as u64;
    ensure!(
        look.called <= operation.returned || version <= shown,
        "the history that was asked for at {} lacks entry {version}, told at {}",
        look.called,
        operation.returned
    );
    let is_applied = matches!(operation.reply, Reply::Applied(_));
    ensure!(
        operation.called <= look.returned || !is_applied || shown < version,
        "the history that was given at {} shows what was called at {}",
        look.returned,
        operation.called
    );
    Ok(())
}

/// Checks that whoever was called when another waited already is decided after it.
fn order(seen: &Evidence) -> Found {
    let commands: Vec<_> = seen
        .history
        .operations
        .iter()
        .zip(&seen.notes)
        .filter(|(operation, _)| operation.action.is_some())
        .filter_map(|(operation, note)| Some((operation, note, decided_at(operation)?)))
        .collect();
    for (first, note, at) in &commands {
        let Some(waits_since) = note.waits_since else { continue };
        for (second, _, then) in &commands {
            ensure!(
                first.user != second.user || second.called <= waits_since || at <= then,
                "operation {} waited when operation {} was called, and was decided after it",
                first.id.0,
                second.id.0
            );
        }
    }
    Ok(())
}

/// Checks that no more than [`OVERTAKEN_MAX`] operations came after a waiter and were served before it.
fn waiting(seen: &Evidence) -> Found {
    let operations = &seen.history.operations;
    for (waiter, note) in operations.iter().zip(&seen.notes) {
        let Some(since) = note.waits_since.filter(|_| !note.left) else { continue };
        let overtakes = |other: &&Operation| {
            other.user == waiter.user && since < other.called && other.returned < waiter.returned
        };
        let overtaken = operations.iter().filter(overtakes).count();
        ensure!(
            overtaken <= OVERTAKEN_MAX,
            "client {} waited while {overtaken} later operations were served",
            waiter.client
        );
    }
    Ok(())
}

fn decided_at(operation: &Operation) -> Option<u64> {
    match operation.reply {
        Reply::Applied(after) => Some(2 * after.version),
        Reply::Refused(account) => Some(2 * account.version + 1),
        Reply::Read(_) | Reply::Unknown => None,
    }
}
