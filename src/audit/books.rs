//! What is audited: the accounts, the clients' scripts and logs, and the ledgers, page by page.

use super::log::{Log, Outcome};
use crate::{
    domain::{Account, OperationId, Policy},
    history::{Operation, Reply},
    workload::{Asked, Script},
};

/// Most ledger entries that the auditor asks for at once: 1.2 MB, for each core that audits.
pub const PAGE_ENTRIES: usize = 16_384;

/// What one client asked and was told.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// What it asked, in order.
    pub script: &'a Script,
    /// What it was told.
    pub log: &'a Log,
}

/// Everything that must agree with the ledgers.
#[derive(Debug, Clone)]
pub struct Books<'a> {
    /// The rules that were in force.
    pub policy: Policy,
    /// What users 1, 2 and so on hold, read after everybody was answered.
    pub accounts: Vec<Account>,
    /// What clients asked and were told; the place in the list is the client of
    /// [`Asked`](crate::workload::Asked).
    pub sheets: Vec<Sheet<'a>>,
}

impl Sheet<'_> {
    /// All that was asked and told, as the operations of a client with this number. Their times are
    /// those of the stamps before and after, and are exact where each request has its own.
    pub fn operations(&self, client: u64) -> impl Iterator<Item = Operation> {
        (0..self.log.asked()).map(move |number| self.operation(Asked { client, number }))
    }

    pub(super) fn operation(&self, asked: Asked) -> Operation {
        let Asked { client, number } = asked;
        let request = self.script.request(number);
        let stamps = self.log.stamps();
        let next = stamps.partition_point(|stamp| stamp.number <= number);
        let (outcome, account) = self.log.reply(number);
        Operation {
            client,
            id: request.action.map_or(OperationId::UNRECORDED, |_| asked.id()),
            user: request.user,
            action: request.action,
            called: next.checked_sub(1).map_or(0, |last| stamps[last].time),
            returned: stamps.get(next).map_or(u64::MAX, |stamp| stamp.time),
            reply: match outcome {
                Outcome::Unknown => Reply::Unknown,
                Outcome::Applied => Reply::Applied(account),
                Outcome::Refused => Reply::Refused(account),
                Outcome::Read => Reply::Read(account),
            },
        }
    }
}
