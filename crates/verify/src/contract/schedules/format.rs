//! The evidence of a schedule as text.

use std::fmt::Write;

use super::runner::Evidence;
use crate::history::{Ledger, Operation, Reply};
use hotrow::domain::{Account, LedgerEntry};

/// Formats one line for each operation, in the order of the calls, and one for each ledger entry.
pub(super) fn format_history(evidence: &Evidence) -> String {
    let mut lines: Vec<(u64, String)> = evidence
        .history
        .operations
        .iter()
        .map(|operation| (operation.called, line(operation)))
        .collect();
    for read in &evidence.ledger_reads {
        let (user, entries) = (read.user, read.entries.len());
        let times = format!("{:>4} to {:<4}", read.called, read.returned);
        lines.push((read.called, format!("{times} user {user}  ledger      {entries} entries")));
    }
    lines.sort();
    let mut text: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    text.extend(evidence.history.ledgers.iter().map(ledger));
    text.join("\n")
}

fn line(operation: &Operation) -> String {
    let Operation { client, id, user, action, called, returned, reply } = operation;
    let times = match returned {
        &u64::MAX => format!("{called:>4} to ... "),
        returned => format!("{called:>4} to {returned:<4}"),
    };
    let request = match action {
        Some(action) => action.to_string(),
        None => "balance".to_owned(),
    };
    let reply = match reply {
        Reply::Applied(after) => format!("applied, {}", account(after)),
        Reply::Refused(before) => format!("rejected, {}", account(before)),
        Reply::Read(read) => format!("read, {}", account(read)),
        Reply::NotApplied => "not applied".to_owned(),
        Reply::Indeterminate => "indeterminate".to_owned(),
    };
    format!("{times} user {user}  {request:<10}  {reply}  (client {client}, operation {})", id.0)
}

fn account(account: &Account) -> String {
    format!("balance {} at version {}", account.balance, account.version)
}

fn ledger(ledger: &Ledger) -> String {
    let mut text = format!("ledger of user {}: {}", ledger.user, account(&ledger.account));
    for LedgerEntry { receipt, .. } in &ledger.entries {
        let (command, after) = (receipt.command, account(&receipt.after));
        let (id, request) = (command.id.0, command.action.to_string());
        let _ = write!(text, "\n  {request:<10}  {after}  (operation {id})");
    }
    text
}
