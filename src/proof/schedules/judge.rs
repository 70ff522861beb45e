//! Whether what was seen of a schedule keeps every promise.

use super::stage::{Evidence, Look};
use crate::{
    domain::{Account, Command, LedgerEntry, OperationId},
    history::{History, Ledger, Operation, Reply},
    proof::found::Found,
    strategy::Promises,
};

/// Checks all that was seen.
pub(super) fn everything(seen: &Evidence, promises: Promises) -> Found {
    if let Some(failure) = seen.failures.first() {
        return Err(failure.clone());
    }
    judge(&seen.history)?;
    ensure!(seen.again == seen.history.ledgers, "a ledger changed when all was quiet");
    receipts(seen)?;
    faults(seen)?;
    looks(seen)?;
    if promises.fifo {
        order(seen)?;
    }
    Ok(())
}

/// Checks that the ledgers replay, that each reply says what they say, that each applied command
/// stands in one exactly once, and that their order is one in which the clients could have seen it.
fn judge(history: &History) -> Found {
    for ledger in &history.ledgers {
        replay(history, ledger)?;
        claims(history, ledger)?;
        times(history, ledger)?;
    }
    Ok(())
}

fn replay(history: &History, ledger: &Ledger) -> Found {
    let mut account = Account::default();
    for LedgerEntry { receipt, .. } in &ledger.entries {
        let version = account.version + 1;
        let (user, command) = (ledger.user, receipt.command);
        ensure_eq!(receipt.before, account, "account of user {user} before entry {version}");
        ensure_eq!(command.user, user, "user of entry {version}");
        let decided = command.decide(account, &history.policy);
        ensure_eq!(decided, Ok(*receipt), "what entry {version} of user {user} makes of it");
        account = receipt.after;
    }
    ensure_eq!(ledger.account, account, "account of user {} after its last entry", ledger.user);
    Ok(())
}

/// Checks that each reply stands in the ledger, and each entry is somebody's and only theirs.
fn claims(history: &History, ledger: &Ledger) -> Found {
    let mut unclaimed: Vec<Option<&LedgerEntry>> = ledger.entries.iter().map(Some).collect();
    for operation in of_user(history, ledger) {
        match operation.reply {
            Reply::Applied(after) => {
                let entry = unclaimed.get_mut(nth(after.version)).and_then(Option::take);
                let stands = entry
                    .is_some_and(|entry| is_of(entry, operation) && entry.receipt.after == after);
                ensure!(stands, "operation {} is not entry {}", operation.id.0, after.version);
            }
            Reply::Read(account) => was(ledger, account)?,
            Reply::Refused(account) => {
                was(ledger, account)?;
                ensure!(
                    refuses(history, operation, account),
                    "{:?} is no reason to refuse {}",
                    account,
                    operation.id.0
                );
            }
            Reply::Unknown => {}
        }
    }
    for operation in of_user(history, ledger).filter(|o| o.reply == Reply::Unknown) {
        let theirs = unclaimed.iter_mut().find(|e| e.is_some_and(|e| is_of(e, operation)));
        theirs.map(Option::take);
    }
    match unclaimed.into_iter().flatten().next() {
        None => Ok(()),
        Some(entry) => Err(format!("entry {} is nobody's", entry.receipt.after.version)),
    }
}

/// Where the entry that made `version` stands; nowhere, for none did of the first.
fn nth(version: u64) -> usize {
    usize::try_from(version.wrapping_sub(1)).unwrap_or(usize::MAX)
}

fn is_of(entry: &LedgerEntry, operation: &Operation) -> bool {
    let Command { id, action, .. } = entry.receipt.command;
    operation.action == Some(action) && (id == operation.id || id == OperationId::UNRECORDED)
}

fn was(ledger: &Ledger, account: Account) -> Found {
    let then = match account.version {
        0 => Some(Account::default()),
        version => ledger.entries.get(nth(version)).map(|entry| entry.receipt.after),
    };
    ensure_eq!(Some(account), then, "account of user {} as somebody was told", ledger.user);
    Ok(())
}

fn refuses(history: &History, operation: &Operation, account: Account) -> bool {
    operation.action.is_some_and(|action| {
        let command = Command { id: operation.id, user: operation.user, action };
        command.decide(account, &history.policy).is_err()
    })
}

/// Checks that whoever returned before another was called comes before it.
fn times(history: &History, ledger: &Ledger) -> Found {
    let placed: Vec<(&Operation, u64)> =
        of_user(history, ledger).filter_map(|o| Some((o, place(ledger, o)?))).collect();
    for (earlier, at) in &placed {
        for (later, then) in &placed {
            let after = earlier.reply != Reply::Unknown && earlier.returned < later.called;
            ensure!(
                !after || at <= then,
                "what was returned at {} shows what was called at {} and later",
                earlier.returned,
                later.called
            );
        }
    }
    Ok(())
}

/// Where in the ledger an operation took effect: at an entry, or behind one.
fn place(ledger: &Ledger, operation: &Operation) -> Option<u64> {
    match operation.reply {
        Reply::Applied(after) => Some(2 * after.version),
        Reply::Read(account) | Reply::Refused(account) => Some(2 * account.version + 1),
        Reply::Unknown => {
            let recorded = operation.id != OperationId::UNRECORDED;
            let theirs = |entry: &&LedgerEntry| entry.receipt.command.id == operation.id;
            let entry = ledger.entries.iter().find(theirs).filter(|_| recorded);
            entry.map(|entry| 2 * entry.receipt.after.version)
        }
    }
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

fn decided_at(operation: &Operation) -> Option<u64> {
    match operation.reply {
        Reply::Applied(after) => Some(2 * after.version),
        Reply::Refused(account) => Some(2 * account.version + 1),
        Reply::Read(_) | Reply::Unknown => None,
    }
}
