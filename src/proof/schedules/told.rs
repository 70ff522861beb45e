//! What was seen of a schedule, as text.

use std::fmt::Write;

use super::stage::Evidence;
use crate::{
    domain::{Account, Action, LedgerEntry},
    history::{Ledger, Operation, Reply},
};

/// One line for each operation in the order of the calls, and one for each entry of a ledger.
pub(super) fn told(seen: &Evidence) -> String {
    let mut lines: Vec<(u64, String)> = seen
        .history
        .operations
        .iter()
        .map(|operation| (operation.called, line(operation)))
        .collect();
    for look in &seen.looks {
        let (user, entries) = (look.user, look.entries.len());
        let times = format!("{:>4} to {:<4}", look.called, look.returned);
        lines.push((look.called, format!("{times} user {user}  history     {entries} entries")));
    }
    lines.sort();
    let mut text: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    text.extend(seen.history.ledgers.iter().map(ledger));
    text.join("\n")
}

fn line(operation: &Operation) -> String {
    let Operation { client, id, user, action, called, returned, reply } = operation;
    let times = match returned {
        &u64::MAX => format!("{called:>4} to ... "),
        returned => format!("{called:>4} to {returned:<4}"),
    };
    let asked = match action {
        Some(action) => asked(*action),
        None => "balance".to_owned(),
    };
    let reply = match reply {
        Reply::Applied(after) => format!("applied, {}", account(after)),
        Reply::Refused(before) => format!("refused, {}", account(before)),
        Reply::Read(read) => format!("read, {}", account(read)),
        Reply::Unknown => "unknown".to_owned(),
    };
    format!("{times} user {user}  {asked:<10}  {reply}  (client {client}, operation {})", id.0)
}

fn asked(action: Action) -> String {
    match action {
        Action::Charge(amount) => format!("charge {amount}"),
        Action::Use(amount) => format!("use {amount}"),
    }
}

fn account(account: &Account) -> String {
    format!("balance {} at version {}", account.balance, account.version)
}

fn ledger(ledger: &Ledger) -> String {
    let mut text = format!("ledger of user {}: {}", ledger.user, account(&ledger.account));
    for LedgerEntry { receipt, .. } in &ledger.entries {
        let (command, after) = (receipt.command, account(&receipt.after));
        let (id, asked) = (command.id.0, asked(command.action));
        let _ = write!(text, "\n  {asked:<10}  {after}  (operation {id})");
    }
    text
}
