//! The violations that an audit reports.

use std::fmt;

use super::display::DisplayOperation;
use crate::history::{Diagram, Line, Operation, Reply};
use hotrow::domain::{Fault, LedgerEntry, Receipt, UserId};

/// The check of the audit that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// Replies and entries are the same commands: each acknowledged command has one entry, at its
    /// version. No other command has an entry, except that an indeterminate one may have one.
    Correspondence,
    /// Entries, replies and rejections follow from the rules, entry by entry.
    Replay,
    /// A write that returned before another was called precedes it in the ledger.
    RealTime,
    /// A read or a rejection comes after every write that returned before its call, and before
    /// every write that was called after its return.
    ReadPlacement,
    /// Reads and rejections do not go back in time: one that is called after another returned sees
    /// no lower version.
    ReadOrder,
    /// Account and ledger do not change after the run.
    LateChange,
    /// Every request is answered, and so is every read of accounts and ledgers after the run.
    Answer,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Check::Correspondence => "correspondence",
            Check::Replay => "replay",
            Check::RealTime => "real time",
            Check::ReadPlacement => "read placement",
            Check::ReadOrder => "read order",
            Check::LateChange => "late change",
            Check::Answer => "answer",
        })
    }
}

/// The first contradiction that was found: no run of atomic steps can have produced it.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The check of the audit that failed.
    pub step: Check,
    /// The user of the account.
    pub user: UserId,
    /// The operations that contradict each other or the ledger, earliest call first.
    pub operations: Vec<Operation>,
    /// The ledger entries that are part of the contradiction.
    pub entries: Vec<LedgerEntry>,
    /// The contradiction in one line.
    pub what: String,
}

impl Violation {
    /// Reports a request that was not answered, or could not be.
    pub fn unanswered(user: UserId, what: String) -> Violation {
        Violation::new(Check::Answer, user, what)
    }

    /// Reports an account or a ledger that changed after the run.
    pub fn late(user: UserId, what: String) -> Violation {
        Violation::new(Check::LateChange, user, what)
    }

    pub(super) fn new(step: Check, user: UserId, what: String) -> Violation {
        Violation { step, user, operations: Vec::new(), entries: Vec::new(), what }
    }

    /// Reports a ledger that could not be read.
    pub fn unread(user: UserId, fault: Fault) -> Violation {
        Violation::unanswered(user, format!("the ledger could not be read: {fault}"))
    }

    pub(super) fn with(mut self, operations: impl IntoIterator<Item = Operation>) -> Violation {
        self.operations.extend(operations);
        self.operations.sort_by_key(|operation| operation.called);
        self
    }

    pub(super) fn at(mut self, entries: impl IntoIterator<Item = LedgerEntry>) -> Violation {
        self.entries.extend(entries);
        self
    }

    /// The operations as a text diagram, with a column for each client and time running down, and
    /// below it the ledger entries. Empty if the violation has neither.
    pub fn diagram(&self) -> String {
        let lines = self.operations.iter().map(|operation| Line {
            client: operation.client,
            called: operation.called,
            returned: (operation.reply != Reply::Indeterminate && operation.returned != u64::MAX)
                .then_some(operation.returned),
            label: label(operation),
            marked: true,
        });
        let mut text = match self.operations.is_empty() {
            true => String::new(),
            false => Diagram::of(lines.collect()).to_string(),
        };
        for entry in &self.entries {
            text += &format!("ledger  {}\n", DisplayEntry(entry));
        }
        text
    }
}

/// `version 9: charge 37 of operation 1-1204, 83 -> 120`.
struct DisplayEntry<'a>(&'a LedgerEntry);

impl fmt::Display for DisplayEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Receipt { command, before, after } = self.0.receipt;
        let (version, action, operation) =
            (after.version, command.action, DisplayOperation(command.id));
        let (before, after) = (before.balance, after.balance);
        write!(f, "version {version}: {action} of {operation}, {before} -> {after}")
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}: {}", self.user, self.what)
    }
}

/// `charge 37: 120 at version 9`.
fn label(operation: &Operation) -> String {
    let action = match operation.action {
        Some(action) => action.to_string(),
        None => "read".to_owned(),
    };
    match operation.reply {
        Reply::Applied(account) | Reply::Read(account) => {
            format!("{action}: {} at version {}", account.balance, account.version)
        }
        Reply::Refused(account) => {
            format!("{action}: rejected with {} at version {}", account.balance, account.version)
        }
        Reply::NotApplied => format!("{action}: not applied"),
        Reply::Indeterminate => format!("{action}: indeterminate"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow::domain::{Account, Action, Amount, OperationId};

    /// Reports name checks by these words, and pad them in tables.
    #[test]
    fn each_check_has_a_name() {
        let checks = [
            (Check::Correspondence, "correspondence"),
            (Check::Replay, "replay"),
            (Check::RealTime, "real time"),
            (Check::ReadPlacement, "read placement"),
            (Check::ReadOrder, "read order"),
            (Check::LateChange, "late change"),
            (Check::Answer, "answer"),
        ];
        for (check, name) in checks {
            assert_eq!(check.to_string(), name);
        }
        assert_eq!(format!("{:>16}", Check::Correspondence), "  correspondence");
    }

    /// A diagram without the operations and their replies would show only lines.
    #[test]
    fn each_reply_has_its_label() {
        let amount = Amount::new(5).unwrap();
        let (user, account) = (UserId::new(1).unwrap(), Account { balance: 7, version: 3 });
        let label_of = |action, reply| {
            let id = OperationId(1);
            label(&Operation { client: 1, id, user, action, called: 1, returned: 2, reply })
        };
        let (charge, spend) = (Some(Action::Charge(amount)), Some(Action::Use(amount)));
        assert_eq!(label_of(charge, Reply::Applied(account)), "charge 5: 7 at version 3");
        assert_eq!(label_of(spend, Reply::Refused(account)), "use 5: rejected with 7 at version 3");
        assert_eq!(label_of(None, Reply::Read(account)), "read: 7 at version 3");
        assert_eq!(label_of(charge, Reply::NotApplied), "charge 5: not applied");
        assert_eq!(label_of(None, Reply::Indeterminate), "read: indeterminate");
    }

    /// The line of an operation that was never answered has no end in the diagram, whatever its
    /// times are. Neither has that of one that was answered after the last stamp.
    #[test]
    fn an_operation_without_a_return_is_drawn_without_an_end() {
        let user = UserId::new(1).unwrap();
        let action = Some(Action::Charge(Amount::new(5).unwrap()));
        let operation = |client, returned, reply| {
            let id = OperationId(client);
            Operation { client, id, user, action, called: client, returned, reply }
        };
        let rejected = Reply::Refused(Account { balance: 7, version: 3 });
        let operations = [
            operation(1, 5, Reply::Indeterminate),
            operation(2, u64::MAX, rejected),
            operation(3, 6, rejected),
        ];
        let violation = Violation::late(user, String::new()).with(operations);
        let drawn = "\
client 1                  client 2                  client 3
# charge 5: indeterminate
#                         # charge 5: ..t version 3
#                         #                         # charge 5: ..t version 3
#                         #                         '
";
        assert_eq!(violation.diagram(), drawn);
    }
}
