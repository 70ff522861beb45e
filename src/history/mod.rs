//! What clients asked, what they were told, and when: the evidence that every checker reads.
//!
//! A history says nothing about how a service works inside. It has the calls and returns that its
//! callers saw, on one clock, and what the ledgers held when all was quiet. Every reply testifies:
//! it carries the account, balance and version, on which it was decided, whether it was an
//! acknowledgement, a refusal or the answer to a read.
//!
//! Files are read line by line, and what is wrong with a line is told with its number.

mod call;
mod open;

mod fields;
mod format;
mod input;
mod lines;

mod bank;
mod edn;
mod event;
mod kv;
mod log;
mod pairing;
mod register;

mod drawn;
mod picture;

#[cfg(test)]
mod fuzz;

pub use self::{
    bank::{Bank, BankCall, BankInput, BankOutput},
    call::{Answer, Call},
    drawn::Drawn,
    format::{FORMAT, Recording, Recordings},
    input::UNPACKED_MAX,
    kv::{KvCall, KvInput, KvOutput},
    lines::{LINE_MAX, ReadError},
    open::{Calls, Object, Objects, Reading, Recorded, open, read_kv, read_register},
    picture::{Line, Picture, ROWS_MAX, WIDTH_MAX},
    register::{FailedCas, RegisterCall, RegisterInput, RegisterOutput},
};
use crate::domain::{Account, Action, LedgerEntry, OperationId, Policy, UserId};

/// One recorded run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The rules that were in force.
    pub policy: Policy,
    /// What was asked, in no order that anybody may rely on.
    pub operations: Vec<Operation>,
    /// What was found when all was quiet, by user; empty where the ledgers were not recorded.
    pub ledgers: Vec<Ledger>,
}

/// One operation as its client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Who asked. A client asks one thing after another, except that it does not wait any longer
    /// for an operation whose outcome it never learnt.
    pub client: u64,
    /// Differs from the id of every other command of the history; a read has none and is
    /// [`OperationId::UNRECORDED`].
    pub id: OperationId,
    /// On whose account.
    pub user: UserId,
    /// What was to be done; nothing for a read of the balance.
    pub action: Option<Action>,
    /// When it was called: nanoseconds, or any count that only grows and is one for all clients.
    pub called: u64,
    /// When its client learnt what became of it, on the same clock. Means nothing where the reply
    /// is [`Reply::Unknown`].
    pub returned: u64,
    /// What its client learnt.
    pub reply: Reply,
}

/// What a client learnt of its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It was applied and left the account so.
    Applied(Account),
    /// A rule was in its way with the account so, and nothing was changed.
    Refused(Account),
    /// The account was so.
    Read(Account),
    /// Nothing: the call was cut off, cancelled or failed. It may have taken effect once at any time
    /// after its call, or may still, or never.
    Unknown,
}

/// One user's account and ledger when all was quiet.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// Whose.
    pub user: UserId,
    /// What the account held.
    pub account: Account,
    /// Its entries, oldest first.
    pub entries: Vec<LedgerEntry>,
}
