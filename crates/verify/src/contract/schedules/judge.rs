//! Checks the evidence of a schedule against every guarantee of its strategy.

use super::runner::{Evidence, LedgerRead};
use crate::{
    contract::{check_result::CheckResult, judge},
    history::{History, Ledger, Operation, Reply},
};
use hotrow::{domain::LedgerEntry, strategy::Guarantees};

/// Most later operations that may be served while an operation waits. An unfair lock chooses
/// uniformly among seven waiters, so it passes one over this often in one of 10^20 waits.
const OVERTAKEN_MAX: usize = 300;

/// Checks the evidence of one schedule.
pub(super) fn check_evidence(evidence: &Evidence, guarantees: Guarantees) -> CheckResult {
    if let Some(failure) = evidence.failures.first() {
        return Err(failure.clone());
    }
    let mut history = evidence.history.clone();
    history.ledgers.extend(evidence.ledgers_reread.iter().cloned());
    judge::by_the_ledger(&history)?;
    judge::by_what_callers_saw(&history)?;
    check_receipts(evidence)?;
    check_faults(evidence)?;
    check_ledger_reads(evidence)?;
    if guarantees.fifo {
        check_order(evidence)?;
    }
    if guarantees.starvation_free {
        check_waiting(evidence)?;
    }
    Ok(())
}

fn operations_of_user<'a>(
    history: &'a History,
    ledger: &Ledger,
) -> impl Iterator<Item = &'a Operation> {
    let user = ledger.user;
    history.operations.iter().filter(move |operation| operation.user == user)
}

/// Checks that each receipt belongs to its command and follows from the account that it shows.
fn check_receipts(evidence: &Evidence) -> CheckResult {
    for (operation, note) in evidence.history.operations.iter().zip(&evidence.notes) {
        let Some(Ok(LedgerEntry { receipt, .. })) = note.outcome else { continue };
        ensure_eq!(receipt.command.id, operation.id, "operation id in a receipt");
        let decided = receipt.command.decide(receipt.before, &evidence.history.policy);
        ensure_eq!(decided, Ok(receipt), "result of the rules for operation {}", operation.id.0);
    }
    Ok(())
}

/// Checks that only commands with an injected fault returned a fault.
fn check_faults(evidence: &Evidence) -> CheckResult {
    let faults = evidence.notes.iter().filter(|note| note.faulted).count();
    ensure!(
        faults <= evidence.faults_allowed,
        "{faults} operations that were not cancelled returned a fault; {} may",
        evidence.faults_allowed
    );
    Ok(())
}

/// Checks that each ledger read shows every command that was acknowledged before its call, none
/// that was called after its return, and none that is not in the final ledger.
fn check_ledger_reads(evidence: &Evidence) -> CheckResult {
    for read in &evidence.ledger_reads {
        let Some(ledger) = evidence.history.ledgers.iter().find(|ledger| ledger.user == read.user)
        else {
            continue;
        };
        let shown = read.entries.len();
        ensure!(
            ledger.entries.get(..shown) == Some(&read.entries[..]),
            "the ledger read that was called at {} is not a prefix of the final ledger",
            read.called
        );
        for operation in operations_of_user(&evidence.history, ledger) {
            check_ledger_read(read, operation)?;
        }
        for earlier in evidence.ledger_reads.iter().filter(|earlier| earlier.user == read.user) {
            ensure!(
                read.called <= earlier.returned || earlier.entries.len() <= shown,
                "the ledger read that was called at {} is shorter than one before it",
                read.called
            );
        }
    }
    Ok(())
}

fn check_ledger_read(read: &LedgerRead, operation: &Operation) -> CheckResult {
    let version = match operation.reply {
        Reply::Applied(account) | Reply::Refused(account) | Reply::Read(account) => account.version,
        Reply::NotApplied | Reply::Indeterminate => return Ok(()),
    };
    let shown = read.entries.len() as u64;
    ensure!(
        read.called <= operation.returned || version <= shown,
        "the ledger read that was called at {} lacks entry {version}, acknowledged at {}",
        read.called,
        operation.returned
    );
    let is_applied = matches!(operation.reply, Reply::Applied(_));
    ensure!(
        operation.called <= read.returned || !is_applied || shown < version,
        "the ledger read that returned at {} shows an operation that was called at {}",
        read.returned,
        operation.called
    );
    Ok(())
}

/// Checks that an operation that is called while another waits is decided after it.
fn check_order(evidence: &Evidence) -> CheckResult {
    let commands: Vec<_> = evidence
        .history
        .operations
        .iter()
        .zip(&evidence.notes)
        .filter(|(operation, _)| operation.action.is_some())
        .filter_map(|(operation, note)| Some((operation, note, decided_at(operation)?)))
        .collect();
    for (first, note, first_decided) in &commands {
        let Some(waits_since) = note.waits_since else { continue };
        for (second, _, second_decided) in &commands {
            ensure!(
                first.user != second.user
                    || second.called <= waits_since
                    || first_decided <= second_decided,
                "operation {} waited when operation {} was called, and was decided after it",
                first.id.0,
                second.id.0
            );
        }
    }
    Ok(())
}

/// Checks that at most [`OVERTAKEN_MAX`] operations were called after a waiter and served before
/// it.
fn check_waiting(evidence: &Evidence) -> CheckResult {
    let operations = &evidence.history.operations;
    for (waiter, note) in operations.iter().zip(&evidence.notes) {
        let Some(since) = note.waits_since.filter(|_| !note.cancelled) else { continue };
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

/// Orders the decisions of one user: a rejection at a version comes after the command that made it.
fn decided_at(operation: &Operation) -> Option<u64> {
    match operation.reply {
        Reply::Applied(after) => Some(2 * after.version),
        Reply::Refused(account) => Some(2 * account.version + 1),
        Reply::Read(_) | Reply::NotApplied | Reply::Indeterminate => None,
    }
}
