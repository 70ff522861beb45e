//! The lines of the JSON format and the values that each field may have.

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{Ledger, Operation, Reply};
use hotrow::domain::{
    Account, Action, Amount, Bounds, Command, LedgerEntry, OperationId, Policy, Receipt, UserId,
};

/// The kinds of line.
pub(super) enum Line {
    Operation(OperationLine),
    Ledger(LedgerLine),
    Entry(EntryLine),
    Header(Header),
}

/// The fields that identify a line that is not an operation.
#[derive(Deserialize)]
struct Kind {
    hotrow_history: Option<IgnoredAny>,
    ledger_of: Option<IgnoredAny>,
    entry_of: Option<IgnoredAny>,
}

impl Line {
    /// Parses a line. Most lines are operations, so the other kinds are tried only if that fails.
    pub(super) fn parse(text: &str) -> Result<Line, String> {
        let error = match serde_json::from_str(text) {
            Ok(operation) => return Ok(Line::Operation(operation)),
            Err(error) => error,
        };
        let line = match serde_json::from_str(text) {
            Ok(Kind { hotrow_history: Some(_), .. }) => {
                serde_json::from_str(text).map(Line::Header)
            }
            Ok(Kind { ledger_of: Some(_), .. }) => serde_json::from_str(text).map(Line::Ledger),
            Ok(Kind { entry_of: Some(_), .. }) => serde_json::from_str(text).map(Line::Entry),
            _ => Err(error),
        };
        line.map_err(|error| in_one_line(&error))
    }
}

/// Returns the message of the parser with the column only. The parser sees one line, so its line
/// number is always 1.
fn in_one_line(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    match error.column() {
        0 => message.to_owned(),
        column => format!("{message}, at column {column}"),
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) hotrow_history: u32,
    pub(super) strategy: String,
    pub(super) store: String,
    pub(super) policy: PolicyFields,
    pub(super) operations: u64,
    pub(super) ledgers: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFields {
    amount_min: u64,
    amount_max: u64,
    unit: u64,
    balance_max: u64,
}

impl From<Bounds> for PolicyFields {
    fn from(bounds: Bounds) -> PolicyFields {
        let Bounds { amount_min, amount_max, unit, balance_max } = bounds;
        PolicyFields { amount_min, amount_max, unit, balance_max }
    }
}

impl PolicyFields {
    pub(super) fn policy(&self) -> Result<Policy, String> {
        let PolicyFields { amount_min, amount_max, unit, balance_max } = *self;
        let bounds = Bounds { amount_min, amount_max, unit, balance_max };
        Policy::new(bounds).map_err(|error| error.to_string())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OperationField {
    Charge,
    Use,
    Read,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeField {
    Applied,
    Refused,
    Read,
    NotApplied,
    /// The format keeps the name that it had first.
    #[serde(rename = "unknown")]
    Indeterminate,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationLine {
    client: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    user: u64,
    op: OperationField,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    called: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<u64>,
    outcome: OutcomeField,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerLine {
    pub(super) ledger_of: u64,
    pub(super) balance: u64,
    pub(super) version: u64,
    pub(super) entries: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine {
    pub(super) entry_of: u64,
    id: u64,
    op: OperationField,
    amount: u64,
    balance_before: u64,
    version_before: u64,
    balance: u64,
    version: u64,
    time_millis: u64,
}

impl OperationLine {
    pub(super) fn from_operation(operation: &Operation) -> OperationLine {
        let Operation { client, id, user, action, called, returned, reply } = *operation;
        let (outcome, account) = match reply {
            Reply::Applied(account) => (OutcomeField::Applied, Some(account)),
            Reply::Refused(account) => (OutcomeField::Refused, Some(account)),
            Reply::Read(account) => (OutcomeField::Read, Some(account)),
            Reply::NotApplied => (OutcomeField::NotApplied, None),
            Reply::Indeterminate => (OutcomeField::Indeterminate, None),
        };
        let is_answered = reply != Reply::Indeterminate;
        OperationLine {
            client,
            id: action.map(|_| id.0),
            user: user.value(),
            op: OperationField::from_action(action),
            amount: action.map(|action| action.amount().points()),
            called,
            returned: is_answered.then_some(returned),
            outcome,
            balance: account.map(|account| account.balance),
            version: account.map(|account| account.version),
        }
    }

    pub(super) fn operation(&self) -> Result<Operation, String> {
        let OperationLine { client, id, user, op, amount, called, .. } = *self;
        let user = UserId::new(user).map_err(|error| error.to_string())?;
        let action = op.action(amount)?;
        let id = match (id, action) {
            (Some(0), _) => return Err("id 0 is reserved: give 1 or more".to_owned()),
            (Some(id), Some(_)) => OperationId(id),
            (None, None) => OperationId::UNRECORDED,
            (None, Some(_)) => return Err("a command needs an id".to_owned()),
            (Some(_), None) => return Err("a read has no id".to_owned()),
        };
        let (returned, reply) = self.reply()?;
        Ok(Operation { client, id, user, action, called, returned, reply })
    }

    fn reply(&self) -> Result<(u64, Reply), String> {
        let OperationLine { op, called, returned, outcome, balance, version, .. } = *self;
        if outcome == OutcomeField::NotApplied {
            return self.reply_not_applied();
        }
        let answer = match (returned, balance, version) {
            (Some(returned), Some(balance), Some(version)) => {
                Some((returned, Account { balance, version }))
            }
            (None, None, None) => None,
            _ => {
                return Err(
                    "returned, balance and version belong together: give all or none".to_owned()
                );
            }
        };
        if answer.is_some_and(|(returned, _)| returned < called) {
            return Err("it returned before it was called".to_owned());
        }
        match (outcome, op, answer) {
            (OutcomeField::Indeterminate, _, None) => Ok((called, Reply::Indeterminate)),
            (OutcomeField::Indeterminate, _, Some(_)) => {
                Err("the outcome unknown has no returned, balance and version".to_owned())
            }
            (_, _, None) => Err("this outcome needs returned, balance and version".to_owned()),
            (OutcomeField::Read, OperationField::Read, Some((at, account))) => {
                Ok((at, Reply::Read(account)))
            }
            (OutcomeField::Read, ..) | (_, OperationField::Read, _) => {
                Err("the outcome read belongs to a read, and to no other operation".to_owned())
            }
            (OutcomeField::Applied, _, Some((at, account))) => Ok((at, Reply::Applied(account))),
            (OutcomeField::Refused, _, Some((at, account))) => Ok((at, Reply::Refused(account))),
            (OutcomeField::NotApplied, ..) => self.reply_not_applied(),
        }
    }

    fn reply_not_applied(&self) -> Result<(u64, Reply), String> {
        match (self.op, self.returned, self.balance, self.version) {
            (OperationField::Read, ..) => Err(
                "the outcome not_applied belongs to a command: give the outcome unknown to a read"
                    .to_owned(),
            ),
            (_, Some(returned), None, None) if self.called <= returned => {
                Ok((returned, Reply::NotApplied))
            }
            (_, Some(_), None, None) => Err("it returned before it was called".to_owned()),
            _ => Err("the outcome not_applied has returned, and no balance and version".to_owned()),
        }
    }
}

impl OperationField {
    fn from_action(action: Option<Action>) -> OperationField {
        match action {
            Some(Action::Charge(_)) => OperationField::Charge,
            Some(Action::Use(_)) => OperationField::Use,
            None => OperationField::Read,
        }
    }

    fn action(self, amount: Option<u64>) -> Result<Option<Action>, String> {
        let amount = amount.map(Amount::new).transpose().map_err(|error| error.to_string())?;
        match (self, amount) {
            (OperationField::Charge, Some(amount)) => Ok(Some(Action::Charge(amount))),
            (OperationField::Use, Some(amount)) => Ok(Some(Action::Use(amount))),
            (OperationField::Read, None) => Ok(None),
            (OperationField::Read, Some(_)) => Err("a read has no amount".to_owned()),
            (_, None) => Err("a command needs an amount".to_owned()),
        }
    }
}

impl LedgerLine {
    pub(super) fn from_ledger(ledger: &Ledger) -> LedgerLine {
        let Account { balance, version } = ledger.account;
        let (ledger_of, entries) = (ledger.user.value(), ledger.entries.len() as u64);
        LedgerLine { ledger_of, balance, version, entries }
    }
}

impl EntryLine {
    pub(super) fn from_entry(entry: &LedgerEntry) -> EntryLine {
        let LedgerEntry { receipt: Receipt { command, before, after }, time_millis } = *entry;
        EntryLine {
            entry_of: command.user.value(),
            id: command.id.0,
            op: OperationField::from_action(Some(command.action)),
            amount: command.action.amount().points(),
            balance_before: before.balance,
            version_before: before.version,
            balance: after.balance,
            version: after.version,
            time_millis,
        }
    }

    pub(super) fn entry(&self, user: UserId) -> Result<LedgerEntry, String> {
        let action =
            self.op.action(Some(self.amount))?.ok_or("an entry records a charge or a use")?;
        let command = Command { id: OperationId(self.id), user, action };
        let before = Account { balance: self.balance_before, version: self.version_before };
        let after = Account { balance: self.balance, version: self.version };
        let receipt = Receipt { command, before, after };
        Ok(LedgerEntry { receipt, time_millis: self.time_millis })
    }
}
