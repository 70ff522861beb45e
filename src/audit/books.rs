//! What is audited: the accounts, the clients' scripts and logs, and the ledgers, page by page.

use super::{
    Examined, Violation,
    log::{Log, Outcome},
};
use crate::{
    domain::{Account, Action, Command, LedgerEntry, OperationId, Policy, Receipt},
    history::{Operation, Reply},
    workload::{Asked, Request, Script},
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

impl Books<'_> {
    /// As [`audit`](Books::audit) where no ledgers were kept: what clients were told must be one
    /// history of each account, with every version told once. What nobody was told of, such as a
    /// command of unknown outcome, leaves a gap, and a gap is taken for a contradiction.
    ///
    /// # Errors
    /// As [`audit`](Books::audit).
    pub fn audit_replies(&self) -> Result<Examined, Violation> {
        let ledgers = self.told();
        self.audit(|user, after, limit| {
            let ledger = usize::try_from(user.value() - 1).ok().and_then(|row| ledgers.get(row));
            let told = ledger.map_or(&[][..], Vec::as_slice);
            let first = told.partition_point(|entry| entry.receipt.after.version <= after);
            Ok(told[first..].iter().take(limit).copied().collect())
        })
    }

    /// What each client was told of each account, as the ledger that it is a part of.
    fn told(&self) -> Vec<Vec<LedgerEntry>> {
        let mut ledgers = vec![Vec::new(); self.accounts.len()];
        for (sheet, client) in self.sheets.iter().zip(0..) {
            for number in 0..sheet.log.asked() {
                let (Outcome::Applied, after) = sheet.log.reply(number) else { continue };
                let Request { user, action } = sheet.script.request(number);
                let id = Asked { client, number }.id();
                let action = action.expect("only commands are applied");
                let command = Command { id, user, action };
                let before = undone(action, after);
                let receipt = Receipt { command, before, after };
                let row = usize::try_from(user.value() - 1).expect("users are numbered from 1");
                ledgers[row].push(LedgerEntry { receipt, time_millis: 0 });
            }
        }
        for ledger in &mut ledgers {
            ledger.sort_by_key(|entry: &LedgerEntry| entry.receipt.after.version);
        }
        ledgers
    }
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

/// The account that `action` made `after` of; what cannot have been one is left for the auditor to
/// find.
fn undone(action: Action, after: Account) -> Account {
    let points = action.amount().points();
    let balance = match action {
        Action::Charge(_) => after.balance.wrapping_sub(points),
        Action::Use(_) => after.balance.wrapping_add(points),
    };
    Account { balance, version: after.version.wrapping_sub(1) }
}
