//! What is found wrong: which step, of whose account, and what contradicts what.

use std::fmt;

use super::told::{Does, Who};
use crate::{
    domain::{Fault, LedgerEntry, Receipt, UserId},
    history::{Line, Operation, Picture, Reply},
};

/// The step of the audit that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Replies and entries are the same commands: each acknowledged one has its entry, at its
    /// version and once; no other has one, but for those of which nobody knows.
    Books,
    /// What is written, told and refused follows from the rules, entry by entry.
    Replay,
    /// A write that was answered before another was asked comes before it in the ledger.
    RealTime,
    /// A read or a refusal lies after every write that was answered before it was asked, and before
    /// every write that was asked after it was answered.
    Place,
    /// Reads and refusals do not go back in time: whoever asks after one was answered sees no less.
    ReadOrder,
    /// Once all is quiet, account and ledger stay as they are.
    LateChange,
    /// Everybody is answered: clients, and whoever asks for account and ledger afterwards.
    Answer,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Step::Books => "books",
            Step::Replay => "replay",
            Step::RealTime => "real time",
            Step::Place => "place of a read",
            Step::ReadOrder => "order of reads",
            Step::LateChange => "late change",
            Step::Answer => "answer",
        })
    }
}

/// The first thing found that cannot be if every step was indivisible.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The step of the audit that failed.
    pub step: Step,
    /// Whose account.
    pub user: UserId,
    /// What clients saw that contradicts each other or the ledger, earliest call first.
    pub operations: Vec<Operation>,
    /// The ledger entries that have a part in it.
    pub entries: Vec<LedgerEntry>,
    /// What is wrong, in one line.
    pub what: String,
}

impl Violation {
    /// Says that somebody was not answered, or could not be.
    pub fn unanswered(user: UserId, what: String) -> Violation {
        Violation::of(Step::Answer, user, what)
    }

    /// Says that an account or a ledger changed when all was quiet.
    pub fn late(user: UserId, what: String) -> Violation {
        Violation::of(Step::LateChange, user, what)
    }

    pub(super) fn of(step: Step, user: UserId, what: String) -> Violation {
        Violation { step, user, operations: Vec::new(), entries: Vec::new(), what }
    }

    /// Says that a ledger could not be read.
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

    /// The operations as a picture of text, a column for each client and time going down, and below it
    /// the entries of the ledger. Empty where neither has a part in it.
    pub fn picture(&self) -> String {
        let lines = self.operations.iter().map(|operation| Line {
            client: operation.client,
            called: operation.called,
            returned: (operation.reply != Reply::Unknown && operation.returned != u64::MAX)
                .then_some(operation.returned),
            label: label(operation),
            marked: true,
        });
        let mut text = match self.operations.is_empty() {
            true => String::new(),
            false => Picture::of(lines.collect()).to_string(),
        };
        for entry in &self.entries {
            text += &format!("ledger  {}\n", Written(entry));
        }
        text
    }
}

/// `version 9: charge 37 of operation 1-1204, 83 -> 120`.
struct Written<'a>(&'a LedgerEntry);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Receipt { command, before, after } = self.0.receipt;
        let (version, does, who) = (after.version, Does(command.action), Who(command.id));
        write!(f, "version {version}: {does} of {who}, {} -> {}", before.balance, after.balance)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}: {}", self.user, self.what)
    }
}

/// `charge 37: 120 at version 9`.
fn label(operation: &Operation) -> String {
    let asked = match operation.action {
        Some(action) => Does(action).to_string(),
        None => "read".to_owned(),
    };
    match operation.reply {
        Reply::Applied(account) | Reply::Read(account) => {
            format!("{asked}: {} at version {}", account.balance, account.version)
        }
        Reply::Refused(account) => {
            format!("{asked}: refused with {} at version {}", account.balance, account.version)
        }
        Reply::Unknown => format!("{asked}: unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Account, Action, Amount, OperationId};

    /// Steps are known by these names in every report.
    #[test]
    fn each_step_has_its_name() {
        let steps = [
            (Step::Books, "books"),
            (Step::Replay, "replay"),
            (Step::RealTime, "real time"),
            (Step::Place, "place of a read"),
            (Step::ReadOrder, "order of reads"),
            (Step::LateChange, "late change"),
            (Step::Answer, "answer"),
        ];
        for (step, name) in steps {
            assert_eq!(step.to_string(), name);
        }
        assert_eq!(format!("{:>7}", Step::Books), "  books");
    }

    /// Asked, answered, and with what: a picture without it is only lines.
    #[test]
    fn each_reply_has_its_label() {
        let amount = Amount::new(5).unwrap();
        let (user, account) = (UserId::new(1).unwrap(), Account { balance: 7, version: 3 });
        let told = |action, reply| {
            let id = OperationId(1);
            label(&Operation { client: 1, id, user, action, called: 1, returned: 2, reply })
        };
        let (charge, spend) = (Some(Action::Charge(amount)), Some(Action::Use(amount)));
        assert_eq!(told(charge, Reply::Applied(account)), "charge 5: 7 at version 3");
        assert_eq!(told(spend, Reply::Refused(account)), "use 5: refused with 7 at version 3");
        assert_eq!(told(None, Reply::Read(account)), "read: 7 at version 3");
        assert_eq!(told(None, Reply::Unknown), "read: unknown");
    }

    /// An operation that was never answered has no end in the picture, whatever its times say, and
    /// neither has one that was answered after the last stamp.
    #[test]
    fn what_has_no_return_is_drawn_without_an_end() {
        let user = UserId::new(1).unwrap();
        let action = Some(Action::Charge(Amount::new(5).unwrap()));
        let asked = |client, returned, reply| {
            let id = OperationId(client);
            Operation { client, id, user, action, called: client, returned, reply }
        };
        let refused = Reply::Refused(Account { balance: 7, version: 3 });
        let operations =
            [asked(1, 5, Reply::Unknown), asked(2, u64::MAX, refused), asked(3, 6, refused)];
        let violation = Violation::late(user, String::new()).with(operations);
        let drawn = "\
client 1                  client 2                  client 3
# charge 5: unknown
#                         # charge 5: ..t version 3
#                         #                         # charge 5: ..t version 3
#                         #                         '
";
        assert_eq!(violation.picture(), drawn);
    }
}
